import type { Address } from "./address.ts";
import type { Link, Macvlan } from "./link.ts";
import type { Netns } from "./netns.ts";
import type { Hop, Route } from "./route.ts";
import type { Rule } from "./rule.ts";
import { formatIp, formatMac } from "./text.ts";
import * as U from "./uapi.ts";

// What `ip -j -d` would print of a namespace, as far as this kernel has it. The types are also
// those of what it prints of a real one (lab/).

/** One interface of `ip -j -d link`. */
export interface IpLink {
  readonly ifindex: number;
  readonly ifname: string;
  /** The master, where it is in the same namespace. */
  readonly link?: string;
  /** The index of the master, where it is in another one. */
  readonly link_index?: number;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly operstate: string;
  /** How many want it promiscuous; this kernel does not count them. */
  readonly promiscuity?: number;
  /** `default` for group 0. */
  readonly group: string;
  readonly txqlen: number;
  readonly address: string;
  readonly ifalias?: string;
  readonly altnames?: readonly string[];
  /** The address that the hardware came with. */
  readonly permaddr?: string;
  readonly linkinfo?: {
    readonly info_kind: string;
    /** The kind of what it is a port of. */
    readonly info_slave_kind?: string;
    readonly info_data?: IpMacvlan;
  };
}

/** The part of a macvlan; other kinds have other keys there. */
export interface IpMacvlan {
  readonly mode?: string;
  readonly nodst?: boolean;
  readonly nopromisc?: boolean;
  readonly bcqueuelen?: number;
  readonly macaddr_count?: number;
  readonly macaddr_data?: readonly string[];
  readonly [key: string]: unknown;
}

/** One interface of `ip -j addr`. */
export interface IpAddress extends IpLink {
  readonly addr_info: readonly IpAddressInfo[];
}

export interface IpAddressInfo {
  readonly family: "inet" | "inet6";
  readonly local: string;
  readonly prefixlen: number;
  readonly broadcast?: string;
  readonly scope: string;
  readonly nodad?: boolean;
  readonly optimistic?: boolean;
  readonly tentative?: boolean;
  readonly dadfailed?: boolean;
}

/** One route of `ip -j -d route show table all`. */
export interface IpRoute {
  readonly type: string;
  /** `default`, an address, or a prefix. */
  readonly dst: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly table: string;
  readonly protocol: string;
  readonly scope: string;
  readonly prefsrc?: string;
  readonly metric?: number;
  readonly metrics?: readonly Readonly<Record<string, number>>[];
  readonly nexthops?: readonly { readonly gateway?: string; readonly dev: string }[];
}

/** One rule of `ip -j -d rule`. */
export interface IpRule {
  readonly priority: number;
  /** `all`, an address, or one with the length of a prefix in `srclen`. */
  readonly src: string;
  readonly srclen?: number;
  readonly table: string;
  readonly protocol: string;
}

type Names = Readonly<Record<number, string>>;

const FLAGS: Names = {
  [U.IFF_LOOPBACK]: "LOOPBACK",
  [U.IFF_BROADCAST]: "BROADCAST",
  [U.IFF_MULTICAST]: "MULTICAST",
  [U.IFF_ALLMULTI]: "ALLMULTI",
  [U.IFF_PROMISC]: "PROMISC",
  [U.IFF_UP]: "UP",
  [U.IFF_LOWER_UP]: "LOWER_UP",
};
const OPERSTATES: Names = {
  [U.IF_OPER_UNKNOWN]: "UNKNOWN",
  [U.IF_OPER_DOWN]: "DOWN",
  [U.IF_OPER_LOWERLAYERDOWN]: "LOWERLAYERDOWN",
  [U.IF_OPER_UP]: "UP",
};
const MODES: Names = {
  [U.MACVLAN_MODE_PRIVATE]: "private",
  [U.MACVLAN_MODE_VEPA]: "vepa",
  [U.MACVLAN_MODE_BRIDGE]: "bridge",
  [U.MACVLAN_MODE_PASSTHRU]: "passthru",
  [U.MACVLAN_MODE_SOURCE]: "source",
};
const SCOPES: Names = {
  [U.RT_SCOPE_UNIVERSE]: "global",
  [U.RT_SCOPE_LINK]: "link",
  [U.RT_SCOPE_HOST]: "host",
};
const TABLES: Names = {
  [U.RT_TABLE_DEFAULT]: "default",
  [U.RT_TABLE_MAIN]: "main",
  [U.RT_TABLE_LOCAL]: "local",
};
const TYPES: Names = {
  [U.RTN_UNICAST]: "unicast",
  [U.RTN_LOCAL]: "local",
  [U.RTN_BROADCAST]: "broadcast",
};
const PROTOCOLS: Names = {
  [U.RTPROT_KERNEL]: "kernel",
  [U.RTPROT_BOOT]: "boot",
  [U.RTPROT_STATIC]: "static",
};
const METRICS: Names = { [U.RTAX_MTU]: "mtu", [U.RTAX_ADVMSS]: "advmss" };

