import fs from "node:fs";
import { EBADF, EINVAL } from "../assembly/linux/errno.ts";
import { O_CLOEXEC } from "../assembly/linux/fcntl.ts";
import { SOCK_CLOEXEC } from "../assembly/linux/socket.ts";
import { CLOCK_MONOTONIC } from "../assembly/linux/time.ts";
import type { System } from "./imports.ts";
import { libc } from "./linux/libc.ts";
import { spawn } from "./linux/spawn.ts";
import { statx } from "./linux/statx.ts";

const POLLFD_SIZE = 8;
const PERMISSIONS = 0o7777;
const NANOSECONDS = 1_000_000_000n;

/**
 * The kernel this process runs on (little-endian Linux). Files go through node:fs; the calls that
 * node does not have go through the C library, which is loaded for the first of them.
 */
export const linux: System = {
  // node adds O_CLOEXEC
  open: (path, flags, mode) => errnoOf(() => fs.openSync(path, flags, mode & PERMISSIONS)),
  read: (fd, buffer) => onFile(fd, () => fs.readSync(fd, buffer)),
  write: (fd, buffer) => onFile(fd, () => fs.writeSync(fd, buffer)),
  close: (fd) =>
    onFile(fd, () => {
      fs.closeSync(fd);
      return 0;
    }),
  statx: (dirfd, path, flags, mask, buffer) =>
    errnoOf(() => statx(dirfd, path, flags, mask, buffer)),
  setns: (fd, nstype) => libc("setns", fd, nstype),
  socket: (domain, type, protocol) => libc("socket", domain, type | SOCK_CLOEXEC, protocol),
  bind: (fd, address) => libc("bind", fd, address, address.length),
  setsockopt: (fd, level, name, value) => libc("setsockopt", fd, level, name, value, value.length),
  send: (fd, buffer, flags) => libc("send", fd, buffer, buffer.length, flags),
  start_send,
  recvfrom: (fd, buffer, flags, address, addressLength) =>
    libc("recvfrom", fd, buffer, buffer.length, flags, address, addressLength),
  poll: (fds, timeout) => libc("poll", fds, fds.length / POLLFD_SIZE, timeout),
  mkdir: (path, mode) => done(() => fs.mkdirSync(path, mode & PERMISSIONS)),
  unlink: (path) => done(() => fs.unlinkSync(path)),
  link: (path, second) => done(() => fs.linkSync(path, second)),
  symlink: (text, path) => done(() => fs.symlinkSync(text, path)),
  readlink: (path, buffer) =>
    buffer.length === 0 ? -EINVAL : errnoOf(() => fs.readlinkSync(path, "buffer").copy(buffer)),
  flock: (fd, operation) => libc("flock", fd, operation),
  getdents64: (fd, buffer) => libc("getdents64", fd, buffer, buffer.length),
  clock_gettime,
  getenv: (name) =>
    Object.hasOwn(process.env, name) ? Buffer.from(process.env[name] ?? "") : undefined,
  // node makes the path absolute and does not follow the links in it
  program_invocation_name: () => Buffer.from(process.argv[1] ?? ""),
  spawn,
};

/** Not in the background: a process with threads, as node is, cannot fork(2), and ends with all. */
function start_send(fd: number, buffer: Uint8Array, flags: number): number {
  const ends = new Int32Array(2);
  const error = libc("pipe2", ends, O_CLOEXEC);
  if (error < 0) return error;
  const [reading, writing] = ends as unknown as [number, number];
  const result = Buffer.alloc(4);
  result.writeInt32LE(libc("send", fd, buffer, buffer.length, flags));
  fs.writeSync(writing, result);
  fs.closeSync(writing);
  return reading;
}

function clock_gettime(clock: number, timespec: Uint8Array): number {
  if (clock !== CLOCK_MONOTONIC) return -EINVAL;
  const now = process.hrtime.bigint();
  const view = new DataView(timespec.buffer, timespec.byteOffset, timespec.length);
  view.setBigInt64(0, now / NANOSECONDS, true);
  view.setBigInt64(8, now % NANOSECONDS, true);
  return 0;
}

/** As `errnoOf`, for a call that has nothing to say but that it succeeded. */
function done(call: () => void): number {
  return errnoOf(() => {
    call();
    return 0;
  });
}

/** As `errnoOf`; node has an error of its own for a negative descriptor. */
function onFile(fd: number, call: () => number): number {
  return fd < 0 ? -EBADF : errnoOf(call);
}

/** What `call` returns, or the -errno of the system call that it failed with. */
function errnoOf(call: () => number): number {
  try {
    return call();
  } catch (error) {
    if (error instanceof Error && "errno" in error && typeof error.errno === "number") {
      return error.errno;
    }
    throw error;
  }
}
