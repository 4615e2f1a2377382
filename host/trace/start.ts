import fs from "node:fs";
import type { System } from "../imports.ts";
import { trace } from "../trace.ts";
import { record } from "./record.ts";

/** Input and output of containers and administrators are in it. */
const MODE = 0o600;
const STDERR = 2;

/**
 * Traces a system as CNI_MACVLAN_TRACE says: `1` for people, on standard error; else a file that
 * lines of JSON are added to. One that cannot be written keeps no container from its network.
 */
export function startTrace(system: System, target: string): System {
  if (target === "1") return trace(system);
  const file = new TraceFile(target);
  return record(system, process.pid, (line) => file.write(line));
}

class TraceFile {
  readonly #path: string;
  #fd: number | undefined;
  #isBroken = false;

  constructor(path: string) {
    this.#path = path;
  }

  write(line: string): void {
    if (this.#isBroken) return;
    try {
      this.#fd ??= fs.openSync(this.#path, "a", MODE);
      fs.writeSync(this.#fd, line);
    } catch (error) {
      this.#isBroken = true;
      fs.writeSync(
        STDERR,
        `the trace ends here: ${error instanceof Error ? error.message : error}\n`,
      );
    }
  }
}
