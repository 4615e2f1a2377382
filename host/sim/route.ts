import { Errno } from "./errno.ts";
import type { Link } from "./link.ts";
import { equalBytes, maskBits } from "./text.ts";
import {
  AF_INET,
  AF_INET6,
  EEXIST,
  EHOSTUNREACH,
  EINVAL,
  ENETDOWN,
  ENETUNREACH,
  ENODEV,
  RT_SCOPE_LINK,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTN_LOCAL,
  RTN_UNICAST,
  RTNH_F_ONLINK,
} from "./uapi.ts";

/** One way out of a route (struct rtnexthop). */
export interface Hop {
  readonly link: Link;
  readonly gateway: Uint8Array | undefined;
  /** RTNH_F_* */
  readonly flags: number;
}

export interface Destination {
  readonly family: number;
  readonly table: number;
  readonly dst: Uint8Array;
  readonly dstLength: number;
}

export interface Route extends Destination {
  /** RTN_* */
  readonly type: number;
  readonly scope: number;
  /** RTPROT_* */
  readonly protocol: number;
  /** The metric; 0 for none in IPv4. */
  readonly priority: number;
  /** RTAX_* */
  readonly metrics: ReadonlyMap<number, number>;
  readonly source: Uint8Array | undefined;
  hops: readonly Hop[];
}

/** How RTM_NEWROUTE treats a route that is there already. */
export interface RouteFlags {
  readonly exclusive: boolean;
  readonly append: boolean;
  readonly replace?: boolean;
}

/** What routes that go to the same place have in common. */
function placeOf({ family, table, dst, dstLength }: Destination): string {
  return `${family} ${table} ${dst.join(".")}/${dstLength}`;
}

function sameHop(a: Hop, b: Hop): boolean {
  if (a.link !== b.link) return false;
  if (a.gateway === undefined || b.gateway === undefined) return a.gateway === b.gateway;
  return equalBytes(a.gateway, b.gateway);
}

function sameHops(a: Route, b: Route): boolean {
  return (
    a.hops.length === b.hops.length &&
    a.hops.every((hop, index) => {
      const other = b.hops[index];
      return other !== undefined && sameHop(hop, other);
    })
  );
}

/** What makes two routes to one place the same (fib_find_info() of the kernel). */
function sameInfo(a: Route, b: Route): boolean {
  const kind = ({ type, scope, protocol, source, metrics }: Route) =>
    `${type} ${scope} ${protocol} ${source?.join(".")} ${[...metrics]}`;
  return kind(a) === kind(b) && sameHops(a, b);
}

/** The routes of a network namespace, all tables and both families. */
export class RouteTable {
  /** By the place they go to; of several the first is preferred. */
  readonly #places = new Map<string, Route[]>();

  get all(): readonly Route[] {
    return [...this.#places.values()].flat();
  }

  /** Adds what the kernel itself adds; a route that is there already stays. */
  insert(route: Route): void {
    const twin = this.#rivals(route).some((other) => sameHops(other, route));
    if (!twin) this.#at(route).push(route);
  }

  remove(route: Route): void {
    this.#prune((other) => other === route);
  }

  /** RTM_NEWROUTE with NLM_F_CREATE: fib_table_insert() and ip6_route_add() of the kernel. */
  add(route: Route, flags: RouteFlags): void {
    if (route.family === AF_INET) this.#addIpv4(route, flags);
    else this.#addIpv6(route, flags);
  }

  #addIpv4(route: Route, flags: RouteFlags): void {
    for (const hop of route.hops) this.#checkIpv4(hop, route);
    const same = this.#rivals(route);
    const perfect = same.some((other) => sameInfo(other, route));
    if (same.length > 0 && (flags.exclusive || (perfect && !flags.replace))) {
      throw new Errno(EEXIST);
    }
    const place = this.#at(route);
    const first = same[0];
    if (first && flags.replace) {
      place.splice(place.indexOf(first), 1, route);
      return;
    }
    // without NLM_F_APPEND the newest of equal routes is the first that a lookup finds
    if (first && !flags.append) place.splice(place.indexOf(first), 0, route);
    else place.push(route);
  }

