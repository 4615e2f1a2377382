/** Lengths of an address in bytes, which also tell the family. */
export const IPV4_LENGTH: i32 = 4;
export const IPV6_LENGTH: i32 = 16;

/**
 * Reads an IPv4 or IPv6 address: 4 or 16 bytes in network order, or null.
 *
 * IPv4 is four decimal numbers without leading zeros. IPv6 is the text of RFC 4291 section 2.2,
 * without a zone. An IPv4-mapped IPv6 address (::ffff:a.b.c.d) is the IPv4 address, as in all
 * plugins written in Go.
 */
export function parseIp(text: string): Uint8Array | null {
  if (!text.includes(":")) return parseIpv4(text);
  const address = parseIpv6(text);
  return address && isMapped(address) ? address.subarray(12) : address;
}

export function isIpv4(address: Uint8Array): bool {
  return address.length == IPV4_LENGTH;
}

/** True for ::ffff:0:0/96 (RFC 4291 section 2.5.5.2). */
export function isMapped(address: Uint8Array): bool {
  if (address.length != IPV6_LENGTH || address[10] != 0xff || address[11] != 0xff) return false;
  for (let i = 0; i < 10; i++) if (address[i] != 0) return false;
  return true;
}

/** True for fe80::/10 (RFC 4291 section 2.5.6). */
export function isLinkLocal(address: Uint8Array): bool {
  return address.length == IPV6_LENGTH && address[0] == 0xfe && (address[1] & 0xc0) == 0x80;
}

export function equalBytes(a: Uint8Array, b: Uint8Array): bool {
  return a.length == b.length && memory.compare(a.dataStart, b.dataStart, a.length) == 0;
}

export function isZero(address: Uint8Array): bool {
  for (let i = 0; i < address.length; i++) if (address[i] != 0) return false;
  return true;
}

/** The text of an address, IPv6 in the canonical form of RFC 5952; "?" for what is no address. */
export function formatIp(address: Uint8Array): string {
  if (isIpv4(address)) return formatIpv4(address);
  return address.length == IPV6_LENGTH ? formatIpv6(address) : "?";
}

/** `10.0.0.2 10.0.0.3`. */
export function joinIps(ips: Uint8Array[]): string {
  const texts: string[] = [];
  for (let i = 0; i < ips.length; i++) texts.push(formatIp(ips[i]));
  return texts.join(" ");
}

/** Allocates nothing but the address: a directory may hold tens of thousands. */
function parseIpv4(text: string): Uint8Array | null {
  const address = new Uint8Array(IPV4_LENGTH);
  let start = 0;
  for (let i = 0; i < IPV4_LENGTH; i++) {
    let end = start;
    while (end < text.length && text.charCodeAt(end) != 0x2e) end++;
    const octet = parseOctet(text, start, end);
    if (octet < 0) return null;
    address[i] = <u8>octet;
    start = end + 1;
  }
  return start == text.length + 1 ? address : null;
}

/** A decimal number without sign or leading zero, at most 255; -1 if it is none. */
function parseOctet(text: string, start: i32, end: i32): i32 {
  const length = end - start;
  if (length < 1 || length > 3 || (length > 1 && text.charCodeAt(start) == 0x30)) return -1;
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    value = value * 10 + digit;
  }
  return value <= 255 ? value : -1;
}

function parseIpv6(text: string): Uint8Array | null {
  const gap = text.indexOf("::");
  if (gap < 0) return parseGroups(text, 8, 8);
  const isDotted = text.substring(0, gap).includes("."); // an IPv4 address comes last
  if (isDotted || text.indexOf("::", gap + 1) >= 0) return null;
  const head = parseGroups(text.substring(0, gap), 0, 7);
  const tail = parseGroups(text.substring(gap + 2), 0, 7);
  if (!head || !tail || head.length + tail.length > IPV6_LENGTH - 2) return null;
  const address = new Uint8Array(IPV6_LENGTH);
  address.set<Uint8Array>(head);
  address.set<Uint8Array>(tail, IPV6_LENGTH - tail.length);
  return address;
}

/** `fewest` to `most` groups of 16 bits separated by colons; the last may be an IPv4 address. */
function parseGroups(text: string, fewest: i32, most: i32): Uint8Array | null {
  if (text.length == 0) return fewest == 0 ? new Uint8Array(0) : null;
  const groups = text.split(":");
  const bytes: u8[] = [];
  for (let i = 0; i < groups.length; i++) {
    if (i == groups.length - 1 && groups[i].includes(".")) {
      const ipv4 = parseIpv4(groups[i]);
      if (!ipv4) return null;
      for (let j = 0; j < IPV4_LENGTH; j++) bytes.push(ipv4[j]);
    } else {
      const value = parseHex(groups[i]);
      if (value < 0) return null;
      bytes.push(<u8>(value >> 8));
      bytes.push(<u8>value);
    }
  }
  if (bytes.length < 2 * fewest || bytes.length > 2 * most) return null;
  const packed = new Uint8Array(bytes.length);
  for (let i = 0; i < bytes.length; i++) packed[i] = bytes[i];
  return packed;
}

function parseHex(text: string): i32 {
  if (text.length == 0 || text.length > 4) return -1;
  let value = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = hexDigit(text.charCodeAt(i));
    if (digit < 0) return -1;
    value = (value << 4) | digit;
  }
  return value;
}

/** The value of a hexadecimal digit, or -1. */
export function hexDigit(unit: i32): i32 {
  if (unit >= 0x30 && unit <= 0x39) return unit - 0x30;
  const lower = unit | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : -1;
}

function formatIpv4(address: Uint8Array): string {
  return [
    address[0].toString(),
    address[1].toString(),
    address[2].toString(),
    address[3].toString(),
  ].join(".");
}

function formatIpv6(address: Uint8Array): string {
  let gapStart = -1;
  let gapLength = 1; // a single zero group is not shortened
  for (let i = 0; i < 8; i++) {
    let length = 0;
    while (i + length < 8 && group(address, i + length) == 0) length++;
    if (length > gapLength) {
      gapStart = i;
      gapLength = length;
    }
  }
  let text = "";
  for (let i = 0; i < 8; i++) {
    if (i == gapStart) {
      text += "::";
      i += gapLength - 1;
      continue;
    }
    if (text.length > 0 && !text.endsWith(":")) text += ":";
    text += group(address, i).toString(16);
  }
  return text;
}

function group(address: Uint8Array, index: i32): i32 {
  return ((<i32>address[2 * index]) << 8) | address[2 * index + 1];
}
