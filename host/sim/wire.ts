import { EINVAL, ERANGE, NLA_TYPE_MASK } from "./uapi.ts";
import { Errno } from "./errno.ts";

// The bytes of netlink(7) and rtnetlink(7), little-endian. Written for the simulated kernel alone:
// the core has its own codec, and the two must not share a mistake.

export const NLMSG_HEADER = 16;
const ATTR_HEADER = 4;
const ALIGN = 4;

const utf8 = new TextEncoder();

function aligned(length: number): number {
  return (length + ALIGN - 1) & ~(ALIGN - 1);
}

export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly port: number;
  /** What follows the struct nlmsghdr. */
  readonly payload: Uint8Array;
  /** The whole message as it was sent. */
  readonly bytes: Uint8Array;
}

/**
 * The messages of one datagram, up to the first whose length makes no sense: netlink_rcv_skb() of
 * the kernel stops there without a word.
 */
export function readMessages(datagram: Uint8Array): Message[] {
  const messages: Message[] = [];
  let offset = 0;
  while (datagram.length - offset >= NLMSG_HEADER) {
    const view = new DataView(datagram.buffer, datagram.byteOffset + offset);
    const length = view.getUint32(0, true);
    if (length < NLMSG_HEADER || length > datagram.length - offset) break;
    messages.push({
      type: view.getUint16(4, true),
      flags: view.getUint16(6, true),
      sequence: view.getUint32(8, true),
      port: view.getUint32(12, true),
      payload: datagram.slice(offset + NLMSG_HEADER, offset + length),
      bytes: datagram.slice(offset, offset + length),
    });
    offset += aligned(length);
  }
  return messages;
}

/** The attributes of a message or of a nested attribute, by type; the last of a type counts. */
export class Attributes {
  readonly #values = new Map<number, Uint8Array>();

  /** @throws Errno EINVAL where bytes are left over or a length makes no sense. */
  constructor(bytes: Uint8Array) {
    for (const [type, value] of attributeList(bytes)) this.#values.set(type, value);
  }

  get types(): number[] {
    return [...this.#values.keys()];
  }

  bytes(type: number): Uint8Array | undefined {
    return this.#values.get(type);
  }

  /** Widths are checked more strictly than by most kernels: 4 bytes, no more. */
  u32(type: number): number | undefined {
    const value = this.#values.get(type);
    return value && viewOf(value, 4).getUint32(0, true);
  }

  i32(type: number): number | undefined {
    const value = this.#values.get(type);
    return value && viewOf(value, 4).getInt32(0, true);
  }

  u8(type: number): number | undefined {
    const value = this.#values.get(type);
    return value && viewOf(value, 1).getUint8(0);
  }

  u16(type: number): number | undefined {
    const value = this.#values.get(type);
    return value && viewOf(value, 2).getUint16(0, true);
  }

  /** A text with or without the NUL at its end, of at most `capacity` - 1 bytes. */
  string(type: number, capacity: number): string | undefined {
    const value = this.#values.get(type);
    if (value === undefined) return undefined;
    const end = value.indexOf(0);
    const text = end < 0 ? value : value.subarray(0, end);
    if (text.length >= capacity) throw policy();
    return new TextDecoder().decode(text);
  }

  nested(type: number): Attributes | undefined {
    const value = this.#values.get(type);
    return value && new Attributes(value);
  }
}

/** The attributes in their order, repetitions included. */
export function attributeList(bytes: Uint8Array): [type: number, value: Uint8Array][] {
  const list: [number, Uint8Array][] = [];
  let offset = 0;
  while (bytes.length - offset >= ATTR_HEADER) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + offset);
    const length = view.getUint16(0, true);
    if (length < ATTR_HEADER || length > bytes.length - offset) break;
    const type = view.getUint16(2, true) & NLA_TYPE_MASK;
    list.push([type, bytes.slice(offset + ATTR_HEADER, offset + length)]);
    offset += aligned(length);
  }
  if (offset < bytes.length) {
    throw new Errno(EINVAL, "bytes leftover after parsing attributes");
  }
  return list;
}

function policy(): Errno {
  return new Errno(ERANGE, "Attribute failed policy validation");
}

function viewOf(value: Uint8Array, width: number): DataView {
  if (value.length !== width) throw policy();
  return new DataView(value.buffer, value.byteOffset, width);
}

/** The struct at the start of a payload. @throws Errno EINVAL where the payload is shorter. */
export function header(payload: Uint8Array, size: number): DataView {
  if (payload.length < size) throw new Errno(EINVAL, "Invalid header");
  return new DataView(payload.buffer, payload.byteOffset, size);
}

/** Builds what a struct cannot: messages and attributes, whose lengths are known at the end. */
export class Writer {
  #bytes: number[] = [];

  get length(): number {
    return this.#bytes.length;
  }

  take(): Uint8Array {
    return Uint8Array.from(this.#bytes);
  }

  u8(...values: number[]): this {
    for (const value of values) this.#bytes.push(value & 0xff);
    return this;
  }

  u16(value: number): this {
    return this.u8(value, value >>> 8);
  }

  u32(value: number): this {
    return this.u8(value, value >>> 8, value >>> 16, value >>> 24);
  }

  raw(bytes: Uint8Array): this {
    return this.u8(...bytes);
  }

  attr(type: number, value: Uint8Array): this {
    return this.nest(type, (writer) => writer.raw(value));
  }

  attrU8(type: number, value: number): this {
    return this.nest(type, (writer) => writer.u8(value));
  }

  attrU16(type: number, value: number): this {
    return this.nest(type, (writer) => writer.u16(value));
  }

  attrU32(type: number, value: number): this {
    return this.nest(type, (writer) => writer.u32(value));
  }

  attrString(type: number, text: string): this {
    return this.nest(type, (writer) => writer.raw(utf8.encode(text)).u8(0));
  }

  /** An attribute whose value `fill` writes. */
  nest(type: number, fill: (writer: this) => void): this {
    const start = this.length;
    this.u16(0).u16(type);
    fill(this);
    this.#setLength16(start);
    return this.#pad();
  }

  /** A struct rtnexthop with the attributes that `fill` writes (rtnetlink(7)). */
  nexthop(flags: number, hops: number, ifindex: number, fill: (writer: this) => void): this {
    const start = this.length;
    this.u16(0).u8(flags, hops).u32(ifindex);
    fill(this);
    this.#setLength16(start);
    return this;
  }

  /** A whole message: struct nlmsghdr and the payload. */
  message(type: number, flags: number, sequence: number, port: number, payload: Uint8Array): this {
    this.u32(NLMSG_HEADER + payload.length)
      .u16(type)
      .u16(flags)
      .u32(sequence)
      .u32(port);
    return this.raw(payload).#pad();
  }

  #setLength16(start: number): void {
    const length = this.length - start;
    this.#bytes[start] = length & 0xff;
    this.#bytes[start + 1] = length >>> 8;
  }

  #pad(): this {
    while (this.length % ALIGN !== 0) this.u8(0);
    return this;
  }
}