  /** fib_check_nh() of the kernel. */
  #checkIpv4({ link, gateway, flags }: Hop, route: Route): void {
    if (gateway === undefined || (flags & RTNH_F_ONLINK) !== 0) {
      const what = gateway === undefined ? "Device for nexthop" : "Nexthop device";
      if (!link.up) throw new Errno(ENETDOWN, `${what} is not up`);
      return;
    }
    const scope = Math.max(route.scope + 1, RT_SCOPE_LINK);
    const way = this.#lookup(gateway, route, (other, hop) => {
      return hop.link === link && hop.link.up && other.scope >= scope;
    });
    if (way === undefined) throw new Errno(ENETUNREACH, "Nexthop has invalid gateway");
    if (way.type !== RTN_UNICAST && way.type !== RTN_LOCAL) {
      throw new Errno(EINVAL, "Nexthop has invalid gateway");
    }
  }

  #addIpv6(asked: Route, flags: RouteFlags): void {
    const route = { ...asked, dst: maskBits(asked.dst, asked.dstLength) };
    for (const hop of route.hops) this.#checkIpv6(hop, route);
    const same = this.#rivals(route);
    if (same.length > 0 && flags.exclusive) throw new Errno(EEXIST);
    const [first] = same;
    if (first && flags.replace) {
      const place = this.#at(route);
      place.splice(place.indexOf(first), 1, route);
      return;
    }
    for (const hop of route.hops) {
      if (same.some((other) => other.hops.some((known) => sameHop(known, hop)))) {
        throw new Errno(EEXIST);
      }
    }
    // routes that differ in their gateway alone become one with several hops
    const sibling = same.find((other) => other.hops.every((hop) => hop.gateway !== undefined));
    const joins = route.hops.every((hop) => hop.gateway !== undefined);
    if (sibling && joins) sibling.hops = [...sibling.hops, ...route.hops];
    else this.#at(route).push(route);
  }

  /** ip6_validate_gw() of the kernel. */
  #checkIpv6({ link, gateway }: Hop, route: Route): void {
    if (!link.ipv6) throw new Errno(ENODEV);
    if (gateway !== undefined) {
      const local = this.#lookup(gateway, route, (other) => other.type === RTN_LOCAL);
      if (local) throw new Errno(EINVAL, "Gateway can not be a local address");
      const linkLocal = gateway[0] === 0xfe && ((gateway[1] ?? 0) & 0xc0) === 0x80;
      const way = this.#lookup(gateway, route, (_, hop) => hop.link === link);
      const direct = way?.hops.every((hop) => hop.gateway === undefined);
      if (!linkLocal && !direct) throw new Errno(EHOSTUNREACH);
    }
    if (!link.up) throw new Errno(ENETDOWN, "Nexthop device is not up");
  }

  /**
   * RTM_DELROUTE: takes away the first route to a place that `fits`, and says whether there was one
   * (fib_table_delete() and ip6_route_del() of the kernel).
   */
  delete(destination: Destination, fits: (route: Route) => boolean): boolean {
    const route = this.#find(destination).find(fits);
    if (route) this.remove(route);
    return route !== undefined;
  }

  /** The way that a packet to `address` takes: by the local table, then by the main one. */
  way(family: number, address: Uint8Array): Route | undefined {
    for (const table of [RT_TABLE_LOCAL, RT_TABLE_MAIN]) {
      for (let length = 8 * address.length; length >= 0; length--) {
        const place = { family, table, dst: maskBits(address, length), dstLength: length };
        const routes = [...this.#find(place)].sort((a, b) => a.priority - b.priority);
        const route = routes.find(({ hops }) => hops.some(({ link }) => link.up));
        if (route) return route;
      }
    }
    return undefined;
  }

  /** The route to `address` with the longest prefix of those with a hop that `fits`. */
  #lookup(
    address: Uint8Array,
    { family, table }: Route,
    fits: (route: Route, hop: Hop) => boolean,
  ): Route | undefined {
    for (let length = 8 * address.length; length >= 0; length--) {
      const dst = maskBits(address, length);
      for (const each of [RT_TABLE_LOCAL, table, RT_TABLE_MAIN]) {
        const place = this.#find({ family, table: each, dst, dstLength: length });
        const route = place.find((other) => other.hops.some((hop) => fits(other, hop)));
        if (route) return route;
      }
    }
    return undefined;
  }

  /** What goes when an interface goes down; IPv4 keeps knowing its own addresses. */
  removeDown(link: Link): void {
    this.#prune((route, hop) => {
      const ownAddress = route.family === AF_INET && route.type === RTN_LOCAL;
      return hop.link === link && !ownAddress;
    });
  }

  removeLink(link: Link): void {
    this.#prune((_, hop) => hop.link === link);
  }

  removeLocal(address: Uint8Array): void {
    this.#prune((route) => route.type === RTN_LOCAL && equalBytes(route.dst, address));
  }

  /** The subnet of an address that went away. */
  removePrefix(link: Link, prefix: Uint8Array, length: number): void {
    this.#prune((route, hop) => {
      if (hop.link !== link || hop.gateway !== undefined || route.dstLength !== length)
        return false;
      return route.family === AF_INET6 && equalBytes(route.dst, prefix);
    });
  }

  /** Takes out the hops that are meant, and a route when its last hop goes. */
  #prune(meant: (route: Route, hop: Hop) => boolean): void {
    for (const [place, routes] of this.#places) {
      for (const route of routes) route.hops = route.hops.filter((hop) => !meant(route, hop));
      const rest = routes.filter((route) => route.hops.length > 0);
      if (rest.length > 0) this.#places.set(place, rest);
      else this.#places.delete(place);
    }
  }

  #find(destination: Destination): readonly Route[] {
    return this.#places.get(placeOf(destination)) ?? [];
  }

  /** The list that a new route goes into. */
  #at(route: Route): Route[] {
    const place = this.#places.get(placeOf(route)) ?? [];
    this.#places.set(placeOf(route), place);
    return place;
  }

  /** The routes to the same place with the same metric. */
  #rivals(route: Route): Route[] {
    return this.#find(route).filter((other) => other.priority === route.priority);
  }
}
