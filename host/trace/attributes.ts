import { NLA_TYPE_MASK } from "../../assembly/linux/netlink.ts";

const NLMSGHDR = 16;
const NLATTR = 4;

/** One message of netlink(7). */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** What follows the struct nlmsghdr. */
  readonly payload: DataView;
}

/** The messages of a datagram, up to the first that is not whole. */
export function messagesIn(bytes: Uint8Array): Message[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const messages: Message[] = [];
  for (let at = 0; at + NLMSGHDR <= bytes.length; ) {
    const length = view.getUint32(at, true);
    if (length < NLMSGHDR || at + length > bytes.length) break;
    messages.push({
      type: view.getUint16(at + 4, true),
      flags: view.getUint16(at + 6, true),
      sequence: view.getUint32(at + 8, true),
      payload: part(view, at + NLMSGHDR, at + length),
    });
    at += aligned(length);
  }
  return messages;
}

/**
 * The attributes in some bytes, for reading. What is read counts as known; what is too short reads
 * as missing, and what follows an attribute that is not whole is not there.
 */
export class Attributes {
  readonly #values = new Map<number, DataView>();
  readonly #list: (readonly [type: number, value: DataView])[] = [];
  readonly #known = new Set<number>();

  constructor(view: DataView, start = 0) {
    for (let at = start; at + NLATTR <= view.byteLength; ) {
      const length = view.getUint16(at, true);
      if (length < NLATTR || at + length > view.byteLength) break;
      const type = view.getUint16(at + 2, true) & NLA_TYPE_MASK;
      const value = part(view, at + NLATTR, at + length);
      this.#values.set(type, value);
      this.#list.push([type, value]);
      at += aligned(length);
    }
  }

  /** How many were not asked for. */
  get unknown(): number {
    return [...this.#values.keys()].filter((type) => !this.#known.has(type)).length;
  }

  bytes(type: number): Uint8Array | undefined {
    const value = this.#get(type);
    return value && bytesOf(value);
  }

  /** All of one type, where that may be there more than once. */
  all(type: number): Uint8Array[] {
    this.#known.add(type);
    return this.#list.filter(([other]) => other === type).map(([, value]) => bytesOf(value));
  }

  u8(type: number): number | undefined {
    const value = this.#get(type);
    return value && value.byteLength >= 1 ? value.getUint8(0) : undefined;
  }

  u16(type: number): number | undefined {
    const value = this.#get(type);
    return value && value.byteLength >= 2 ? value.getUint16(0, true) : undefined;
  }

  u32(type: number): number | undefined {
    const value = this.#get(type);
    return value && value.byteLength >= 4 ? value.getUint32(0, true) : undefined;
  }

  /** A text up to its NUL byte, without what a terminal would take for commands. */
  text(type: number): string | undefined {
    const bytes = this.bytes(type);
    if (bytes === undefined) return undefined;
    const [text = ""] = Buffer.from(bytes).toString("utf8").split("\0");
    return text.replace(/[^\x20-\x7e]/g, "?");
  }

  nested(type: number): Attributes | undefined {
    const value = this.#get(type);
    return value && new Attributes(value);
  }

  #get(type: number): DataView | undefined {
    this.#known.add(type);
    return this.#values.get(type);
  }
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** A part of a view; empty where it begins behind the end. */
export function part(view: DataView, start: number, end = view.byteLength): DataView {
  const from = Math.min(start, end);
  return new DataView(view.buffer, view.byteOffset + from, end - from);
}

function aligned(length: number): number {
  return (length + 3) & ~3;
}
