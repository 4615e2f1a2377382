import type { Failure, Fault, FaultyCall } from "../../host/sim/index.ts";
import * as E from "../../host/sim/uapi.ts";

const { EIO, EINTR, EAGAIN, EACCES, EPERM, ENOENT, EINVAL, ENOBUFS } = E;
const ENOMEM = 12;
const EMFILE = 24;
const ETXTBSY = 26;
const ENOSPC = 28;
const EROFS = 30;
const EPIPE = 32;
const ENOLCK = 37;

/** How each call can plausibly go wrong. */
export const FAILURES: Readonly<Record<FaultyCall, readonly Failure[]>> = {
  open: [ENOENT, EACCES, EMFILE, ENOSPC, EIO, EINTR],
  read: [EIO, EINTR, EAGAIN, "short"],
  write: [EIO, EINTR, EAGAIN, EPIPE, ENOSPC, "short"],
  close: [EIO, EINTR],
  statx: [ENOENT, EACCES, EIO],
  mkdir: [EACCES, ENOSPC, EROFS],
  unlink: [EACCES, EIO],
  link: [ENOSPC, EPERM, EIO],
  symlink: [ENOSPC, EIO],
  readlink: [EACCES, EIO],
  flock: [ENOLCK, EIO, EINTR, EAGAIN],
  getdents64: [EIO, "short"],
  setns: [EPERM, EINVAL, ENOMEM],
  socket: [EMFILE, ENOBUFS, EPERM, E.EAFNOSUPPORT],
  bind: [E.EADDRINUSE, ENOMEM],
  setsockopt: [E.ENOPROTOOPT, ENOBUFS],
  send: [ENOBUFS, EINTR, EPERM, EAGAIN],
  start_send: [EMFILE, ENOMEM, E.EBADF],
  recvfrom: [ENOBUFS, EINTR, EAGAIN, "lost", "truncated", "cut", "interrupted"],
  poll: [EINTR, ENOMEM],
  clock_gettime: [EINVAL],
  spawn: [EACCES, ENOENT, ENOMEM, EAGAIN, ETXTBSY, "killed"],
};

export type Kind = Omit<Fault, "nth">;

/**
 * Each once and for ever. A call that is only ever interrupted, or never ready although poll(2)
 * says so, is one of no system.
 */
export const KINDS: readonly Kind[] = Object.entries(FAILURES).flatMap(([name, failures]) => {
  const call = name as FaultyCall;
  const lasting = failures.filter(
    (failure) =>
      failure !== EINTR && !(failure === EAGAIN && (call === "read" || call === "write")),
  );
  return [
    ...failures.map((failure) => ({ call, failure, forever: false })),
    ...lasting.map((failure) => ({ call, failure, forever: true })),
  ];
});

/** Nobody may notice these. */
export function isHarmless({ call, failure, forever }: Kind): boolean {
  if (failure === "short" || call === "close") return true;
  if (failure === "interrupted") return !forever;
  return failure === EINTR && call !== "open";
}

export function nameOf({ call, failure, forever }: Kind): string {
  return `${call} ${failure}${forever ? " for ever" : ""}`;
}

/**
 * They say that something is not there, or is something else: the namespace, which then took the
 * interface with it, the directory of the leases, a lease, which would be a pipe. Who is told so
 * has to believe it; only what follows is judged.
 */
export function isDenial({ call, failure }: Kind): boolean {
  if (call === "statx" || call === "open") return failure === ENOENT;
  return call === "setns" ? failure === EINVAL : call === "read" && failure === EAGAIN;
}

const WORDS = { ...E, ENOMEM, EMFILE, ETXTBSY, ENOSPC, EROFS, EPIPE, ENOLCK };

/** `EIO` for 5. */
export function wordOf(errno: number): string {
  const entry = Object.entries(WORDS).find(([name, number]) => /^E/.test(name) && number === errno);
  return entry?.[0] ?? `${errno}`;
}
