import * as host from "./host";
import { sleepMs } from "./clock";
import { allocate } from "./io";
import { ETXTBSY } from "../linux/errno";

/** The most that a delegated program may print, in bytes: a thousand times a usual result. */
export const OUTPUT_LIMIT: i32 = 1024 * 1024;

/** How much of the end of its standard error is kept for the message. */
const LOG_LIMIT: i32 = 2048;

/**
 * A program that is being written while it is started (an upgrade) is tried again for one second.
 */
const BUSY_TRIES: i32 = 20;
const BUSY_WAIT_MS: i32 = 50;

/** How a program ended, and what it said. */
export class ProcessResult {
  constructor(
    private status: i32,
    public output: Uint8Array,
    public log: string,
  ) {}

  /** 0, or the positive error number for which the program was not run to its end. */
  get errno(): i32 {
    return this.status < 0 ? -this.status : 0;
  }

  /** The signal that ended it, or 0 (WTERMSIG of wait(2)). */
  get signal(): i32 {
    return this.status < 0 ? 0 : this.status & 0x7f;
  }

  /** Its exit status, meaningful when `errno` and `signal` are 0 (WEXITSTATUS of wait(2)). */
  get exitStatus(): i32 {
    return (this.status >> 8) & 0xff;
  }
}

/**
 * Runs a program to its end with this program's environment.
 *
 * @param command the value of CNI_COMMAND for it.
 * @param input its standard input.
 */
export function spawn(path: string, command: string, input: Uint8Array): ProcessResult {
  const pathBytes = String.UTF8.encode(path);
  const commandBytes = String.UTF8.encode(command);
  const output = allocate(OUTPUT_LIMIT);
  const log = new ArrayBuffer(LOG_LIMIT);
  const lengths = changetype<usize>(new ArrayBuffer(8));
  let status = -ETXTBSY;
  for (let i = 0; i < BUSY_TRIES && status == -ETXTBSY; i++) {
    if (i > 0) sleepMs(BUSY_WAIT_MS);
    store<u32>(lengths, OUTPUT_LIMIT);
    store<u32>(lengths + 4, LOG_LIMIT);
    status = host.spawn(
      changetype<usize>(pathBytes),
      pathBytes.byteLength,
      changetype<usize>(commandBytes),
      commandBytes.byteLength,
      input.dataStart,
      input.byteLength,
      changetype<usize>(output),
      lengths,
      changetype<usize>(log),
      lengths + 4,
    );
  }
  if (status < 0) return new ProcessResult(status, new Uint8Array(0), "");
  const outputLength = min<i32>(load<u32>(lengths), OUTPUT_LIMIT);
  const logLength = min<i32>(load<u32>(lengths + 4), LOG_LIMIT);
  return new ProcessResult(
    status,
    Uint8Array.wrap(output, 0, outputLength),
    String.UTF8.decodeUnsafe(changetype<usize>(log), logLength).trim(),
  );
}
