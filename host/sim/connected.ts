import type { Address } from "./address.ts";
import { equalBytes, maskBits } from "./text.ts";
import {
  AF_INET,
  AF_INET6,
  IFA_F_NOPREFIXROUTE,
  IFA_F_SECONDARY,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTN_BROADCAST,
  RTN_LOCAL,
  RTN_UNICAST,
  RTPROT_KERNEL,
} from "./uapi.ts";

// The routes that the kernel makes for the addresses of an interface.

/** Metric of those for IPv6 (IP6_RT_PRIO_ADDRCONF). */
const PRIORITY_ADDRCONF = 256;

/** What is reached directly by an address, while its interface is up. */
export function connect(address: Address): void {
  if (address.family === AF_INET) connectIpv4(address);
  else connectIpv6(address);
}

/** The route by which the kernel knows an address as its own. */
export function addLocalRoute(address: Address): void {
  const v4 = address.family === AF_INET;
  address.link.netns.routes.insert({
    family: address.family,
    table: RT_TABLE_LOCAL,
    dst: address.bytes,
    dstLength: v4 ? 32 : 128,
    type: RTN_LOCAL,
    scope: v4 ? RT_SCOPE_HOST : RT_SCOPE_UNIVERSE,
    protocol: RTPROT_KERNEL,
    priority: 0,
    metrics: new Map(),
    source: v4 ? primaryOf(address).bytes : undefined,
    hops: [{ link: address.link, gateway: undefined, flags: 0 }],
  });
}

/** The first address of a subnet, from which its secondary ones are sent (inet_ifa_byprefix()). */
function primaryOf(address: Address): Address {
  const rivals = address.link.addresses.filter(
    ({ prefix, prefixLength }) =>
      prefixLength === address.prefixLength && equalBytes(prefix, address.prefix),
  );
  return rivals[0] ?? address;
}

/** fib_add_ifaddr() of the kernel: the subnet of an address, and its broadcast address. */
function connectIpv4(address: Address): void {
  const { link, prefixLength, prefix } = address;
  const route = {
    family: AF_INET,
    scope: RT_SCOPE_LINK,
    protocol: RTPROT_KERNEL,
    priority: 0,
    metrics: new Map(),
    source: address.bytes,
    hops: [{ link, gateway: undefined, flags: 0 }],
  };
  const addBroadcast = (dst: Uint8Array) => {
    const parts = { table: RT_TABLE_LOCAL, dst, dstLength: 32, type: RTN_BROADCAST };
    link.netns.routes.insert({ ...route, ...parts });
  };
  if (address.broadcast && prefixLength < 32) addBroadcast(address.broadcast);
  const zeronet = prefix.every((byte) => byte === 0);
  if (prefixLength === 32 || (address.flags & IFA_F_SECONDARY) !== 0 || zeronet) return;
  const way = link.loopback
    ? { table: RT_TABLE_LOCAL, type: RTN_LOCAL, scope: RT_SCOPE_HOST }
    : { table: RT_TABLE_MAIN, type: RTN_UNICAST };
  link.netns.routes.insert({ ...route, dst: prefix, dstLength: prefixLength, ...way });
  if (prefixLength < 31) addBroadcast(lastOf(prefix, prefixLength));
}

/** The last address of a subnet. */
function lastOf(prefix: Uint8Array, length: number): Uint8Array {
  const host = maskBits(new Uint8Array(prefix.length).fill(0xff), length);
  return prefix.map((byte, index) => byte | (~(host[index] ?? 0) & 0xff));
}

/** addrconf_prefix_route() of the kernel. */
function connectIpv6(address: Address): void {
  if (address.link.loopback) return;
  if ((address.flags & IFA_F_NOPREFIXROUTE) !== 0) return;
  address.link.netns.routes.insert({
    family: AF_INET6,
    table: RT_TABLE_MAIN,
    dst: address.prefix,
    dstLength: address.prefixLength,
    type: RTN_UNICAST,
    scope: RT_SCOPE_UNIVERSE,
    protocol: RTPROT_KERNEL,
    priority: PRIORITY_ADDRCONF,
    metrics: new Map(),
    source: undefined,
    hops: [{ link: address.link, gateway: undefined, flags: 0 }],
  });
}
