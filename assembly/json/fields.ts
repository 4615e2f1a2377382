import { JsonCursor, JsonKind, JsonValue } from "./value";

// What may be copied out of one document, so that none, however large, can use up the memory.
const TEXT_BUDGET: i32 = 1024 * 1024; // bytes of strings as written
const ELEMENT_BUDGET: i32 = 16 * 1024; // elements of arrays
const DIGITS_LIMIT: i32 = 18; // a number of so many digits fits an i64, and no key takes more

/**
 * The first thing found wrong while a document was read; shared by all `Fields` of the document.
 */
export class Problem {
  message: string = "";
  /** True where the JSON type was wrong, false where a value of the right type is not allowed. */
  isType: bool = false;
  textLeft: i32 = TEXT_BUDGET;
  elementsLeft: i32 = ELEMENT_BUDGET;

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
    return value ? this.textOf(value, this.pathOf(key)) : "";
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
    if (value.kind != JsonKind.NUMBER) {
      this.wrongType(this.pathOf(key), "a whole number", value);
      return 0;
    }
    const isShort = value.length <= DIGITS_LIMIT;
    const digits = isShort ? value.source : "too long";
    if (isShort && !isWhole(digits)) {
      this.wrongType(this.pathOf(key), "a whole number", value);
      return 0;
    }
    const number = isShort ? I64.parseInt(digits) : i64.MAX_VALUE;
    if (isShort && number >= lowest && number <= highest) return number;
    this.reject(key, `is ${digits}, must be ${lowest.toString()} to ${highest.toString()}`);
    return 0;
  }

  /** The names of all members. */
  names(): string[] {
    const list: string[] = [];
    const value = this.value;
    if (!value || value.kind != JsonKind.OBJECT) return list;
    const cursor = new JsonCursor(value);
    while (cursor.next()) {
      list.push(this.textOf(cursor.key, this.path));
      if (!this.problem.isEmpty) return [];
    }
    return list;
  }

  child(key: string): Fields {
    return new Fields(this.find(key), this.pathOf(key), this.problem);
  }

  /** The elements of an array of objects. A `null` element is refused. */
  children(key: string): Fields[] {
    return this.childrenOf(this.find(key), this.pathOf(key));
  }

  /** The elements of an array of arrays of objects. */
  lists(key: string): Fields[][] {
    const lists: Fields[][] = [];
    const elements = this.elements(this.find(key), this.pathOf(key));
    for (let i = 0; i < elements.length; i++) {
      lists.push(this.childrenOf(elements[i], `${this.pathOf(key)}[${i.toString()}]`));
    }
    return lists;
  }

  /** The elements of an array of strings. */
  texts(key: string): string[] {
    const list: string[] = [];
    const elements = this.elements(this.find(key), this.pathOf(key));
    for (let i = 0; i < elements.length; i++) {
      list.push(this.textOf(elements[i], `${this.pathOf(key)}[${i.toString()}]`));
    }
    return list;
  }

  /**
   * A string, or the elements of an array of strings, which must not be empty. Nothing of what is
   * absent or an empty string.
   */
  oneOrMoreTexts(key: string): string[] {
    const value = this.find(key);
    if (!value) return [];
    if (value.kind == JsonKind.STRING) {
      const text = this.text(key);
      return text.length > 0 ? [text] : [];
    }
    if (value.kind != JsonKind.ARRAY) {
      this.wrongType(this.pathOf(key), "a string or an array of strings", value);
      return [];
    }
    const list = this.texts(key);
    if (list.length == 0) this.reject(key, "is an empty list");
    return list;
  }

  /** Notes that a value of the right type is not allowed: `what` follows the name of the key. */
  reject(key: string, what: string): void {
    this.note(`key "${this.pathOf(key)}" ${what}`);
  }

  pathOf(key: string): string {
    return this.path.length > 0 ? `${this.path}.${key}` : key;
  }

  private find(key: string): JsonValue | null {
    const value = this.value;
    return value ? value.get(key) : null;
  }

  private note(message: string): void {
    if (this.problem.isEmpty) this.problem.message = message;
  }

  private textOf(value: JsonValue, path: string): string {
    if (value.kind != JsonKind.STRING) {
      this.wrongType(path, "a string", value);
      return "";
    }
    this.problem.textLeft -= value.length;
    if (this.problem.textLeft >= 0) return value.text;
    this.note(`key "${path}": the document has more than ${TEXT_BUDGET.toString()} bytes of text`);
    return "";
  }

  private childrenOf(value: JsonValue | null, path: string): Fields[] {
    const list: Fields[] = [];
    const elements = this.elements(value, path);
    for (let i = 0; i < elements.length; i++) {
      list.push(new Fields(elements[i], `${path}[${i.toString()}]`, this.problem));
    }
    return list;
  }

  private elements(value: JsonValue | null, path: string): JsonValue[] {
    const list: JsonValue[] = [];
    if (!value) return list;
    if (value.kind != JsonKind.ARRAY) {
      this.wrongType(path, "an array", value);
      return list;
    }
    const cursor = new JsonCursor(value);
    while (cursor.next()) {
      this.problem.elementsLeft--;
      if (this.problem.elementsLeft < 0) {
        const limit = ELEMENT_BUDGET.toString();
        this.note(`key "${path}": the document has more than ${limit} array elements`);
        return [];
      }
      list.push(cursor.value);
    }
    return list;
  }

  private wrongType(path: string, wanted: string, value: JsonValue): void {
    if (!this.problem.isEmpty) return;
    this.problem.isType = true;
    const name = path.length > 0 ? `key "${path}"` : "the document";
    const isShortNumber = value.kind == JsonKind.NUMBER && value.length <= DIGITS_LIMIT;
    const seen = isShortNumber ? value.source : value.kindName;
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
