import { decodeString, equalsString, skipString } from "./string";
import { checkSyntax } from "./syntax";

/** So many members of an object are remembered. */
const INDEXED: i32 = 64;

export enum JsonKind {
  NULL,
  FALSE,
  TRUE,
  NUMBER,
  STRING,
  ARRAY,
  OBJECT,
}

/** A JSON text, or why it is none. */
export class JsonDocument {
  constructor(
    public root: JsonValue | null,
    public problem: string,
  ) {}
}

/** Reads one JSON text (RFC 8259), strictly. Nothing is copied: values are places in `bytes`. */
export function parseJson(bytes: Uint8Array): JsonDocument {
  const problem = checkSyntax(bytes);
  if (problem.length > 0) return new JsonDocument(null, problem);
  return new JsonDocument(new JsonValue(bytes, skipSpace(bytes, 0)), "");
}

/** A value in a JSON text whose syntax has been checked. */
export class JsonValue {
  /** Made by the first `get`: a configuration is asked for some dozens of members. */
  private index: JsonIndex | null = null;

  constructor(
    public bytes: Uint8Array,
    public start: i32,
  ) {}

  get kind(): JsonKind {
    switch (this.bytes[this.start]) {
      case 0x7b:
        return JsonKind.OBJECT;
      case 0x5b:
        return JsonKind.ARRAY;
      case 0x22:
        return JsonKind.STRING;
      case 0x74:
        return JsonKind.TRUE;
      case 0x66:
        return JsonKind.FALSE;
      case 0x6e:
        return JsonKind.NULL;
      default:
        return JsonKind.NUMBER;
    }
  }

  /** The kind as the words of an error message. */
  get kindName(): string {
    switch (this.kind) {
      case JsonKind.OBJECT:
        return "an object";
      case JsonKind.ARRAY:
        return "an array";
      case JsonKind.STRING:
        return "a string";
      case JsonKind.NUMBER:
        return "a number";
      case JsonKind.NULL:
        return "null";
      default:
        return "a boolean";
    }
  }

  /** The length of the text as written, in bytes. */
  get length(): i32 {
    return skipValue(this.bytes, this.start) - this.start;
  }

  /** The text as written. */
  get source(): string {
    return String.UTF8.decodeUnsafe(this.bytes.dataStart + this.start, this.length);
  }

  /** The characters of a string. A surrogate without its other half becomes U+FFFD. */
  get text(): string {
    return decodeString(this.bytes, this.start);
  }

  /**
   * The member of an object, or null where it is absent or JSON null.
   *
   * Keys match whatever their case, as they do for every plugin written in Go, on which
   * configurations in the field rely; the exact spelling goes first. Of equal keys the last one
   * counts.
   */
  get(key: string): JsonValue | null {
    if (this.kind != JsonKind.OBJECT) return null;
    const index = this.index ? this.index! : new JsonIndex(this);
    this.index = index;
    const start = index.find(key);
    const found = start >= 0 ? new JsonValue(this.bytes, start) : null;
    return found && found.kind != JsonKind.NULL ? found : null;
  }
}

/**
 * Where the first members of an object are. Those behind are looked for each time, so that no
 * object, however large, takes memory for each of its members.
 */
class JsonIndex {
  /** Where a key starts, and where its value, in turns. */
  private places: i32[] = [];
  /** The position after them. */
  private end: i32;

  constructor(private object: JsonValue) {
    const cursor = new JsonCursor(object);
    while (this.places.length < 2 * INDEXED && cursor.next()) {
      this.places.push(cursor.keyStart);
      this.places.push(cursor.valueStart);
    }
    this.end = cursor.position;
  }

  /** Where the value of a member starts, as `JsonValue.get` says which; -1 where it is absent. */
  find(key: string): i32 {
    const places = this.places;
    const bytes = this.object.bytes;
    const rest = new JsonCursor(this.object);
    rest.position = this.end;
    let exact = -1;
    let similar = -1;
    for (let i = 0; i < places.length || rest.next(); i += 2) {
      const isIndexed = i < places.length;
      const keyStart = isIndexed ? places[i] : rest.keyStart;
      if (!equalsString(bytes, keyStart, key, true)) continue;
      const valueStart = isIndexed ? places[i + 1] : rest.valueStart;
      if (equalsString(bytes, keyStart, key, false)) exact = valueStart;
      else similar = valueStart;
    }
    return exact >= 0 ? exact : similar;
  }
}

/** Walks over the members of an object or the elements of an array. */
export class JsonCursor {
  /** Behind the member or element that it is at. */
  position: i32;
  /** Where the key of a member starts. */
  keyStart: i32 = 0;
  valueStart: i32 = 0;
  private isObject: bool;

  constructor(private container: JsonValue) {
    this.position = container.start + 1;
    this.isObject = container.kind == JsonKind.OBJECT;
  }

  /** Goes to the next one; false at the end. */
  next(): bool {
    const bytes = this.container.bytes;
    let at = skipSpace(bytes, this.position);
    if (bytes[at] == 0x2c) at = skipSpace(bytes, at + 1);
    if (bytes[at] == 0x7d || bytes[at] == 0x5d) return false;
    if (this.isObject) {
      this.keyStart = at;
      at = skipSpace(bytes, skipValue(bytes, at));
      at = skipSpace(bytes, at + 1); // the colon
    }
    this.valueStart = at;
    this.position = skipValue(bytes, at);
    return true;
  }

  /**
   * True if the key is `wanted`, which is ASCII. Nothing is allocated: there may be a million keys.
   */
  keyEquals(wanted: string, ignoreCase: bool): bool {
    return equalsString(this.container.bytes, this.keyStart, wanted, ignoreCase);
  }

  /** The key of a member, which is a string. */
  get key(): JsonValue {
    return new JsonValue(this.container.bytes, this.keyStart);
  }

  get value(): JsonValue {
    return new JsonValue(this.container.bytes, this.valueStart);
  }
}

function skipSpace(bytes: Uint8Array, start: i32): i32 {
  let at = start;
  while (at < bytes.length && bytes[at] <= 0x20) at++;
  return at;
}

/** The position after the value that starts at `start`. */
function skipValue(bytes: Uint8Array, start: i32): i32 {
  let at = start;
  let depth = 0;
  do {
    const byte = bytes[at];
    if (byte == 0x22) {
      at = skipString(bytes, at);
    } else if (byte == 0x7b || byte == 0x5b) {
      depth++;
      at++;
    } else if (byte == 0x7d || byte == 0x5d) {
      depth--;
      at++;
    } else if (depth > 0) {
      at++;
    } else {
      while (at < bytes.length && !isDelimiter(bytes[at])) at++;
    }
  } while (depth > 0);
  return at;
}

function isDelimiter(byte: u8): bool {
  return byte <= 0x20 || byte == 0x2c || byte == 0x5d || byte == 0x7d;
}
