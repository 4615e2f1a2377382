/** Writes one JSON text, indented by four spaces or on a single line. */
export class JsonWriter {
  private parts: string[] = [];
  private depth: i32 = 0;
  private isFirst: bool = true;
  private afterKey: bool = false;

  constructor(private isIndented: bool) {}

  openObject(): void {
    this.open("{");
  }

  closeObject(): void {
    this.close("}");
  }

  openArray(): void {
    this.open("[");
  }

  closeArray(): void {
    this.close("]");
  }

  /** The key of the value that is written next. */
  key(name: string): void {
    this.separate();
    this.quote(name);
    this.parts.push(this.isIndented ? ": " : ":");
    this.afterKey = true;
  }

  text(value: string): void {
    this.separate();
    this.quote(value);
  }

  integer(value: i64): void {
    this.separate();
    this.parts.push(value.toString());
  }

  toString(): string {
    return this.parts.join("");
  }

  private open(bracket: string): void {
    this.separate();
    this.parts.push(bracket);
    this.depth++;
    this.isFirst = true;
  }

  private close(bracket: string): void {
    this.depth--;
    if (!this.isFirst) this.newLine();
    this.parts.push(bracket);
    this.isFirst = false;
  }

  private separate(): void {
    if (this.afterKey) {
      this.afterKey = false;
      return;
    }
    if (!this.isFirst) this.parts.push(",");
    this.isFirst = false;
    if (this.depth > 0) this.newLine();
  }

  private quote(text: string): void {
    this.parts.push('"');
    let plain = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x20 && unit != 0x22 && unit != 0x5c && unit != 0x7f) continue;
      this.parts.push(text.substring(plain, i));
      this.parts.push(escape(unit));
      plain = i + 1;
    }
    this.parts.push(text.substring(plain));
    this.parts.push('"');
  }

  private newLine(): void {
    if (this.isIndented) this.parts.push("\n" + "    ".repeat(this.depth));
  }
}

function escape(unit: i32): string {
  switch (unit) {
    case 0x22:
      return '\\"';
    case 0x5c:
      return "\\\\";
    case 0x0a:
      return "\\n";
    case 0x0d:
      return "\\r";
    case 0x09:
      return "\\t";
    default:
      return "\\u" + unit.toString(16).padStart(4, "0");
  }
}
