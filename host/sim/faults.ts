import type { SpawnResult, System } from "../imports.ts";
import { EIO, ENOBUFS, NLM_F_DUMP_INTR, NLM_F_MULTI } from "./uapi.ts";
import { readMessages } from "./wire.ts";

/** The calls that return a number, and so can fail with -errno. */
export type FaultyCall = Exclude<keyof System, "getenv" | "program_invocation_name">;

/**
 * How a call goes wrong. A positive number of errno(3): it is not made (close(2) is). In words: it
 * is made, and then
 *
 *   - `short`: read moves one byte, getdents64 one entry or two, write one half, but never less
 *     than 8 bytes, for nothing so small is ever written by halves, a sysctl least of all;
 *   - `lost`: recvfrom has nothing but ENOBUFS, what waited there is gone;
 *   - `truncated`: recvfrom finds a datagram that is longer than the buffer;
 *   - `cut`: recvfrom finds one that ends in the middle;
 *   - `interrupted`: recvfrom finds a part of a dump that changed while it was made;
 *   - `killed`: spawn has run the program, and nothing of its output is left.
 */
export type Failure = number | keyof typeof MADE;

/** Which call goes wrong, and how. */
export interface Fault {
  readonly call: FaultyCall;
  readonly failure: Failure;
  /** The first that does, counted from 1. */
  readonly nth: number;
  /** True: that one and every one after it. False or left out: that one alone. */
  readonly forever?: boolean;
}

/** A system in which a fault happens, and whether it has. */
export interface FaultySystem {
  readonly system: System;
  readonly fired: () => boolean;
}

/** A program that goes on calling in vain for so long never ends; it is stopped by an exception. */
const PATIENCE = 10_000;
const SIGKILL = 9;
/** Where the flags are in a struct nlmsghdr. */
const NLMSG_FLAGS = 6;
/** The most that one struct linux_dirent64 takes: getdents64 with less is an error of its own. */
const DIRENT_MAX = 280;
const WORD = 8;

/**
 * Wraps a system so that the `nth` call of a name goes wrong.
 *
 * To sweep every call site, raise `nth` until a run in which nothing `fired`.
 */
export function withFault(system: System, fault: Fault): FaultySystem {
  let count = 0;
  let fired = false;
  const wrapped = intercept(system, (name, call, args) => {
    if (name !== fault.call) return call(...args);
    count++;
    const hit = fault.forever ? count >= fault.nth : count === fault.nth;
    if (!hit) return call(...args);
    if (count - fault.nth > PATIENCE) throw new Error(`${name} was called in vain for ever`);
    fired = true;
    // close(2) has closed, whatever it returns
    if (name === "close") call(...args);
    const { failure } = fault;
    return typeof failure === "number" ? refuse(name, failure) : MADE[failure](call, args, name);
  });
  return { system: wrapped, fired: () => fired };
}

/** A process that ends before its end, and whether it has. */
export interface MortalSystem {
  readonly system: System;
  readonly died: () => boolean;
}

/**
 * Wraps a system so that the process ends at its `nth` call of any name: that one is not made, but
 * for a write(2), of which half is, and none after it.
 */
export function withDeath(system: System, nth: number): MortalSystem {
  let calls = 0;
  const wrapped = intercept(system, (name, call, args) => {
    calls++;
    if (calls < nth) return call(...args);
    if (calls > nth) return -EIO;
    if (name === "write") call(args[0], halfOf(args[1] as Uint8Array));
    throw new Error(`died at ${name}`);
  });
  return { system: wrapped, died: () => calls >= nth };
}

type Anything = (...args: unknown[]) => unknown;

/** `system` with `around` in the place of each of its calls. */
function intercept(
  system: System,
  around: (name: string, call: Anything, args: unknown[]) => unknown,
): System {
  return new Proxy(system, {
    get(target, name) {
      const member = Reflect.get(target, name, target);
      if (typeof member !== "function") return member;
      const call = member.bind(target) as Anything;
      return (...args: unknown[]) => around(String(name), call, args);
    },
  });
}

function refuse(name: string, errno: number): number | SpawnResult {
  return name === "spawn" ? ended(-errno) : -errno;
}

function ended(status: number): SpawnResult {
  return { status, output: new Uint8Array(0), log: new Uint8Array(0) };
}

function halfOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(0, bytes.length >> 1);
}

/** What becomes of a call that is made. */
const MADE = {
  short: (call: Anything, [fd, buffer]: unknown[], name: string) =>
    call(fd, shortened(name, buffer as Uint8Array)),
  killed: (call: Anything, args: unknown[]) => {
    call(...args);
    return ended(SIGKILL);
  },
  lost: received((length) => (length < 0 ? length : -ENOBUFS)),
  truncated: received((length, buffer) => (length < 0 ? length : buffer.length + 1)),
  cut: received((length) => (length < 0 ? length : length >> 1)),
  interrupted: received((length, buffer) => {
    if (length > 0) markInterrupted(buffer.subarray(0, length));
    return length;
  }),
};

function shortened(name: string, buffer: Uint8Array): Uint8Array {
  if (name === "write") return buffer.subarray(0, Math.max(WORD, buffer.length >> 1));
  return buffer.subarray(0, name === "getdents64" ? DIRENT_MAX : 1);
}

/** recvfrom(2) with another length. */
function received(change: (length: number, buffer: Uint8Array) => number) {
  return (call: Anything, args: unknown[]): number =>
    change(call(...args) as number, args[1] as Uint8Array);
}

/** NLM_F_DUMP_INTR on every message that is a part of a dump. */
function markInterrupted(datagram: Uint8Array): void {
  const view = new DataView(datagram.buffer, datagram.byteOffset, datagram.length);
  let offset = 0;
  for (const { flags, bytes } of readMessages(datagram)) {
    const marked = (flags & NLM_F_MULTI) === 0 ? flags : flags | NLM_F_DUMP_INTR;
    view.setUint16(offset + NLMSG_FLAGS, marked, true);
    offset += (bytes.length + 3) & ~3;
  }
}
