import type { SpawnResult, System } from "../imports.ts";

/** Bytes: as text where they are UTF-8, so that people can read and blacken them. */
export type Bytes = { readonly text: string } | { readonly base64: string };

/** An argument: a number or text as it is, bytes that go in, or the room for some that come out. */
export type Argument = number | string | Bytes | { readonly room: number };

export type Result =
  | number
  | Bytes
  | null
  | { readonly status: number; readonly output: Bytes; readonly log: Bytes };

/** The line of a call in a saved trace. */
export interface Entry {
  readonly pid: number;
  readonly call: keyof System;
  readonly args: readonly Argument[];
  /** What was written into the arguments that bytes come out of, one for each. */
  readonly out?: readonly Bytes[];
  readonly result: Result;
  /** How long it took. */
  readonly us: number;
}

/** The first line of each process. */
export interface Start {
  readonly pid: number;
  /** The version of this format. */
  readonly trace: 1;
  /** ISO 8601. */
  readonly time: string;
}

/**
 * Which arguments of each call bytes come out of, one letter for each argument: `o` for room whose
 * bytes before do not matter, `b` for bytes that go in and out.
 */
export const SHAPES: Readonly<Record<keyof System, string>> = {
  open: "---",
  read: "-o",
  write: "--",
  close: "-",
  statx: "----o",
  setns: "--",
  socket: "---",
  bind: "--",
  setsockopt: "----",
  send: "---",
  start_send: "---",
  recvfrom: "-o-ob",
  poll: "b-",
  mkdir: "--",
  unlink: "-",
  link: "--",
  symlink: "--",
  readlink: "-o",
  flock: "--",
  getdents64: "-o",
  clock_gettime: "-o",
  getenv: "-",
  program_invocation_name: "",
  spawn: "-----",
};

/** Calls whose result says how many bytes there are in their buffer, argument 1. */
const COUNTING: readonly string[] = ["read", "recvfrom", "readlink", "getdents64"];
const UTF8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

export function bytesOf(bytes: Uint8Array): Bytes {
  try {
    return { text: UTF8.decode(bytes) };
  } catch {
    return { base64: Buffer.from(bytes).toString("base64") };
  }
}

export function fromBytes(bytes: Bytes): Uint8Array {
  return "text" in bytes ? Buffer.from(bytes.text) : Buffer.from(bytes.base64, "base64");
}

export function isBytes(value: Argument): value is Bytes {
  return typeof value === "object" && !("room" in value);
}

/** The arguments of a call before it is made. */
export function argumentsOf(call: keyof System, args: readonly unknown[]): Argument[] {
  return args.map((value, i) => {
    if (!(value instanceof Uint8Array)) return value as number | string;
    return SHAPES[call][i] === "o" ? { room: value.length } : bytesOf(value);
  });
}

/** What a call has written into its arguments. */
export function outputsOf(
  call: keyof System,
  args: readonly unknown[],
  result: unknown,
): Bytes[] | undefined {
  const outputs = outputArguments(call, args);
  if (outputs.length === 0 || (typeof result === "number" && result < 0)) return undefined;
  return outputs.map((bytes, i) => {
    const isCounted = i === 0 && COUNTING.includes(call);
    return bytesOf(isCounted ? bytes.subarray(0, result as number) : bytes);
  });
}

/** The arguments that bytes come out of. */
export function outputArguments(call: keyof System, args: readonly unknown[]): Uint8Array[] {
  return args.filter((_, i) => /[ob]/.test(SHAPES[call][i] ?? "")) as Uint8Array[];
}

export function resultOf(value: number | Uint8Array | SpawnResult | undefined): Result {
  if (value === undefined) return null;
  if (typeof value === "number") return value;
  if (value instanceof Uint8Array) return bytesOf(value);
  const { status, output, log } = value;
  return { status, output: bytesOf(output), log: bytesOf(log) };
}
