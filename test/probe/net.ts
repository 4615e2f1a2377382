// Probe of assembly/net for test/net.
import "../../assembly/abort";
import { formatIp, parseIp } from "../../assembly/net/ip";
import { Cidr, parseCidr } from "../../assembly/net/cidr";
import { fnv1a } from "../../assembly/net/hash";
import { isGlob, matchesGlob } from "../../assembly/net/glob";
import { formatMac, macProblem, parseMac } from "../../assembly/net/mac";
import { compareNatural } from "../../assembly/net/natural";
import { compareIp, countIps, decrement, increment } from "../../assembly/net/order";

/** The bytes of an address, or an empty buffer. */
export function ipBytes(text: string): ArrayBuffer {
  const address = parseIp(text);
  return address ? copy(address) : new ArrayBuffer(0);
}

export function ipText(address: ArrayBuffer): string {
  return formatIp(Uint8Array.wrap(address));
}

/** Address, prefix, network and last address of a CIDR, or the empty string. */
export function cidrParts(text: string): string {
  const cidr = parseCidr(text);
  if (!cidr) return "";
  return `${cidr.toString()} ${formatIp(cidr.network)} ${formatIp(cidr.last)}`;
}

export function cidrContains(network: ArrayBuffer, prefix: i32, address: ArrayBuffer): bool {
  return new Cidr(Uint8Array.wrap(network), prefix).contains(Uint8Array.wrap(address));
}

export function cidrEquals(a: string, b: string): bool {
  const first = parseCidr(a);
  const second = parseCidr(b);
  return first != null && second != null && first.equals(second);
}

export function macText(text: string): string {
  const mac = parseMac(text);
  return mac ? formatMac(mac) : "";
}

/** Why an address is none for an Ethernet interface. */
export function macComplaint(mac: ArrayBuffer): string {
  return macProblem(Uint8Array.wrap(mac));
}

export function order(a: ArrayBuffer, b: ArrayBuffer): i32 {
  return compareIp(Uint8Array.wrap(a), Uint8Array.wrap(b));
}

/** Changes the bytes of the buffer itself. */
export function toNext(ip: ArrayBuffer): void {
  increment(Uint8Array.wrap(ip));
}

export function toPrevious(ip: ArrayBuffer): void {
  decrement(Uint8Array.wrap(ip));
}

export function count(start: ArrayBuffer, end: ArrayBuffer): u64 {
  return countIps(Uint8Array.wrap(start), Uint8Array.wrap(end));
}

export function hash(text: string): u64 {
  return fnv1a(text);
}

function copy(bytes: Uint8Array): ArrayBuffer {
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
}

export function isPattern(text: string): bool {
  return isGlob(text);
}

export function patternMatches(pattern: string, text: string): bool {
  return matchesGlob(pattern, text);
}

/** -1, 0 or 1. */
export function naturalOrder(a: string, b: string): i32 {
  const order = compareNatural(a, b);
  return order < 0 ? -1 : <i32>(order > 0);
}
