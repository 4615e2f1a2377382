import { Fields } from "../../json/fields";
import { Cidr, parseCidr } from "../../net/cidr";
import { equalBytes, formatIp, parseIp } from "../../net/ip";
import { compareIp, countIps, decrement, increment } from "../../net/order";

/** Addresses from `start` to `end`, both included, of one subnet. */
export class Range {
  subnet: Cidr = new Cidr(new Uint8Array(4), 32);
  start: Uint8Array = new Uint8Array(4);
  end: Uint8Array = new Uint8Array(4);
  gateway: Uint8Array = new Uint8Array(4);

  contains(ip: Uint8Array): bool {
    return compareIp(ip, this.start) >= 0 && compareIp(ip, this.end) <= 0;
  }

  overlaps(other: Range): bool {
    return this.contains(other.start) || other.contains(this.start);
  }

  isGateway(ip: Uint8Array): bool {
    return equalBytes(ip, this.gateway);
  }

  /** How many addresses can be handed out. */
  get size(): u64 {
    const count = countIps(this.start, this.end);
    return this.contains(this.gateway) && count < u64.MAX_VALUE ? count - 1 : count;
  }

  toString(): string {
    return `${formatIp(this.start)}-${formatIp(this.end)}`;
  }
}

/** The keys that `readRange` reads. */
export const RANGE_KEYS: string[] = ["subnet", "rangeStart", "rangeEnd", "gateway"];

/** Reads a range; a mistake is a sentence in `fields.problem`. */
export function readRange(fields: Fields): Range {
  const range = new Range();
  const text = fields.text("subnet");
  const subnet = parseCidr(text);
  if (!subnet) {
    const what = fields.has("subnet") ? `is "${text}", must be network/prefix` : "is missing";
    fields.reject("subnet", what);
    return range;
  }
  range.subnet = subnet;
  const problem = subnetProblem(subnet, text);
  if (problem.length > 0) {
    fields.reject("subnet", problem);
    return range;
  }
  // The network address is nobody's, and the broadcast address is everybody's.
  const first = subnet.network;
  increment(first);
  const last = subnet.last;
  if (subnet.isIpv4) decrement(last);
  range.gateway = readIp(fields, "gateway", first);
  range.start = readIp(fields, "rangeStart", first);
  range.end = readIp(fields, "rangeEnd", last);
  if (!subnet.contains(range.start)) reject(fields, "rangeStart", range.start, subnet);
  if (!subnet.contains(range.end)) reject(fields, "rangeEnd", range.end, subnet);
  if (compareIp(range.start, range.end) > 0) {
    fields.reject(
      "rangeStart",
      `${formatIp(range.start)} is after rangeEnd ${formatIp(range.end)}`,
    );
  }
  return range;
}

function subnetProblem(subnet: Cidr, text: string): string {
  if (text.includes(":") && subnet.isIpv4) return `"${text}" is an IPv4-mapped IPv6 network`;
  if (!equalBytes(subnet.ip, subnet.network)) {
    const network = new Cidr(subnet.network, subnet.prefix);
    return `"${text}" has host bits set; the network is ${network.toString()}`;
  }
  if (subnet.prefix > subnet.width - 2) return `"${text}" is too small to allocate from`;
  return "";
}

function readIp(fields: Fields, key: string, otherwise: Uint8Array): Uint8Array {
  const text = fields.text(key);
  if (text.length == 0) return otherwise;
  const ip = parseIp(text);
  if (ip) return ip;
  fields.reject(key, `is "${text}", must be an IP address`);
  return otherwise;
}

function reject(fields: Fields, key: string, ip: Uint8Array, subnet: Cidr): void {
  fields.reject(key, `${formatIp(ip)} is not in the subnet ${subnet.toString()}`);
}
