import type { Address } from "./address.ts";
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
    source: v4 ? address.bytes : undefined,
    hops: [{ link: address.link, gateway: undefined, flags: 0 }],
  });
}

/** fib_add_ifaddr() of the kernel: the subnet of an address, and its broadcast address. */
function connectIpv4(address: Address): void {
  const { link, prefixLength, broadcast } = address;
  const route = {
    family: AF_INET,
    scope: RT_SCOPE_LINK,
    protocol: RTPROT_KERNEL,
    priority: 0,
    metrics: new Map(),
    source: address.bytes,
    hops: [{ link, gateway: undefined, flags: 0 }],
  };
  if (broadcast && prefixLength < 32) {
    const parts = { table: RT_TABLE_LOCAL, dst: broadcast, dstLength: 32, type: RTN_BROADCAST };
    link.netns.routes.insert({ ...route, ...parts });
  }
  const zeronet = address.prefix.every((byte) => byte === 0);
  if (prefixLength === 32 || (address.flags & IFA_F_SECONDARY) !== 0 || zeronet) return;
  const parts = { table: RT_TABLE_MAIN, dst: address.prefix, dstLength: prefixLength };
  link.netns.routes.insert({ ...route, ...parts, type: RTN_UNICAST });
}

/** addrconf_prefix_route() of the kernel. */
function connectIpv6(address: Address): void {
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
