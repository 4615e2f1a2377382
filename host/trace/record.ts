import type { SpawnResult, System } from "../imports.ts";
import { argumentsOf, type Entry, outputsOf, resultOf, SHAPES, type Start } from "./entry.ts";

type Call = (...args: unknown[]) => number | Uint8Array | SpawnResult | undefined;

/**
 * A system that does what `system` does and writes a line of JSON about each call, from which
 * host/replay.ts can be that system.
 *
 * @param pid of the process that it is done in.
 * @param write gets each line, its end included.
 */
export function record(system: System, pid: number, write: (line: string) => void): System {
  const start: Start = { pid, trace: 1, time: new Date().toISOString() };
  write(`${JSON.stringify(start)}\n`);
  const recorded = Object.keys(SHAPES).map((name) => {
    const call = name as keyof System;
    const made = (...args: unknown[]) => {
      const before = argumentsOf(call, args);
      const began = performance.now();
      const result = (system[call] as Call)(...args);
      const us = Math.round((performance.now() - began) * 1000);
      const out = outputsOf(call, args, result);
      const entry: Entry = {
        pid,
        call,
        args: before,
        ...(out === undefined ? {} : { out }),
        result: resultOf(result),
        us,
      };
      write(`${JSON.stringify(entry)}\n`);
      return result;
    };
    return [call, made];
  });
  return Object.fromEntries(recorded) as System;
}
