// Probe of assembly/json for test/json.
import "../../assembly/abort";
import { Fields, Problem } from "../../assembly/json/fields";
import { JsonCursor, JsonKind, JsonValue, parseJson } from "../../assembly/json/value";
import { JsonWriter } from "../../assembly/json/writer";

/** Why a document is refused, or the empty string. */
export function problemOf(document: ArrayBuffer): string {
  return parseJson(Uint8Array.wrap(document)).problem;
}

/**
 * All values of a document: arrays as they are, objects as the array of their members' values, what
 * is neither as a text that begins with its kind: "a string abc", "a number 1e3".
 */
export function valuesOf(document: ArrayBuffer): string {
  const writer = new JsonWriter(false);
  writeValues(writer, root(document));
  return writer.toString();
}

function writeValues(writer: JsonWriter, value: JsonValue): void {
  if (value.kind == JsonKind.STRING) {
    writer.text(`${value.kindName} ${value.text}`);
  } else if (value.kind == JsonKind.ARRAY || value.kind == JsonKind.OBJECT) {
    writer.openArray();
    const cursor = new JsonCursor(value);
    while (cursor.next()) writeValues(writer, cursor.value);
    writer.closeArray();
  } else {
    writer.text(`${value.kindName} ${value.source}`);
  }
}

/** A member of the document as written, or "absent". */
export function memberOf(document: ArrayBuffer, key: string): string {
  const value = root(document).get(key);
  return value ? value.source : "absent";
}

/**
 * Writes what a document describes: texts and whole numbers as they are, ["[", element...],
 * ["{", key, value...].
 */
export function writeAs(document: ArrayBuffer, isIndented: bool): string {
  const writer = new JsonWriter(isIndented);
  write(writer, root(document));
  return writer.toString();
}

function write(writer: JsonWriter, value: JsonValue): void {
  if (value.kind == JsonKind.STRING) {
    writer.text(value.text);
  } else if (value.kind == JsonKind.NUMBER) {
    writer.integer(I64.parseInt(value.source));
  } else {
    writeContainer(writer, new JsonCursor(value));
  }
}

function writeContainer(writer: JsonWriter, cursor: JsonCursor): void {
  cursor.next();
  const isObject = cursor.value.text == "{";
  if (isObject) writer.openObject();
  else writer.openArray();
  while (cursor.next()) {
    if (isObject) {
      writer.key(cursor.value.text);
      cursor.next();
    }
    write(writer, cursor.value);
  }
  if (isObject) writer.closeObject();
  else writer.closeArray();
}

/**
 * What `Fields` read, whether the problem is one of type, and the problem, with NULs between them.
 */
function outcome(read: string, problem: Problem): string {
  return `${read}\0${problem.isType ? "type" : ""}\0${problem.message}`;
}

export function textField(document: ArrayBuffer, key: string): string {
  const problem = new Problem();
  return outcome(fields(document, problem).text(key), problem);
}

export function flagField(document: ArrayBuffer, key: string): string {
  const problem = new Problem();
  return outcome(fields(document, problem).flag(key).toString(), problem);
}

export function integerField(
  document: ArrayBuffer,
  key: string,
  lowest: i64,
  highest: i64,
): string {
  const problem = new Problem();
  return outcome(fields(document, problem).integer(key, lowest, highest).toString(), problem);
}

export function names(document: ArrayBuffer): string {
  const problem = new Problem();
  return outcome(fields(document, problem).names().join("|"), problem);
}

export function textsField(document: ArrayBuffer, key: string): string {
  const problem = new Problem();
  return outcome(fields(document, problem).texts(key).join("|"), problem);
}

export function oneOrMoreField(document: ArrayBuffer, key: string): string {
  const problem = new Problem();
  return outcome(fields(document, problem).oneOrMoreTexts(key).join("|"), problem);
}

/** The paths of an array's objects, and the text `name` of each. */
export function childrenField(document: ArrayBuffer, key: string): string {
  const problem = new Problem();
  return outcome(namesOf(fields(document, problem).children(key)), problem);
}

/** The same for an array of arrays, with semicolons between. */
export function listsField(document: ArrayBuffer, key: string): string {
  const problem = new Problem();
  const lists = fields(document, problem).lists(key);
  const names: string[] = [];
  for (let i = 0; i < lists.length; i++) names.push(namesOf(lists[i]));
  return outcome(names.join(";"), problem);
}

function namesOf(list: Fields[]): string {
  const names: string[] = [];
  for (let i = 0; i < list.length; i++) names.push(`${list[i].path}=${list[i].text("name")}`);
  return names.join("|");
}

/** The integer at `outer.inner`, from 0 to 9, and whether outer is there. */
export function childField(document: ArrayBuffer, outer: string, inner: string): string {
  const problem = new Problem();
  const child = fields(document, problem).child(outer);
  const number = child.integer(inner, 0, 9);
  return outcome(`${child.isPresent.toString()} ${number.toString()}`, problem);
}

/** Reads flag "a", text "b" and integer "c" (0 to 9) of one document. */
export function threeFields(document: ArrayBuffer): string {
  const problem = new Problem();
  const all = fields(document, problem);
  const a = all.flag("a").toString();
  const b = all.text("b");
  const c = all.integer("c", 0, 9).toString();
  return outcome(`${a} ${b} ${c} ${all.has("c").toString()}`, problem);
}

function fields(document: ArrayBuffer, problem: Problem): Fields {
  return new Fields(parseJson(Uint8Array.wrap(document)).root, "", problem);
}

function root(document: ArrayBuffer): JsonValue {
  return parseJson(Uint8Array.wrap(document)).root!;
}
