import fs from "node:fs";
import { POLLIN } from "../../assembly/linux/poll.ts";

// asm-generic/poll.h
const POLLOUT = 0x0004;
const STDERR = 2;
const CHUNK = 64 * 1024;
/**
 * What a pipe takes without blocking when poll(2) says that it takes something (linux/limits.h).
 */
const PIPE_BUF = 4096;

/** What happens at one end of a pipe whose other end a child has. */
export interface Stream {
  /** What to wait for: POLLIN or POLLOUT. */
  readonly events: number;
  /** Moves some bytes through `fd`, which is ready; false when there will be no more. */
  move(fd: number): boolean;
}

/** The child's standard input. */
export class Input implements Stream {
  readonly events = POLLOUT;
  #rest: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#rest = bytes;
  }

  move(fd: number): boolean {
    const written = writeSome(fd, this.#rest.subarray(0, PIPE_BUF));
    this.#rest = this.#rest.subarray(written);
    return written > 0 && this.#rest.length > 0;
  }
}

/** The child's standard output, up to a limit. */
export class Output implements Stream {
  readonly events = POLLIN;
  readonly #bytes: Uint8Array;
  #length = 0;

  constructor(limit: number) {
    this.#bytes = new Uint8Array(limit + 1);
  }

  move(fd: number): boolean {
    const count = fs.readSync(fd, this.#bytes.subarray(this.#length));
    this.#length += count;
    return count > 0 && !this.tooLong;
  }

  get tooLong(): boolean {
    return this.#length === this.#bytes.length;
  }

  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, Math.min(this.#length, this.#bytes.length - 1));
  }
}

/** The child's standard error: passed on to ours at once, its end kept. */
export class Log implements Stream {
  readonly events = POLLIN;
  readonly #limit: number;
  #tail: Uint8Array = new Uint8Array(0);

  constructor(limit: number) {
    this.#limit = limit;
  }

  move(fd: number): boolean {
    const chunk = new Uint8Array(CHUNK);
    const count = fs.readSync(fd, chunk);
    if (count === 0) return false;
    let rest = chunk.subarray(0, count);
    const all = Buffer.concat([this.#tail, rest]);
    this.#tail = all.subarray(Math.max(0, all.length - this.#limit));
    for (let written = 1; rest.length > 0 && written > 0; rest = rest.subarray(written)) {
      written = writeSome(STDERR, rest);
    }
    return true;
  }

  get bytes(): Uint8Array {
    return this.#tail;
  }
}

/** The number of bytes written; 0 if nobody takes any, which here is nobody's mistake. */
function writeSome(fd: number, bytes: Uint8Array): number {
  try {
    return fs.writeSync(fd, bytes);
  } catch {
    return 0;
  }
}
