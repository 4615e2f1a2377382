import { utf8Length } from "./utf8";

/** Deeper nesting than this is refused: no configuration needs it, and a stack has an end. */
const DEPTH_LIMIT: i32 = 200;

/**
 * Checks that `bytes` are exactly one JSON text (RFC 8259) in UTF-8, and nothing else.
 *
 * @returns the empty string, or what is wrong and where: `unexpected end of JSON input`.
 */
export function checkSyntax(bytes: Uint8Array): string {
  const checker = new SyntaxChecker(bytes);
  checker.document();
  return checker.problem;
}

class SyntaxChecker {
  problem: string = "";
  private position: i32 = 0;

  constructor(private bytes: Uint8Array) {}

  document(): void {
    this.space();
    this.value(0);
    this.space();
    if (this.problem.length == 0 && this.position < this.bytes.length) {
      this.fail("unexpected text after the JSON document");
    }
  }

  /** The byte at the position, or -1 at the end. */
  private peek(): i32 {
    return this.position < this.bytes.length ? unchecked(this.bytes[this.position]) : -1;
  }

  private fail(what: string): void {
    if (this.problem.length > 0) return;
    if (this.position >= this.bytes.length) {
      this.problem = "unexpected end of JSON input";
      return;
    }
    let line = 1;
    let column = 1;
    for (let i = 0; i < this.position; i++) {
      column++;
      if (this.bytes[i] == 0x0a) {
        line++;
        column = 1;
      }
    }
    this.problem = `${what}, line ${line.toString()} column ${column.toString()}`;
  }

  private space(): void {
    let byte = this.peek();
    while (byte == 0x20 || byte == 0x09 || byte == 0x0a || byte == 0x0d) {
      this.position++;
      byte = this.peek();
    }
  }

  private value(depth: i32): void {
    if (this.problem.length > 0) return;
    const byte = this.peek();
    if (depth == DEPTH_LIMIT && (byte == 0x7b || byte == 0x5b)) {
      this.fail(`nested deeper than ${DEPTH_LIMIT.toString()} levels`);
      return;
    }
    if (byte == 0x7b) this.object(depth);
    else if (byte == 0x5b) this.array(depth);
    else if (byte == 0x22) this.string();
    else if (byte == 0x2d || isDigit(byte)) this.number();
    else if (byte == 0x74) this.literal("true");
    else if (byte == 0x66) this.literal("false");
    else if (byte == 0x6e) this.literal("null");
    else this.fail("expected a JSON value");
  }

  private object(depth: i32): void {
    this.position++;
    this.space();
    if (this.take(0x7d)) return;
    do {
      this.space();
      if (this.peek() != 0x22) {
        this.fail("expected a key in double quotes");
        return;
      }
      this.string();
      this.space();
      if (!this.take(0x3a)) this.fail("expected ':' after a key");
      this.space();
      this.value(depth + 1);
      this.space();
    } while (this.problem.length == 0 && this.take(0x2c));
    if (!this.take(0x7d)) this.fail("expected ',' or '}' in an object");
  }

  private array(depth: i32): void {
    this.position++;
    this.space();
    if (this.take(0x5d)) return;
    do {
      this.space();
      this.value(depth + 1);
      this.space();
    } while (this.problem.length == 0 && this.take(0x2c));
    if (!this.take(0x5d)) this.fail("expected ',' or ']' in an array");
  }

  private take(byte: i32): bool {
    if (this.peek() != byte) return false;
    this.position++;
    return true;
  }

  private literal(text: string): void {
    for (let i = 0; i < text.length; i++) {
      if (!this.take(text.charCodeAt(i))) {
        this.fail(`expected '${text}'`);
        return;
      }
    }
  }

  private number(): void {
    this.take(0x2d);
    if (!this.take(0x30)) this.digits();
    if (this.take(0x2e)) this.digits();
    const byte = this.peek();
    if (byte == 0x65 || byte == 0x45) {
      this.position++;
      if (!this.take(0x2b)) this.take(0x2d);
      this.digits();
    }
  }

  private digits(): void {
    if (!isDigit(this.peek())) this.fail("expected a digit");
    while (isDigit(this.peek())) this.position++;
  }

  private string(): void {
    this.position++;
    while (true) {
      const byte = this.peek();
      if (byte < 0x20) {
        this.fail("control character in a string");
        return;
      }
      if (byte == 0x22) {
        this.position++;
        return;
      }
      if (byte == 0x5c) {
        this.position++;
        this.escape();
        if (this.problem.length > 0) return;
        continue;
      }
      const length = utf8Length(this.bytes, this.position);
      if (length == 0) {
        this.fail("bytes that are not UTF-8");
        return;
      }
      this.position += length;
    }
  }

  private escape(): void {
    const byte = this.peek();
    if (byte == 0x75) {
      this.position++;
      for (let i = 0; i < 4; i++) {
        if (!isHex(this.peek())) {
          this.fail("expected four hexadecimal digits after \\u");
          return;
        }
        this.position++;
      }
      return;
    }
    if (byte < 0 || !'"\\/bfnrt'.includes(String.fromCharCode(byte))) {
      this.fail("unknown escape in a string");
      return;
    }
    this.position++;
  }
}

function isDigit(byte: i32): bool {
  return byte >= 0x30 && byte <= 0x39;
}

function isHex(byte: i32): bool {
  const lower = byte | 0x20;
  return isDigit(byte) || (lower >= 0x61 && lower <= 0x66);
}
