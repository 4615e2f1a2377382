import type { Address } from "./address.ts";
import type { Link } from "./link.ts";
import type { Netns } from "./netns.ts";
import type { Hop, Route } from "./route.ts";
import { formatIp, formatMac } from "./text.ts";
import * as U from "./uapi.ts";

// What `ip -j -d` would print of a namespace, as far as this kernel has it.

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
  readonly address: string;
  readonly altnames?: readonly string[];
  readonly linkinfo?: {
    readonly info_kind: string;
    readonly info_data?: { readonly mode: string; readonly bcqueuelen: number };
  };
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
    address: formatMac(link.mac),
    ...(altNames.length > 0 && { altnames: altNames }),
    ...(kind !== "" && {
      linkinfo: {
        info_kind: kind,
        ...(macvlan && {
          info_data: { mode: nameOf(MODES, macvlan.mode), bcqueuelen: macvlan.queueLength },
        }),
      },
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
