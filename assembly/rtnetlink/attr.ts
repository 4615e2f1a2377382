import { NLA_F_NESTED, NLA_TYPE_MASK } from "../linux/netlink";

// struct nlattr (linux/netlink.h), padded to 4 bytes:
//
//   0        2        4                    4 + payload
//   +--------+--------+--------------------+---------+
//   | length | type   | payload            | padding |
//   +--------+--------+--------------------+---------+
//
// The length counts the header and the payload, not the padding.
const HEADER: i32 = 4;

/** NLMSG_ALIGN and NLA_ALIGN: up to the next multiple of 4. */
export function align(length: i32): i32 {
  return (length + 3) & ~3;
}

/** Writes fixed headers and attributes, one after the other, into a buffer that grows. */
export class AttrWriter {
  protected buffer: ArrayBuffer = new ArrayBuffer(512);
  protected length: i32 = 0;
  /** True once an attribute was longer than its 16-bit length can say. */
  isBroken: bool = false;

  /** A field of a fixed header. */
  rawU8(value: i32): void {
    store<u8>(this.extend(1), <u8>value);
  }

  rawU16(value: i32): void {
    store<u16>(this.extend(2), <u16>value);
  }

  rawU32(value: u32): void {
    store<u32>(this.extend(4), value);
  }

  u32(type: i32, value: u32): void {
    this.header(type, 4);
    this.rawU32(value);
  }

  u8(type: i32, value: i32): void {
    this.header(type, 1);
    this.rawU32(<u8>value); // with its padding
  }

  u16(type: i32, value: i32): void {
    this.header(type, 2);
    this.rawU16(value);
    this.rawU16(0); // padding
  }

  /** A text with the NUL byte at its end that the kernel expects. */
  text(type: i32, value: string): void {
    const bytes = String.UTF8.encode(value, true);
    this.payload(type, changetype<usize>(bytes), bytes.byteLength);
  }

  bytes(type: i32, value: Uint8Array): void {
    this.payload(type, value.dataStart, value.length);
  }

  /** Begins an attribute that holds attributes. Returns what `nestEnd` needs. */
  nestStart(type: i32): i32 {
    const start = this.length;
    this.header(type | NLA_F_NESTED, 0);
    return start;
  }

  nestEnd(start: i32): void {
    this.closeAt(start);
  }

  /** Begins a header whose first 16 bits are its length: the place is given back to `closeAt`. */
  protected get position(): i32 {
    return this.length;
  }

  /** Writes the length of all that came since `start` into the 16 bits there. */
  protected closeAt(start: i32): void {
    const length = this.length - start;
    if (length > 0xffff) this.isBroken = true;
    store<u16>(changetype<usize>(this.buffer) + start, <u16>length);
  }

  private payload(type: i32, data: usize, length: i32): void {
    this.header(type, length);
    memory.copy(this.extend(length), data, length);
    const padding = align(length) - length;
    memory.fill(this.extend(padding), 0, padding);
  }

  private header(type: i32, length: i32): void {
    if (HEADER + length > 0xffff) this.isBroken = true;
    this.rawU16(HEADER + length);
    this.rawU16(type);
  }

  /** Makes room for `count` bytes and returns where it is. */
  private extend(count: i32): usize {
    const start = this.length;
    if (start + count > this.buffer.byteLength) {
      const larger = new ArrayBuffer(2 * (start + count));
      memory.copy(changetype<usize>(larger), changetype<usize>(this.buffer), start);
      this.buffer = larger;
    }
    this.length = start + count;
    return changetype<usize>(this.buffer) + start;
  }
}

/**
 * Walks over attributes and reads their payloads; nothing is read past `end`.
 *
 * An attribute that is too short for what is asked of it, or longer than what is left, sets
 * `isBroken` and reads as zero or empty.
 */
export class AttrReader {
  isBroken: bool = false;
  type: i32 = 0;
  private payloadStart: usize = 0;
  private payloadLength: i32 = 0;

  constructor(
    private at: usize,
    private end: usize,
  ) {}

  /** Goes to the next attribute; false at the end, or where the rest is no attribute. */
  next(): bool {
    if (this.isBroken || this.at + HEADER > this.end) return false;
    const length: i32 = load<u16>(this.at);
    if (length < HEADER || this.at + length > this.end) {
      this.isBroken = true;
      return false;
    }
    this.type = <i32>load<u16>(this.at + 2) & NLA_TYPE_MASK;
    this.payloadStart = this.at + HEADER;
    this.payloadLength = length - HEADER;
    this.at += align(length);
    return true;
  }

  get u8(): i32 {
    return this.fits(1) ? load<u8>(this.payloadStart) : 0;
  }

  get u16(): i32 {
    return this.fits(2) ? load<u16>(this.payloadStart) : 0;
  }

  get u32(): u32 {
    return this.fits(4) ? load<u32>(this.payloadStart) : 0;
  }

  /** A text, up to its NUL byte if it has one. */
  get text(): string {
    let length = 0;
    while (length < this.payloadLength && load<u8>(this.payloadStart + length) != 0) length++;
    return String.UTF8.decodeUnsafe(this.payloadStart, length);
  }

  /** A copy of the payload. */
  get bytes(): Uint8Array {
    const copy = new Uint8Array(this.payloadLength);
    memory.copy(copy.dataStart, this.payloadStart, this.payloadLength);
    return copy;
  }

  /** The attributes inside this one. */
  get nested(): AttrReader {
    return new AttrReader(this.payloadStart, this.payloadStart + this.payloadLength);
  }

  /** The bounds of the payload, for what is neither a value nor attributes. */
  get start(): usize {
    return this.payloadStart;
  }

  get length(): i32 {
    return this.payloadLength;
  }

  private fits(count: i32): bool {
    if (this.payloadLength >= count) return true;
    this.isBroken = true;
    return false;
  }
}
