import { JsonCursor, JsonKind, JsonValue } from "./value";

/** The first thing found wrong while a document was read; shared by all `Fields` of the document. */
export class Problem {
  message: string = "";
  /** True where the JSON type was wrong, false where a value of the right type is not allowed. */
  isType: bool = false;

  get isEmpty(): bool {
    return this.message.length == 0;
  }
}

/**
 * Reads the members of a JSON object by type. The first mistake is kept in `problem`; every reading
 * after it gives the default, so that a caller checks once, at the end.
 *
 * An absent member, a `null` and a missing object all read as the default: "", 0, false, empty.
 */
export class Fields {
  /**
   * @param value the object, or null where it is absent.
   * @param path how a message names it: `ipam.routes[0]`; empty for the document itself.
   */
  constructor(
    public value: JsonValue | null,
    public path: string,
    public problem: Problem,
  ) {
    if (value && value.kind != JsonKind.OBJECT) this.wrongType(path, "an object", value);
  }

  get isPresent(): bool {
    return this.value != null;
  }

  has(key: string): bool {
    return this.find(key) != null;
  }

  text(key: string): string {
    const value = this.find(key);
    if (!value) return "";
    if (value.kind == JsonKind.STRING) return value.text;
    this.wrongType(this.pathOf(key), "a string", value);
    return "";
  }

  flag(key: string): bool {
    const value = this.find(key);
    if (!value) return false;
    if (value.kind == JsonKind.TRUE) return true;
    if (value.kind == JsonKind.FALSE) return false;
    this.wrongType(this.pathOf(key), "true or false", value);
    return false;
  }

  /** A whole number, written without fraction or exponent, within [lowest, highest]. */
  integer(key: string, lowest: i64, highest: i64): i64 {
    const value = this.find(key);
    if (!value) return 0;
    const digits = value.source;
    if (value.kind != JsonKind.NUMBER || !isWhole(digits)) {
      this.wrongType(this.pathOf(key), "a whole number", value);
      return 0;
    }
    // Eighteen digits fit an i64, and no key takes a number as long as that.
    const number = digits.length <= 18 ? I64.parseInt(digits) : i64.MAX_VALUE;
    if (number >= lowest && number <= highest && digits.length <= 18) return number;
    this.reject(key, `is ${digits}, must be ${lowest.toString()} to ${highest.toString()}`);
    return 0;
  }

  child(key: string): Fields {
    return new Fields(this.find(key), this.pathOf(key), this.problem);
  }

  /** The elements of an array of objects. A `null` element is refused. */
  children(key: string): Fields[] {
    const list: Fields[] = [];
    const elements = this.elements(key);
    for (let i = 0; i < elements.length; i++) {
      const path = `${this.pathOf(key)}[${i.toString()}]`;
      list.push(new Fields(elements[i], path, this.problem));
    }
    return list;
  }

  /** The elements of an array of strings. */
  texts(key: string): string[] {
    const list: string[] = [];
    const elements = this.elements(key);
    for (let i = 0; i < elements.length; i++) {
      const element = elements[i];
      if (element.kind == JsonKind.STRING) list.push(element.text);
      else this.wrongType(`${this.pathOf(key)}[${i.toString()}]`, "a string", element);
    }
    return list;
  }

  /** Notes that a value of the right type is not allowed: `what` follows the name of the key. */
  reject(key: string, what: string): void {
    if (this.problem.isEmpty) this.problem.message = `key "${this.pathOf(key)}" ${what}`;
  }

  pathOf(key: string): string {
    return this.path.length > 0 ? `${this.path}.${key}` : key;
  }

  private find(key: string): JsonValue | null {
    const value = this.value;
    return value ? value.get(key) : null;
  }

  private elements(key: string): JsonValue[] {
    const list: JsonValue[] = [];
    const value = this.find(key);
    if (!value) return list;
    if (value.kind != JsonKind.ARRAY) {
      this.wrongType(this.pathOf(key), "an array", value);
      return list;
    }
    const cursor = new JsonCursor(value);
    while (cursor.next()) list.push(cursor.value);
    return list;
  }

  private wrongType(path: string, wanted: string, value: JsonValue): void {
    if (!this.problem.isEmpty) return;
    this.problem.isType = true;
    const name = path.length > 0 ? `key "${path}"` : "the document";
    const seen = value.kind == JsonKind.NUMBER ? value.source.substring(0, 32) : value.kindName;
    this.problem.message = `${name} must be ${wanted}, not ${seen}`;
  }
}

function isWhole(digits: string): bool {
  for (let i = 0; i < digits.length; i++) {
    const unit = digits.charCodeAt(i);
    if ((unit < 0x30 || unit > 0x39) && !(i == 0 && unit == 0x2d)) return false;
  }
  return true;
}
