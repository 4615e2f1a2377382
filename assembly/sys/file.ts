import * as host from "./host";
import { EAGAIN, EINTR, ETIMEDOUT } from "../linux/errno";
import {
  O_CLOEXEC,
  O_CREAT,
  O_EXCL,
  O_NONBLOCK,
  O_RDONLY,
  O_TRUNC,
  O_WRONLY,
} from "../linux/fcntl";
import { LOCK_EX, LOCK_NB } from "../linux/file";
import { monotonicMs, sleepMs } from "./clock";
import { close, openRead, readAll, ReadResult, writeText } from "./io";

/** The first wait for a lock that is held, and the longest between two tries, in milliseconds. */
const LOCK_WAIT_FIRST: i32 = 1;
const LOCK_WAIT_MOST: i32 = 16;

/** Reads a whole file of at most `limit` bytes. */
export function readFile(path: string, limit: i32): ReadResult {
  const fd = openRead(path);
  if (fd < 0) return new ReadResult(new Uint8Array(0), -fd);
  const result = readAll(fd, limit);
  close(fd);
  return result;
}

/**
 * Reads a file, or the beginning of it, as much as fits, without allocating: for a caller that
 * reads thousands. One read may give less than there is, so that only its end is the end.
 *
 * @param path and `pathLength`: UTF-8 bytes.
 * @returns the number of bytes read, or -errno.
 */
export function readInto(path: usize, pathLength: i32, buffer: ArrayBuffer): i32 {
  const flags = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
  let fd = -EINTR;
  while (fd == -EINTR) fd = host.open(path, pathLength, flags, 0);
  if (fd < 0) return fd;
  let length = 0;
  let count = -EINTR;
  while (count == -EINTR || count > 0) {
    count = host.read(fd, changetype<usize>(buffer) + length, buffer.byteLength - length);
    if (count > 0) length += count;
  }
  close(fd);
  return count < 0 ? count : length;
}

/** Writes a file that does not exist yet. Returns 0 or -errno: EEXIST if it does. */
export function createFile(path: string, text: string, mode: i32): i32 {
  return write(path, text, O_EXCL, mode);
}

/** Writes a file, in place of what was in it. Returns 0 or -errno. */
export function writeFile(path: string, text: string, mode: i32): i32 {
  return write(path, text, O_TRUNC, mode);
}

/**
 * Writes over the beginning of a file, which is made if it is missing. Where that is as before, it
 * is there all the time. Returns 0 or -errno.
 */
export function overwriteFile(path: string, text: string, mode: i32): i32 {
  return write(path, text, 0, mode);
}

function write(path: string, text: string, flag: i32, mode: i32): i32 {
  const name = String.UTF8.encode(path);
  const flags = O_WRONLY | O_CREAT | O_CLOEXEC | flag;
  const fd = host.open(changetype<usize>(name), name.byteLength, flags, mode);
  if (fd < 0) return fd;
  const written = writeText(fd, text);
  close(fd);
  if (written < 0 && flag == O_EXCL) removeFile(path);
  return written;
}

/** unlink(2). Returns 0 or -errno. */
export function removeFile(path: string): i32 {
  const name = String.UTF8.encode(path);
  return host.unlink(changetype<usize>(name), name.byteLength);
}

/** link(2): a second name for a file, if nothing has that name. Returns 0 or -errno. */
export function linkFile(path: string, second: string): i32 {
  const from = String.UTF8.encode(path);
  const to = String.UTF8.encode(second);
  return host.link(changetype<usize>(from), from.byteLength, changetype<usize>(to), to.byteLength);
}

/** symlink(2): a name that stands for a text, if nothing has that name. Returns 0 or -errno. */
export function writeSymlink(text: string, path: string): i32 {
  const from = String.UTF8.encode(text);
  const to = String.UTF8.encode(path);
  return host.symlink(
    changetype<usize>(from),
    from.byteLength,
    changetype<usize>(to),
    to.byteLength,
  );
}

/** A symbolic link holds no more (PATH_MAX, linux/limits.h); one buffer serves for all of them. */
const SYMLINK_MAX: i32 = 4095;
const symlinkText: ArrayBuffer = new ArrayBuffer(SYMLINK_MAX);

/** readlink(2): the text of a symbolic link, or the empty string. */
export function readSymlink(path: string): string {
  const name = String.UTF8.encode(path);
  const text = changetype<usize>(symlinkText);
  const length = host.readlink(changetype<usize>(name), name.byteLength, text, SYMLINK_MAX);
  return length > 0 ? String.UTF8.decodeUnsafe(text, length) : "";
}

/**
 * Takes the lock of a file (flock(2), exclusive), which is created if it is missing. Closing the
 * descriptor gives it back, and so does the end of the process.
 *
 * @param timeout milliseconds.
 * @returns a descriptor, or -errno: ETIMEDOUT if another process held it all the time.
 */
export function lockFile(path: string, mode: i32, timeout: i32): i32 {
  const name = String.UTF8.encode(path);
  const flags = O_RDONLY | O_CREAT | O_CLOEXEC;
  const fd = host.open(changetype<usize>(name), name.byteLength, flags, mode);
  if (fd < 0) return fd;
  const deadline = monotonicMs() + timeout;
  let wait = LOCK_WAIT_FIRST;
  while (true) {
    const locked = host.flock(fd, LOCK_EX | LOCK_NB);
    if (locked == 0) return fd;
    const isHeld = locked == -EAGAIN || locked == -EINTR;
    if (!isHeld || monotonicMs() >= deadline) {
      close(fd);
      return isHeld ? -ETIMEDOUT : locked;
    }
    sleepMs(wait);
    wait = min(2 * wait, LOCK_WAIT_MOST);
  }
}
