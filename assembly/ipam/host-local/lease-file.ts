import { allocate } from "../../sys/io";
import { EAGAIN, EISDIR, ELOOP, ENOENT, ENXIO } from "../../linux/errno";
import { readInto } from "../../sys/file";

/** What is as long as that, in bytes, is no lease. */
export const CONTENT_MAX: i32 = 64 * 1024;

/**
 * Reads lease files, one after the other, into one buffer: there may be tens of thousands, so that
 * nothing is allocated for a file unless somebody asks for its text.
 */
export class LeaseFile {
  private buffer: ArrayBuffer = allocate(CONTENT_MAX);
  /** 0, or the positive error number for which nobody knows what the file holds. */
  errno: i32 = 0;
  private start: i32 = 0;
  private end: i32 = 0;

  /** Reads the file whose path is `length` bytes at `path`. What is no file reads as empty. */
  read(path: usize, length: i32): void {
    const count = readInto(path, length, this.buffer);
    this.errno = count < 0 && !isNoFile(-count) ? -count : 0;
    this.start = 0;
    this.end = count == CONTENT_MAX ? 0 : max(count, 0);
    while (this.start < this.end && this.isSpaceAt(this.start)) this.start++;
    while (this.start < this.end && this.isSpaceAt(this.end - 1)) this.end--;
  }

  /** The content without space around it. */
  get content(): string {
    const start = changetype<usize>(this.buffer) + this.start;
    return String.UTF8.decodeUnsafe(start, this.end - this.start);
  }

  /** True if the content without space around it is `bytes`. */
  holds(bytes: ArrayBuffer): bool {
    if (this.end - this.start != bytes.byteLength) return false;
    const start = changetype<usize>(this.buffer) + this.start;
    return memory.compare(start, changetype<usize>(bytes), bytes.byteLength) == 0;
  }

  private isSpaceAt(index: i32): bool {
    return load<u8>(changetype<usize>(this.buffer) + index) <= 0x20;
  }
}

/** There is nothing, or something that is no lease: a directory, a socket, a link to nowhere. */
function isNoFile(errno: i32): bool {
  return errno == ENOENT || errno == EISDIR || errno == ENXIO || errno == ELOOP || errno == EAGAIN;
}
