import { DirectoryReader } from "../../sys/directory";
import { readInto } from "../../sys/file";

/** A container id may be long, but no lease is longer than this, in bytes. */
const CONTENT_MAX: i32 = 4096;

/** NAME_MAX of linux/limits.h, bytes. */
const NAME_MAX: i32 = 255;

/**
 * Opens the files of a network's directory one after the other. There may be tens of thousands, so
 * that nothing is allocated for a file unless somebody asks for its text.
 */
export class LeaseScan {
  private files: DirectoryReader;
  private path: Uint8Array;
  private prefix: i32;
  private buffer: ArrayBuffer = new ArrayBuffer(CONTENT_MAX);
  private start: i32 = 0;
  private end: i32 = 0;

  constructor(directory: string) {
    this.files = new DirectoryReader(directory);
    const prefix = Uint8Array.wrap(String.UTF8.encode(directory + "/"));
    this.prefix = prefix.length;
    this.path = new Uint8Array(prefix.length + NAME_MAX);
    this.path.set<Uint8Array>(prefix);
  }

  /** 0, or the positive error number for which the directory was not read to its end. */
  get errno(): i32 {
    return this.files.errno;
  }

  /** Goes to the next file whose name begins like an address. */
  next(): bool {
    while (this.files.next()) {
      if (isLikeAddress(load<u8>(this.files.nameStart)) && this.read()) return true;
    }
    this.files.close();
    return false;
  }

  get name(): string {
    return this.files.name;
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

  private read(): bool {
    const length = min(this.files.nameLength, NAME_MAX);
    memory.copy(this.path.dataStart + this.prefix, this.files.nameStart, length);
    const count = readInto(this.path.dataStart, this.prefix + length, this.buffer);
    this.start = 0;
    this.end = max(count, 0);
    while (this.start < this.end && this.isSpaceAt(this.start)) this.start++;
    while (this.start < this.end && this.isSpaceAt(this.end - 1)) this.end--;
    return count >= 0;
  }

  private isSpaceAt(index: i32): bool {
    return load<u8>(changetype<usize>(this.buffer) + index) <= 0x20;
  }
}

/** A digit, a to f, or a colon; not `lock`, `last_reserved_ip.0`, or a hidden file. */
function isLikeAddress(byte: u8): bool {
  return (byte >= 0x30 && byte <= 0x3a) || (byte >= 0x61 && byte <= 0x66);
}