function nameOf(names: Names, number: number): string {
  return names[number] ?? `${number}`;
}

/** `ip -j -d link`, in the order of the indexes. */
export function listLinks(netns: Netns): IpLink[] {
  return [...netns.links.values()].sort((a, b) => a.index - b.index).map(showLink);
}

/** `ip -j -d addr`. */
export function listAddresses(netns: Netns): IpAddress[] {
  return [...netns.links.values()]
    .sort((a, b) => a.index - b.index)
    .map((link) => ({ ...showLink(link), addr_info: link.addresses.map(showAddress) }));
}

/** `ip -j -d route show table all`, of one family. */
export function listRoutes(netns: Netns, family: 4 | 6): IpRoute[] {
  const wanted = family === 4 ? U.AF_INET : U.AF_INET6;
  return netns.routes.all.filter((route) => route.family === wanted).map(showRoute);
}

/** `ip -j -d rule`, of one family. */
export function listRules(netns: Netns, family: 4 | 6): IpRule[] {
  const wanted = family === 4 ? U.AF_INET : U.AF_INET6;
  return netns.rules.all.filter((rule) => rule.family === wanted).map(showRule);
}

function showLink(link: Link): IpLink {
  const { lower, macvlan, kind, altNames } = link;
  const names = Object.entries(FLAGS).filter(([flag]) => (link.flags & Number(flag)) !== 0);
  return {
    ifindex: link.index,
    ifname: link.name,
    ...(lower && showLower(link, lower)),
    flags: names.map(([, name]) => name),
    mtu: link.mtu,
    operstate: nameOf(OPERSTATES, link.operstate),
    group: link.group === 0 ? "default" : `${link.group}`,
    txqlen: link.txQueueLength,
    address: formatMac(link.mac),
    ...(link.alias !== "" && { ifalias: link.alias }),
    ...(altNames.length > 0 && { altnames: altNames }),
    ...(kind !== "" && {
      linkinfo: {
        info_kind: kind,
        ...(macvlan && { info_data: showMacvlan(macvlan) }),
      },
    }),
  };
}

function showMacvlan({ mode, flags, queueLength, sources }: Macvlan): IpMacvlan {
  return {
    mode: nameOf(MODES, mode),
    ...((flags & U.MACVLAN_FLAG_NODST) !== 0 && { nodst: true }),
    ...((flags & U.MACVLAN_FLAG_NOPROMISC) !== 0 && { nopromisc: true }),
    bcqueuelen: queueLength,
    ...(sources.length > 0 && {
      macaddr_count: sources.length,
      macaddr_data: sources.map(formatMac),
    }),
  };
}

function showLower(link: Link, lower: Link): { link: string } | { link_index: number } {
  return lower.netns === link.netns ? { link: lower.name } : { link_index: lower.index };
}

function showAddress(address: Address): IpAddressInfo {
  const has = (flag: number) => (address.flags & flag) !== 0;
  return {
    family: address.family === U.AF_INET ? "inet" : "inet6",
    local: address.text,
    prefixlen: address.prefixLength,
    ...(address.broadcast && { broadcast: formatIp(address.broadcast) }),
    scope: nameOf(SCOPES, address.scope),
    ...(has(U.IFA_F_NODAD) && { nodad: true }),
    ...(has(U.IFA_F_OPTIMISTIC) && { optimistic: true }),
    ...(has(U.IFA_F_TENTATIVE) && { tentative: true }),
    ...(has(U.IFA_F_DADFAILED) && { dadfailed: true }),
  };
}

function showRoute(route: Route): IpRoute {
  const [first] = route.hops;
  const metrics = [...route.metrics].map(([type, value]) => [nameOf(METRICS, type), value]);
  return {
    type: nameOf(TYPES, route.type),
    dst: showDestination(route),
    ...(route.hops.length === 1 && first && showHop(first)),
    table: nameOf(TABLES, route.table),
    protocol: nameOf(PROTOCOLS, route.protocol),
    scope: nameOf(SCOPES, route.scope),
    ...(route.source && { prefsrc: formatIp(route.source) }),
    ...(route.priority !== 0 && { metric: route.priority }),
    ...(metrics.length > 0 && { metrics: [Object.fromEntries(metrics)] }),
    ...(route.hops.length > 1 && { nexthops: route.hops.map(showHop) }),
  };
}

function showDestination({ dst, dstLength }: Route): string {
  if (dstLength === 0) return "default";
  return dstLength === 8 * dst.length ? formatIp(dst) : `${formatIp(dst)}/${dstLength}`;
}

function showHop({ gateway, link }: Hop): { gateway?: string; dev: string } {
  return gateway ? { gateway: formatIp(gateway), dev: link.name } : { dev: link.name };
}

function showRule({ priority, source, sourceLength, table, protocol }: Rule): IpRule {
  return {
    priority,
    src: source ? formatIp(source) : "all",
    ...(source && sourceLength < 8 * source.length && { srclen: sourceLength }),
    table: nameOf(TABLES, table),
    protocol: nameOf(PROTOCOLS, protocol),
  };
}
