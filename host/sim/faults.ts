import type { SpawnResult, System } from "../imports.ts";

/** The calls that return a number, and so can fail with -errno. */
export type Call = Exclude<keyof System, "getenv" | "program_invocation_name">;

/** A program that goes on calling in vain for so long never ends; it is stopped by an exception. */
const PATIENCE = 10_000;

/** Which call fails, and how. */
export interface Fault {
  readonly call: Call;
  /** The first that fails, counted from 1. */
  readonly nth: number;
  /** Positive, errno(3). */
  readonly errno: number;
  /** True: that one and every one after it. False or left out: that one alone. */
  readonly forever?: boolean;
}

/** A system in which a fault happens, and whether it has. */
export interface FaultySystem {
  readonly system: System;
  readonly fired: () => boolean;
}

/**
 * Wraps a system so that the `nth` call of a name fails without being made (close(2) is made).
 *
 * To sweep every call site, raise `nth` until a run in which nothing `fired`.
 */
export function withFault(system: System, fault: Fault): FaultySystem {
  let count = 0;
  let fired = false;
  const original = system[fault.call].bind(system) as (...args: unknown[]) => number | SpawnResult;
  const faulty = (...args: unknown[]) => {
    count++;
    const hit = fault.forever ? count >= fault.nth : count === fault.nth;
    if (!hit) return original(...args);
    if (count - fault.nth > PATIENCE) throw new Error(`${fault.call} was called in vain for ever`);
    fired = true;
    // close(2) has closed, whatever it returns
    if (fault.call === "close") original(...args);
    if (fault.call !== "spawn") return -fault.errno;
    return { status: -fault.errno, output: new Uint8Array(0), log: new Uint8Array(0) };
  };
  const wrapped = new Proxy(system, {
    get(target, name) {
      if (name === fault.call) return faulty;
      const member = Reflect.get(target, name, target);
      return typeof member === "function" ? member.bind(target) : member;
    },
  });
  return { system: wrapped, fired: () => fired };
}
