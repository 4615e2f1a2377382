import { CniError, INVALID_ENVIRONMENT } from "./error";

/** CNI_ARGS: `KEY=value` pairs separated by semicolons. */
export class CniArgs {
  error: CniError | null = null;
  private keys: string[] = [];
  private values: string[] = [];

  /**
   * @param text the variable; the empty string has no pairs.
   * @param known the keys that somebody reads. Any other is an error, unless IgnoreUnknown is true.
   */
  constructor(text: string, known: string[]) {
    if (text.length > 0) this.parse(text, known);
  }

  /** The value of a key, the last one if it is repeated, or the empty string. */
  get(key: string): string {
    const index = this.keys.lastIndexOf(key);
    return index < 0 ? "" : this.values[index];
  }

  private parse(text: string, known: string[]): void {
    const unknown: string[] = [];
    const pairs = text.split(";");
    for (let i = 0; i < pairs.length; i++) {
      const parts = pairs[i].split("=");
      if (parts.length != 2) {
        this.fail(`CNI_ARGS: invalid pair "${pairs[i]}", must be KEY=value`);
        return;
      }
      this.keys.push(parts[0]);
      this.values.push(parts[1]);
      if (parts[0] != "IgnoreUnknown" && !known.includes(parts[0])) unknown.push(`"${pairs[i]}"`);
    }
    const ignoresUnknown = this.ignoresUnknown();
    if (this.error != null || unknown.length == 0 || ignoresUnknown) return;
    this.fail(
      `CNI_ARGS: unknown args [${unknown.join(" ")}]; known: ${known.join(", ")}; ` +
        "IgnoreUnknown=1 lets others pass",
    );
  }

  private ignoresUnknown(): bool {
    const value = this.get("IgnoreUnknown").toLowerCase();
    if (value == "1" || value == "true") return true;
    if (value != "" && value != "0" && value != "false") {
      this.fail(`CNI_ARGS: IgnoreUnknown is "${value}", must be 1, true, 0 or false`);
    }
    return false;
  }

  private fail(msg: string): void {
    this.error = new CniError(INVALID_ENVIRONMENT, msg);
  }
}
