import * as host from "./host";
import { EAGAIN, EFBIG, EINTR, EIO } from "../linux/errno";
import { O_CLOEXEC, O_NONBLOCK, O_RDONLY, O_WRONLY } from "../linux/fcntl";
import { basename, programPath } from "./env";
import { POLLIN, POLLOUT } from "../linux/poll";

export const STDIN: i32 = 0;
export const STDOUT: i32 = 1;
export const STDERR: i32 = 2;

/** How much is asked for at first, in bytes: a usual configuration. */
const CHUNK: i32 = 4 * 1024;

/** What was read, or why not: `errno` is 0 or a positive error number. */
export class ReadResult {
  constructor(
    public bytes: Uint8Array,
    public errno: i32,
  ) {}
}

/**
 * Opens a file for reading. Returns a file descriptor or -errno (open(2)). A named pipe does not
 * make it wait for a writer.
 */
export function openRead(path: string): i32 {
  const name = String.UTF8.encode(path);
  return host.open(changetype<usize>(name), name.byteLength, O_RDONLY | O_NONBLOCK | O_CLOEXEC, 0);
}

/**
 * Opens an existing file for writing, without truncating it. Returns a file descriptor or -errno.
 */
export function openWrite(path: string): i32 {
  const name = String.UTF8.encode(path);
  return host.open(changetype<usize>(name), name.byteLength, O_WRONLY | O_CLOEXEC, 0);
}

export function close(fd: i32): void {
  host.close(fd);
}

/**
 * A buffer that is to be written by the host. Other than `new ArrayBuffer` it is not cleared: that
 * would make the kernel provide every page of it, where a few bytes of it are used.
 */
export function allocate(length: i32): ArrayBuffer {
  return changetype<ArrayBuffer>(__new(length, idof<ArrayBuffer>()));
}

/**
 * Reads a descriptor to its end.
 *
 * @param limit the most that is accepted, in bytes; one more byte is EFBIG.
 */
export function readAll(fd: i32, limit: i32): ReadResult {
  let buffer = allocate(CHUNK);
  let length = 0;
  while (true) {
    if (length == buffer.byteLength) buffer = grow(buffer, min(2 * length, limit + 1));
    const count = host.read(fd, changetype<usize>(buffer) + length, buffer.byteLength - length);
    if (isRetried(count, fd, POLLIN)) continue;
    if (count < 0) return new ReadResult(new Uint8Array(0), -count);
    if (count == 0) return new ReadResult(Uint8Array.wrap(buffer, 0, length), 0);
    length += count;
    if (length > limit) return new ReadResult(new Uint8Array(0), EFBIG);
  }
}

function grow(buffer: ArrayBuffer, size: i32): ArrayBuffer {
  const larger = allocate(size);
  memory.copy(changetype<usize>(larger), changetype<usize>(buffer), buffer.byteLength);
  return larger;
}

/**
 * True if the call is to be made again: at once, or now that a non-blocking pipe is ready for it.
 */
function isRetried(result: i32, fd: i32, events: i32): bool {
  return result == -EINTR || (result == -EAGAIN && waitFor(fd, events, -1) > 0);
}

/**
 * poll(2) of one descriptor.
 *
 * @param events POLLIN or POLLOUT.
 * @param timeout milliseconds, or -1.
 * @returns 1 if it is ready, 0 after the timeout, or -errno.
 */
export function waitFor(fd: i32, events: i32, timeout: i32): i32 {
  const pollfd = changetype<usize>(new ArrayBuffer(8));
  store<i32>(pollfd, fd);
  store<u16>(pollfd + 4, <u16>events);
  return host.poll(pollfd, 1, timeout);
}

/** Writes all bytes. Returns 0 or -errno (write(2)). */
export function writeAll(fd: i32, bytes: ArrayBuffer): i32 {
  let done = 0;
  while (done < bytes.byteLength) {
    const count = host.write(fd, changetype<usize>(bytes) + done, bytes.byteLength - done);
    if (isRetried(count, fd, POLLOUT)) continue;
    if (count < 0) return count;
    if (count == 0) return -EIO;
    done += count;
  }
  return 0;
}

/** Writes a text as UTF-8. Returns 0 or -errno. */
export function writeText(fd: i32, text: string): i32 {
  return writeAll(fd, String.UTF8.encode(text, false, String.UTF8.ErrorMode.REPLACE));
}

/** A line for the person who reads the runtime's log. Nothing depends on whether it arrives. */
export function log(line: string): void {
  writeText(STDERR, `${basename(programPath())}: ${line}\n`);
}
