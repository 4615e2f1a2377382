// A reader of netlink messages that has nothing of the core's, to compare what the core writes with
// what ip(8) writes.

const MESSAGE_HEADER = 16;
const ATTRIBUTE_HEADER = 4;
const NLA_F_NESTED = 0x8000;

/** A request, taken apart. */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** The fixed header of the message's family, hexadecimal. */
  readonly header: string;
  /** Payloads, hexadecimal, by attribute types from the outside in: "18/2/1". */
  readonly attributes: Readonly<Record<string, string>>;
  /** Paths of the attributes that say NLA_F_NESTED. */
  readonly nested: readonly string[];
}

/** The fixed header after struct nlmsghdr, in bytes: ifinfomsg, ifaddrmsg, rtmsg (rtnetlink(7)). */
function headerLength(type: number): number {
  if (type < 20) return 16;
  return type < 24 ? 8 : 12;
}

/**
 * Takes one message apart.
 *
 * @param containers paths of the attributes that hold attributes.
 * @throws {Error} where lengths contradict each other or padding is not zero.
 */
export function readMessage(bytes: Buffer, containers: readonly string[]): Message {
  if (bytes.readUInt32LE(0) !== bytes.length)
    throw new Error("the length is not that of the message");
  if (bytes.readUInt32LE(12) !== 0) throw new Error("the port is not 0, the kernel");
  const type = bytes.readUInt16LE(4);
  const end = MESSAGE_HEADER + headerLength(type);
  const attributes: Record<string, string> = {};
  const nested: string[] = [];
  const walk = (from: number, to: number, prefix: string) => {
    for (let at = from; at < to; ) {
      const length = bytes.readUInt16LE(at);
      const padded = (length + 3) & ~3;
      if (length < ATTRIBUTE_HEADER || at + padded > to) throw new Error(`bad length at ${at}`);
      if (bytes.subarray(at + length, at + padded).some((byte) => byte !== 0)) {
        throw new Error(`padding at ${at} is not zero`);
      }
      const word = bytes.readUInt16LE(at + 2);
      const name = `${prefix}${word & ~NLA_F_NESTED}`;
      if (word & NLA_F_NESTED) nested.push(name);
      if (name in attributes) throw new Error(`attribute ${name} comes twice`);
      if (containers.includes(name)) walk(at + ATTRIBUTE_HEADER, at + length, `${name}/`);
      else attributes[name] = bytes.toString("hex", at + ATTRIBUTE_HEADER, at + length);
      at += padded;
    }
  };
  walk(end, bytes.length, "");
  return {
    type,
    flags: bytes.readUInt16LE(6),
    sequence: bytes.readUInt32LE(8),
    header: bytes.toString("hex", MESSAGE_HEADER, end),
    attributes,
    nested,
  };
}
