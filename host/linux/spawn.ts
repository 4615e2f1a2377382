import fs from "node:fs";
import { E2BIG } from "../../assembly/linux/errno.ts";
import { O_CLOEXEC } from "../../assembly/linux/fcntl.ts";
import { POLLIN } from "../../assembly/linux/poll.ts";
import type { SpawnResult } from "../imports.ts";
import { libc } from "./libc.ts";
import { reap, start, WNOHANG } from "./process.ts";
import { Input, Log, Output, type Stream } from "./stream.ts";

const POLLFD_SIZE = 8;
/** How long a child's end can go unseen while a process that outlives it holds its streams open. */
const TICK_MS = 20;

/**
 * Runs a program to its end (`System.spawn`).
 *
 * Not by node:child_process, which takes 6 ms more, returns no wait status, kills for a long log
 * too, passes the log on late, and waits for whatever the program has left running in the
 * background.
 */
export function spawn(
  path: string,
  command: string,
  input: Uint8Array,
  outputLimit: number,
  logLimit: number,
): SpawnResult {
  const output = new Output(outputLimit);
  const log = new Log(logLimit);
  const status = run(path, command, [new Input(input), output, log], () => output.tooLong);
  return { status: output.tooLong ? -E2BIG : status, output: output.bytes, log: log.bytes };
}

/** @returns the wait status, or -errno of what could not be started. */
function run(
  path: string,
  command: string,
  streams: readonly Stream[],
  isEnough: () => boolean,
): number {
  const ours = new Map<Stream, number>();
  const theirs: number[] = [];
  try {
    for (const stream of streams) {
      const ends = new Int32Array(2);
      const error = libc("pipe2", ends, O_CLOEXEC);
      if (error < 0) return error;
      const [ourEnd, theirEnd] = stream.events === POLLIN ? ends : ends.reverse();
      ours.set(stream, ourEnd as number);
      theirs.push(theirEnd as number);
    }
    const pid = start(path, command, theirs);
    if (pid < 0) return pid;
    for (const fd of theirs.splice(0)) fs.closeSync(fd);
    return converse(pid, ours, isEnough);
  } finally {
    for (const fd of [...theirs, ...ours.values()]) fs.closeSync(fd);
  }
}

/**
 * Moves bytes until all streams have ended, or the child has and nothing is left to move.
 *
 * @param open the streams and our ends of their pipes; those that end are closed and taken out.
 */
function converse(pid: number, open: Map<Stream, number>, isEnough: () => boolean): number {
  let status: number | undefined;
  while (open.size > 0 && !isEnough()) {
    status ??= reap(pid, WNOHANG);
    const ready = poll(open, status === undefined ? TICK_MS : 0);
    if (ready.length === 0 && status !== undefined) return status;
    for (const [stream, fd] of ready) {
      if (stream.move(fd)) continue;
      fs.closeSync(fd);
      open.delete(stream);
    }
  }
  if (status === undefined && isEnough()) process.kill(pid, "SIGKILL");
  return status ?? (reap(pid, 0) as number);
}

/** The streams that are ready (poll(2)); none after `timeout` milliseconds or a signal. */
function poll(open: Map<Stream, number>, timeout: number): [Stream, number][] {
  const entries = [...open];
  const fds = new DataView(new ArrayBuffer(entries.length * POLLFD_SIZE));
  entries.forEach(([stream, fd], i) => {
    fds.setInt32(i * POLLFD_SIZE, fd, true);
    fds.setInt16(i * POLLFD_SIZE + 4, stream.events, true);
  });
  libc("poll", new Uint8Array(fds.buffer), entries.length, timeout);
  return entries.filter((_, i) => fds.getInt16(i * POLLFD_SIZE + 6, true) !== 0);
}
