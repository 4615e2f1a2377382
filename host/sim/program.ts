import type { Netns } from "./netns.ts";

/** How a program was started. */
export interface Invocation {
  /** The path it was started by. */
  readonly path: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: Uint8Array;
  /** The namespace it runs in. */
  readonly netns: Netns;
}

/** How a program ended. */
export interface Exit {
  /** Exit status, 0 where it is left out. */
  readonly status?: number;
  /** The signal that killed it, instead of a status. */
  readonly signal?: number;
  readonly stdout?: string | Uint8Array;
  readonly stderr?: string;
}

/** A program of the simulated machine: a function instead of an executable. */
export type Program = (invocation: Invocation) => Exit;

/** The wait status of wait(2). */
export function waitStatus(exit: Exit): number {
  return exit.signal ?? (exit.status ?? 0) << 8;
}
