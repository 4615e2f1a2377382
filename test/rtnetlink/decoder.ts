import { startPure } from "../probe/compile.ts";

interface DecodeProbe {
  placeOf(length: number): number;
  decode(start: number, length: number): number;
}

/** One message as the core's readers see it; what is there depends on the type. */
export interface Decoded {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly error?: number;
  readonly errorText?: string;
  readonly [field: string]: unknown;
}

export interface DecodedDatagram {
  readonly messages: readonly Decoded[];
  /** 1 if the datagram did not end with a message. */
  readonly isBroken: number;
}

const ROOM = 1024 * 1024;
let probe = startPure<DecodeProbe>("decode");

/**
 * Reads a datagram that ends where memory ends: the readers trap if they read past it.
 *
 * @param before what the memory just before the datagram is full of.
 */
export function decode(datagram: Uint8Array, before = 0): DecodedDatagram {
  // The module frees nothing, and must not come near the end of its memory.
  if (probe.memory.buffer.byteLength - probe.__new(0, 0) < ROOM) {
    probe = startPure<DecodeProbe>("decode");
  }
  const start = probe.placeOf(datagram.length);
  const memory = new Uint8Array(probe.memory.buffer);
  memory.fill(before, start - 4096, start);
  memory.set(datagram, start);
  return JSON.parse(probe.__getString(probe.decode(start, datagram.length)));
}
