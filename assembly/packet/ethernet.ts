// Ethernet header (linux/if_ether.h), numbers big-endian, here and in all that follows it:
//
//   0             6        12     14
//   +-------------+--------+------+
//   | destination | source | type |
//   +-------------+--------+------+
export const SOURCE: i32 = 6;
export const PAYLOAD: i32 = 14;
const TYPE: i32 = 12;

/** A frame of `length` bytes with nothing after its header. */
export function newFrame(
  length: i32,
  destination: Uint8Array,
  source: Uint8Array,
  type: i32,
): Uint8Array {
  const frame = new Uint8Array(length);
  put(frame, 0, destination);
  put(frame, SOURCE, source);
  putU16(frame, TYPE, type);
  return frame;
}

/** True for a frame of this type that has room for all up to `length`. */
export function isFrame(frame: Uint8Array, type: i32, length: i32): bool {
  return frame.length >= length && u16At(frame, TYPE) == type;
}

export function put(frame: Uint8Array, at: i32, bytes: Uint8Array): void {
  memory.copy(frame.dataStart + at, bytes.dataStart, bytes.length);
}

export function putU16(frame: Uint8Array, at: i32, value: i32): void {
  store<u16>(frame.dataStart + at, bswap<u16>(<u16>value));
}

/** The callers have looked at the length. */
export function u16At(frame: Uint8Array, at: i32): i32 {
  return bswap<u16>(load<u16>(frame.dataStart + at));
}

/** True if these bytes are at `at`. */
export function holds(frame: Uint8Array, at: i32, bytes: Uint8Array): bool {
  return memory.compare(frame.dataStart + at, bytes.dataStart, bytes.length) == 0;
}
