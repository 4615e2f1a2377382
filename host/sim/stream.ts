import { Descriptor, type FileStat } from "./descriptor.ts";
import { POLLIN, S_IFIFO } from "./uapi.ts";
import { Writer } from "./wire.ts";

/** What a pipe holds, and so the most that one read(2) gives (pipe(7)). */
const PIPE_SIZE = 65536;

const PIPE: FileStat = { mode: S_IFIFO | 0o600, device: 13, inode: 1, size: 0, mtime: 0 };

/** The reading end of a pipe whose writer has written everything and gone. */
export class PipeReader extends Descriptor {
  #rest: Uint8Array;

  constructor(bytes: Uint8Array) {
    super();
    this.#rest = bytes;
  }

  override stat(): FileStat {
    return PIPE;
  }

  override read(buffer: Uint8Array): number {
    const part = this.#rest.subarray(0, Math.min(buffer.length, PIPE_SIZE));
    buffer.set(part);
    this.#rest = this.#rest.subarray(part.length);
    return part.length;
  }
}

/** What comes out of a send in the background, when it has ended. */
export class SendResult extends PipeReader {
  isDone = false;

  constructor(result: number) {
    super(new Writer().u32(result).take());
  }

  override get events(): number {
    return this.isDone ? POLLIN : 0;
  }
}

/** The writing end of a pipe that somebody reads at once. */
export class PipeWriter extends Descriptor {
  readonly #parts: Uint8Array[] = [];

  /** Everything that was written. */
  get bytes(): Uint8Array {
    const whole = new Uint8Array(this.#parts.reduce((length, part) => length + part.length, 0));
    let offset = 0;
    for (const part of this.#parts) {
      whole.set(part, offset);
      offset += part.length;
    }
    return whole;
  }

  get text(): string {
    return new TextDecoder().decode(this.bytes);
  }

  override stat(): FileStat {
    return PIPE;
  }

  override write(bytes: Uint8Array): number {
    const part = bytes.slice(0, PIPE_SIZE);
    this.#parts.push(part);
    return part.length;
  }
}
