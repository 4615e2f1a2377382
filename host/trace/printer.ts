import { resultOf } from "./names.ts";

/** Makes calls and prints a line about each, without its end. */
export class Printer {
  readonly #print: (line: string) => void;
  readonly #names = new Map<number, string>();

  constructor(print: (line: string) => void) {
    this.#print = print;
  }

  /** Notes what a descriptor, if it is one, was opened as. */
  name(fd: number, name: string): void {
    if (fd >= 0) this.#names.set(fd, name);
  }

  forget(fd: number): void {
    this.#names.delete(fd);
  }

  /** A descriptor with what it was opened as. */
  show(fd: number): string {
    const name = this.#names.get(fd);
    return name === undefined ? String(fd) : `${fd}<${name}>`;
  }

  /** Makes a call whose line can only be written from what came of it. */
  after<Result>(call: () => Result, describe: (result: Result) => string): Result {
    const start = performance.now();
    const result = call();
    const took = performance.now() - start;
    this.#print(`${describe(result)} <${took.toFixed(3)} ms>`);
    return result;
  }

  /** Makes a call that gives nothing but its result. */
  plain(name: string, args: readonly (string | number)[], call: () => number): number {
    const line = `${name}(${args.join(", ")})`;
    return this.after(call, (result) => `${line} = ${resultOf(result)}`);
  }
}
