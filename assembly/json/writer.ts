import { TextBuffer } from "./text-buffer";

/** Writes one JSON text, indented by four spaces or on a single line. */
export class JsonWriter {
  private buffer: TextBuffer = new TextBuffer();
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
    this.buffer.append(this.isIndented ? ": " : ":");
    this.afterKey = true;
  }

  text(value: string): void {
    this.separate();
    this.quote(value);
  }

  integer(value: i64): void {
    this.separate();
    this.buffer.append(value.toString());
  }

  toString(): string {
    return this.buffer.toString();
  }

  private open(bracket: string): void {
    this.separate();
    this.buffer.append(bracket);
    this.depth++;
    this.isFirst = true;
  }

  private close(bracket: string): void {
    this.depth--;
    if (!this.isFirst) this.newLine();
    this.buffer.append(bracket);
    this.isFirst = false;
  }

  private separate(): void {
    if (this.afterKey) {
      this.afterKey = false;
      return;
    }
    if (!this.isFirst) this.buffer.append(",");
    this.isFirst = false;
    if (this.depth > 0) this.newLine();
  }

  private quote(text: string): void {
    this.buffer.append('"');
    let plain = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x20 && unit != 0x22 && unit != 0x5c && unit != 0x7f) continue;
      this.buffer.append(text.substring(plain, i));
      this.buffer.append(escape(unit));
      plain = i + 1;
    }
    this.buffer.append(text.substring(plain));
    this.buffer.append('"');
  }

  private newLine(): void {
    if (this.isIndented) this.buffer.append("\n" + "    ".repeat(this.depth));
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
