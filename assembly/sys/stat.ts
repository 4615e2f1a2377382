import * as host from "./host";
import { AT_FDCWD } from "../linux/fcntl";
import { S_IFMT, S_IFREG, STATX_INO, STATX_MTIME, STATX_TYPE } from "../linux/stat";

// struct statx (linux/stat.h), the fields that are read:
//
//   0  u32 stx_mask        28 u16 stx_mode        32 u64 stx_ino
//   112 i64 stx_mtime.tv_sec    120 u32 stx_mtime.tv_nsec
//   136 u32 stx_dev_major  140 u32 stx_dev_minor  256 bytes in all
const SIZE: i32 = 256;
const MODE: usize = 28;
const INO: usize = 32;
const MTIME: usize = 112;
const DEV: usize = 136;

/** Which file a path stands for: its device and inode, and its type. */
export class FileId {
  errno: i32 = 0;
  isRegular: bool = false;
  inode: u64 = 0;
  device: u64 = 0;

  /** True if both exist and are one and the same file. */
  equals(other: FileId): bool {
    return (
      this.errno == 0 &&
      other.errno == 0 &&
      this.inode == other.inode &&
      this.device == other.device
    );
  }
}

/** statx(2) of a path, symbolic links followed. */
export function statPath(path: string): FileId {
  const buffer = changetype<usize>(new ArrayBuffer(SIZE));
  const id = new FileId();
  id.errno = -statx(path, STATX_TYPE | STATX_INO, buffer);
  if (id.errno != 0) return id;
  id.isRegular = (<i32>load<u16>(buffer + MODE) & S_IFMT) == S_IFREG;
  id.inode = load<u64>(buffer + INO);
  id.device = load<u64>(buffer + DEV);
  return id;
}

/** When a file was last changed, as a text to compare; the empty string if it cannot be told. */
export function mtimeOf(path: string): string {
  const buffer = changetype<usize>(new ArrayBuffer(SIZE));
  if (statx(path, STATX_MTIME, buffer) < 0) return "";
  return `${load<i64>(buffer + MTIME).toString()}.${load<u32>(buffer + MTIME + 8).toString()}`;
}

function statx(path: string, mask: u32, buffer: usize): i32 {
  const name = String.UTF8.encode(path);
  const pointer = changetype<usize>(name);
  return host.statx(AT_FDCWD, pointer, name.byteLength, 0, mask, buffer, SIZE);
}
