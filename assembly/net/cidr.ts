import { equalBytes, formatIp, isIpv4, parseIp } from "./ip";

/** An address with the length of its network's prefix in bits: 10.1.2.3/16. */
export class Cidr {
  constructor(
    public ip: Uint8Array,
    public prefix: i32,
  ) {}

  get isIpv4(): bool {
    return isIpv4(this.ip);
  }

  /** The number of bits of the address: 32 or 128. */
  get width(): i32 {
    return this.ip.length * 8;
  }

  /** The first address of the network: all bits after the prefix are zero. */
  get network(): Uint8Array {
    return this.edge(0);
  }

  /** The last address of the network, in IPv4 its broadcast address. */
  get last(): Uint8Array {
    return this.edge(0xff);
  }

  contains(address: Uint8Array): bool {
    if (address.length != this.ip.length) return false;
    return equalBytes(new Cidr(address, this.prefix).network, this.network);
  }

  equals(other: Cidr): bool {
    return this.prefix == other.prefix && equalBytes(this.ip, other.ip);
  }

  toString(): string {
    return `${formatIp(this.ip)}/${this.prefix.toString()}`;
  }

  private edge(fill: i32): Uint8Array {
    const bytes = new Uint8Array(this.ip.length);
    for (let i = 0; i < bytes.length; i++) {
      const kept = max(0, min(8, this.prefix - 8 * i));
      const mask = <u8>(0xff00 >> kept);
      bytes[i] = (this.ip[i] & mask) | (<u8>fill & ~mask);
    }
    return bytes;
  }
}

/** Reads address/prefix, or gives null. The bits after the prefix may be set. */
export function parseCidr(text: string): Cidr | null {
  const slash = text.indexOf("/");
  if (slash < 0) return null;
  const ip = parseIp(text.substring(0, slash));
  if (!ip) return null;
  // An IPv4-mapped address counts its prefix in 128 bits.
  const isMappedText = isIpv4(ip) && text.substring(0, slash).includes(":");
  const offset = isMappedText ? 96 : 0;
  const prefix = parsePrefix(text.substring(slash + 1)) - offset;
  return prefix >= 0 && prefix <= ip.length * 8 ? new Cidr(ip, prefix) : null;
}

function parsePrefix(text: string): i32 {
  if (text.length == 0 || text.length > 3) return -1;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value;
}
