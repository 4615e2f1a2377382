import type { BigIntStats } from "node:fs";
import fs from "node:fs";
import { EBADF, EINVAL, ENOENT } from "../../assembly/linux/errno.ts";
import { AT_EMPTY_PATH, AT_FDCWD } from "../../assembly/linux/fcntl.ts";

// linux/fcntl.h
const AT_SYMLINK_NOFOLLOW = 0x100;
const AT_NO_AUTOMOUNT = 0x800;
const AT_STATX_SYNC_TYPE = 0x6000;
const AT_FLAGS = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE;

// linux/stat.h
const STATX_BASIC_STATS = 0x7ff;
const STATX__RESERVED = 0x80000000;
const SIZEOF_STATX = 256;

const NANOSECONDS = 1_000_000_000n;

/**
 * statx(2) by the stat calls of node:fs, so with the fields of struct stat alone.
 *
 * @param buffer receives as much of a struct statx (linux/stat.h, little-endian) as fits.
 * @returns 0 or -errno; a failed stat call throws the error of node:fs.
 */
export function statx(
  dirfd: number,
  path: string,
  flags: number,
  mask: number,
  buffer: Uint8Array,
): number {
  if (flags & ~AT_FLAGS || mask >= STATX__RESERVED) return -EINVAL;
  const found = stat(dirfd, path, flags);
  if (typeof found === "number") return found;
  buffer.set(encode(found).subarray(0, buffer.length));
  return 0;
}

function stat(dirfd: number, path: string, flags: number): BigIntStats | number {
  const options = { bigint: true } as const;
  if (path === "") {
    if (!(flags & AT_EMPTY_PATH)) return -ENOENT;
    if (dirfd === AT_FDCWD) return fs.statSync(".", options);
    return dirfd < 0 ? -EBADF : fs.fstatSync(dirfd, options);
  }
  let file = path;
  if (dirfd !== AT_FDCWD && !path.startsWith("/")) {
    if (dirfd < 0) return -EBADF;
    fs.fstatSync(dirfd);
    file = `/proc/self/fd/${dirfd}/${path}`;
  }
  return flags & AT_SYMLINK_NOFOLLOW ? fs.lstatSync(file, options) : fs.statSync(file, options);
}

function encode(stat: BigIntStats): Uint8Array {
  const bytes = new Uint8Array(SIZEOF_STATX);
  const view = new DataView(bytes.buffer);
  const u32 = (offset: number, value: bigint) => view.setUint32(offset, Number(value), true);
  const u64 = (offset: number, value: bigint) => view.setBigUint64(offset, value, true);
  view.setUint32(0x00, STATX_BASIC_STATS, true);
  u32(0x04, stat.blksize);
  u32(0x10, stat.nlink);
  u32(0x14, stat.uid);
  u32(0x18, stat.gid);
  view.setUint16(0x1c, Number(stat.mode), true);
  u64(0x20, stat.ino);
  u64(0x28, stat.size);
  u64(0x30, stat.blocks);
  timestamp(view, 0x40, stat.atimeNs);
  timestamp(view, 0x60, stat.ctimeNs);
  timestamp(view, 0x70, stat.mtimeNs);
  u32(0x80, major(stat.rdev));
  u32(0x84, minor(stat.rdev));
  u32(0x88, major(stat.dev));
  u32(0x8c, minor(stat.dev));
  return bytes;
}

/** struct statx_timestamp: i64 seconds, rounded down, and u32 nanoseconds. */
function timestamp(view: DataView, offset: number, nanoseconds: bigint): void {
  const rest = ((nanoseconds % NANOSECONDS) + NANOSECONDS) % NANOSECONDS;
  view.setBigInt64(offset, (nanoseconds - rest) / NANOSECONDS, true);
  view.setUint32(offset + 8, Number(rest), true);
}

/** The C library's dev_t (makedev(3)): the two numbers in interleaved halves. */
function major(device: bigint): bigint {
  return ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n);
}

function minor(device: bigint): bigint {
  return (device & 0xffn) | ((device >> 12n) & 0xffffff00n);
}
