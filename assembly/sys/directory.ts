import * as host from "./host";
import { EEXIST, ENOENT } from "../linux/errno";
import { allocate, close, openRead } from "./io";

/** Entries are asked for so many bytes at a time. */
const BUFFER: i32 = 32 * 1024;

// struct linux_dirent64 (getdents64(2)): u64 inode, i64 offset, u16 length, u8 type, then the name
// up to a NUL byte.
const LENGTH: usize = 16;
const NAME: usize = 19;

/** Creates a directory and those above it that are missing (mkdir -p). Returns 0 or -errno. */
export function makeDirectories(path: string, mode: i32): i32 {
  const made = makeDirectory(path, mode);
  if (made != -ENOENT) return made == -EEXIST ? 0 : made;
  const slash = path.lastIndexOf("/");
  if (slash <= 0) return made;
  const above = makeDirectories(path.substring(0, slash), mode);
  if (above < 0) return above;
  const again = makeDirectory(path, mode);
  return again == -EEXIST ? 0 : again;
}

function makeDirectory(path: string, mode: i32): i32 {
  const name = String.UTF8.encode(path);
  return host.mkdir(changetype<usize>(name), name.byteLength, mode);
}

/** Walks over the names in a directory. */
export class DirectoryReader {
  /** 0, or the positive error number for which the listing is not complete. */
  errno: i32 = 0;
  /** Where the bytes of the current name are, and how many. */
  nameStart: usize = 0;
  nameLength: i32 = 0;
  private fd: i32;
  private buffer: ArrayBuffer = allocate(BUFFER);
  private at: i32 = 0;
  private end: i32 = 0;

  constructor(path: string) {
    this.fd = openRead(path);
    if (this.fd < 0) this.errno = -this.fd;
  }

  /** Goes to the next name, "." and ".." left out; false at the end, and after an error. */
  next(): bool {
    do {
      if (!this.step()) return false;
    } while (this.isDot);
    return true;
  }

  get name(): string {
    return String.UTF8.decodeUnsafe(this.nameStart, this.nameLength);
  }

  close(): void {
    if (this.fd >= 0) close(this.fd);
    this.fd = -1;
  }

  private step(): bool {
    if (this.errno != 0) return false;
    const buffer = changetype<usize>(this.buffer);
    if (this.at >= this.end) {
      this.end = host.getdents64(this.fd, buffer, BUFFER);
      this.at = 0;
      if (this.end < 0) this.errno = -this.end;
      if (this.end <= 0) return false;
    }
    const entry = buffer + this.at;
    const length: i32 = this.at + <i32>NAME < this.end ? load<u16>(entry + LENGTH) : 0;
    const room = this.end - this.at;
    // An entry is never shorter than its header, or longer than what is left: else it is none.
    const isWhole = length > <i32>NAME && length <= room;
    this.nameStart = entry + NAME;
    this.nameLength = 0;
    const most = isWhole ? length - <i32>NAME : 0;
    while (this.nameLength < most && load<u8>(this.nameStart + this.nameLength) != 0) {
      this.nameLength++;
    }
    this.at = isWhole ? this.at + length : this.end;
    return true;
  }

  private get isDot(): bool {
    if (this.nameLength == 0) return true;
    if (this.nameLength > 2 || load<u8>(this.nameStart) != 0x2e) return false;
    return this.nameLength == 1 || load<u8>(this.nameStart + 1) == 0x2e;
  }
}
