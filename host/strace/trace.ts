import { resultOf } from "./names.ts";

/** Makes calls and prints a line about each, without its end. */
export class Trace {
  readonly #print: (line: string) => void;

  constructor(print: (line: string) => void) {
    this.#print = print;
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
