import type { SpawnResult, System } from "./imports.ts";
import { runPlugin } from "./run.ts";
import {
  type Argument,
  argumentsOf,
  type Entry,
  fromBytes,
  isBytes,
  outputArguments,
  type Result,
  SHAPES,
} from "./trace/entry.ts";
import { Interfaces } from "./trace/interfaces.ts";
import { requestsOf } from "./trace/netlink.ts";

const STDOUT = 1;
const STDERR = 2;
const ENDED = "nothing: it ended";

/** What became of a core that was given the answers of a trace. */
export interface Replayed {
  /** Exit status. */
  readonly status: number;
  /** What the core printed. */
  readonly stdout: Uint8Array;
  readonly stderr: Uint8Array;
  /** Where it first did something else than in the trace; undefined if it did the same. */
  readonly divergence: Divergence | undefined;
}

/** A call that is not the one of the trace: its number from 0, and both in words. */
export interface Divergence {
  readonly at: number;
  readonly traced: string;
  readonly made: string;
}

/**
 * Runs a core on the answers of a trace in the place of a system. Up to the first divergence it
 * does exactly what it did when the trace was made, wherever that was; after it nothing.
 *
 * What it writes to standard error is not compared: a core that traps has the host's words there.
 *
 * @param entries of one process, as `readTrace` returns them.
 */
export function replay(module: WebAssembly.Module, entries: readonly Entry[]): Replayed {
  const tape = new Tape(entries);
  const status = runPlugin(module, tape.system);
  const { stdout, stderr } = tape;
  return { status, stdout, stderr, divergence: tape.divergence };
}

/** A system that answers from a trace. */
class Tape {
  readonly #entries: readonly Entry[];
  #at = 0;
  #divergence: Divergence | undefined;
  readonly #streams: Record<number, Uint8Array[]> = { [STDOUT]: [], [STDERR]: [] };

  constructor(entries: readonly Entry[]) {
    this.#entries = entries.filter((entry) => !isLog(entry.call, entry.args));
  }

  get stdout(): Uint8Array {
    return Buffer.concat(this.#streams[STDOUT] ?? []);
  }

  get stderr(): Uint8Array {
    return Buffer.concat(this.#streams[STDERR] ?? []);
  }

  /** Also a core that ends while the trace goes on diverges. */
  get divergence(): Divergence | undefined {
    const next = this.#entries[this.#at];
    if (this.#divergence !== undefined || next === undefined) return this.#divergence;
    return { at: this.#at, traced: describe(next.call, next.args), made: ENDED };
  }

  get system(): System {
    const calls = Object.keys(SHAPES).map((call) => [
      call,
      (...args: unknown[]) => this.#answer(call as keyof System, args),
    ]);
    return Object.fromEntries(calls) as System;
  }

  #answer(call: keyof System, args: readonly unknown[]): unknown {
    const [fd, bytes] = args;
    if (call === "write" && bytes instanceof Uint8Array) {
      this.#streams[fd as number]?.push(bytes.slice());
      // what is left of the run after a divergence is the host's complaint about it
      if (fd === STDERR || this.#divergence !== undefined) return bytes.length;
    }
    const entry = this.#entries[this.#at];
    const found = argumentsOf(call, args);
    if (entry?.call !== call || JSON.stringify(entry.args) !== JSON.stringify(found)) {
      const traced = entry === undefined ? ENDED : describe(entry.call, entry.args);
      const made = describe(call, found);
      this.#divergence ??= { at: this.#at, traced, made };
      throw new Error(`the core does something else than in the trace: ${made}`);
    }
    this.#at++;
    outputArguments(call, args).forEach((room, i) => {
      const output = entry.out?.[i];
      if (output !== undefined) room.set(fromBytes(output).subarray(0, room.length));
    });
    return resultFrom(entry.result);
  }
}

function isLog(call: string, args: readonly unknown[]): boolean {
  return call === "write" && args[0] === STDERR;
}

/** A call in words, netlink messages in those of ip(8). */
function describe(call: string, args: readonly Argument[]): string {
  const isMessage = call === "send" || call === "start_send";
  const words = args.map((value) =>
    isMessage && isBytes(value)
      ? requestsOf(fromBytes(value), new Interfaces())
      : JSON.stringify(value),
  );
  return `${call}(${words.join(", ")})`;
}

function resultFrom(result: Result): number | Uint8Array | SpawnResult | undefined {
  if (result === null) return undefined;
  if (typeof result === "number") return result;
  if (!("status" in result)) return fromBytes(result);
  const { status, output, log } = result;
  return { status, output: fromBytes(output), log: fromBytes(log) };
}

/**
 * The processes of a saved trace, in the order of their start.
 *
 * @throws {Error} with the number of the line that is none.
 */
export function readTrace(text: string): Entry[][] {
  const runs: Entry[][] = [];
  const running = new Map<number, Entry[]>();
  text.split("\n").forEach((line, i) => {
    if (line === "") return;
    const entry = parse(line);
    const pid = entry?.pid;
    if (entry === undefined || typeof pid !== "number") {
      throw new Error(`line ${i + 1} is no line of a trace`);
    }
    if ("trace" in entry) {
      if (entry.trace !== 1) throw new Error(`line ${i + 1}: a trace of a later version`);
      const run: Entry[] = [];
      runs.push(run);
      running.set(pid, run);
    } else if (isEntry(entry) && running.has(pid)) {
      running.get(pid)?.push(entry);
    } else {
      throw new Error(`line ${i + 1}: a call that is none, or of a process that has not begun`);
    }
  });
  return runs;
}

function parse(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    return undefined;
  }
}

function isEntry(value: Record<string, unknown>): value is Record<string, unknown> & Entry {
  const { call, args, result } = value;
  return (
    typeof call === "string" &&
    Object.hasOwn(SHAPES, call) &&
    Array.isArray(args) &&
    result !== undefined
  );
}
