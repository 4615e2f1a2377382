import { Errno } from "../errno.ts";
import type { Netns } from "../netns.ts";
import type { Hop, Route } from "../route.ts";
import { equalBytes, maskBits } from "../text.ts";
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  EAFNOSUPPORT,
  EINVAL,
  ENODEV,
  ENOENT,
  EOPNOTSUPP,
  NLM_F_APPEND,
  NLM_F_CREATE,
  NLM_F_EXCL,
  NLM_F_REPLACE,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_DEFAULT,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTA_DST,
  RTA_GATEWAY,
  RTA_METRICS,
  RTA_MULTIPATH,
  RTA_OIF,
  RTA_PREFSRC,
  RTA_PRIORITY,
  RTA_TABLE,
  RTAX_MAX,
  RTN_UNICAST,
} from "../uapi.ts";
import { Attributes, header, type Message, Writer } from "../wire.ts";
import type { Context } from "./index.ts";

/** sizeof(struct rtmsg) */
const RTMSG = 12;
/** sizeof(struct rtnexthop) */
const RTNEXTHOP = 8;
/** The metric of an IPv6 route that asks for none (IP6_RT_PRIO_USER). */
const PRIORITY_USER = 1024;

/** RTM_NEWROUTE: inet_rtm_newroute() and inet6_rtm_newroute() of the kernel. */
export function newRoute({ payload, flags }: Message, { netns }: Context): undefined {
  const view = header(payload, RTMSG);
  const attributes = new Attributes(payload.slice(RTMSG));
  const family = view.getUint8(0);
  if (family !== AF_INET && family !== AF_INET6) throw new Errno(EAFNOSUPPORT);
  if ((flags & NLM_F_CREATE) === 0) throw new Errno(ENOENT);
  const size = family === AF_INET ? 4 : 16;
  const dst = attributes.bytes(RTA_DST) ?? new Uint8Array(size);
  const dstLength = view.getUint8(1);
  if (dst.length !== size || dstLength > 8 * size) throw new Errno(EINVAL, "Invalid prefix length");
  if (family === AF_INET && !equalBytes(maskBits(dst, dstLength), dst)) {
    throw new Errno(EINVAL, "Invalid prefix for given prefix length");
  }
  if (view.getUint8(7) !== RTN_UNICAST) throw new Errno(EOPNOTSUPP, "only unicast routes");
  const priority = attributes.u32(RTA_PRIORITY) ?? 0;
  const route: Route = {
    family,
    table: attributes.u32(RTA_TABLE) ?? (view.getUint8(4) || RT_TABLE_MAIN),
    dst,
    dstLength,
    type: view.getUint8(7),
    scope: family === AF_INET ? view.getUint8(6) : RT_SCOPE_UNIVERSE,
    protocol: view.getUint8(5),
    priority: family === AF_INET6 && priority === 0 ? PRIORITY_USER : priority,
    metrics: metricsOf(attributes.nested(RTA_METRICS)),
    source: attributes.bytes(RTA_PREFSRC),
    hops: hopsOf(netns, attributes, view.getUint32(8, true), size),
  };
  const exclusive = (flags & NLM_F_EXCL) !== 0;
  if (route.source && !isOwn(netns, route.source))
    throw new Errno(EINVAL, "Invalid prefsrc address");
  const append = (flags & NLM_F_APPEND) !== 0;
  netns.routes.add(route, { exclusive, append, replace: (flags & NLM_F_REPLACE) !== 0 });
}

function isOwn(netns: Netns, address: Uint8Array): boolean {
  const links = [...netns.links.values()];
  return links.some((link) => link.addresses.some(({ bytes }) => equalBytes(bytes, address)));
}

function metricsOf(attributes: Attributes | undefined): Map<number, number> {
  const types = attributes?.types ?? [];
  if (types.some((type) => type === 0 || type > RTAX_MAX)) {
    throw new Errno(EINVAL, "Invalid metric type");
  }
  return new Map(types.map((type) => [type, attributes?.u32(type) ?? 0]));
}

function hopsOf(netns: Netns, attributes: Attributes, flags: number, size: number): Hop[] {
  const multipath = attributes.bytes(RTA_MULTIPATH);
  if (multipath === undefined) {
    return [hop(netns, attributes.u32(RTA_OIF), attributes.bytes(RTA_GATEWAY), flags, size)];
  }
  const hops: Hop[] = [];
  for (let offset = 0; offset < multipath.length; ) {
    const view = header(multipath.slice(offset), RTNEXTHOP);
    const length = view.getUint16(0, true);
    if (length < RTNEXTHOP || length > multipath.length - offset) {
      throw new Errno(EINVAL, "Invalid nexthop configuration - extra data after nexthop");
    }
    const nested = new Attributes(multipath.slice(offset + RTNEXTHOP, offset + length));
    const gateway = nested.bytes(RTA_GATEWAY);
    hops.push(hop(netns, view.getUint32(4, true), gateway, view.getUint8(2), size));
    offset += (length + 3) & ~3;
  }
  if (hops.length === 0) throw new Errno(EINVAL, "Invalid nexthop configuration");
  return hops;
}

function hop(
  netns: Netns,
  oif: number | undefined,
  gateway: Uint8Array | undefined,
  flags: number,
  size: number,
): Hop {
  if (gateway && gateway.length !== size) throw new Errno(EINVAL, "Invalid gateway");
  const link = netns.links.get(oif ?? 0);
  if (link === undefined) throw new Errno(ENODEV);
  const none = gateway?.every((byte) => byte === 0) ?? true;
  return { link, gateway: none ? undefined : gateway, flags };
}

/** RTM_GETROUTE with NLM_F_DUMP; only a strict request has its filter looked at. */
export function dumpRoutes({ payload }: Message, { netns, strict }: Context): Uint8Array[] {
  const family = header(payload, 1).getUint8(0);
  const fits = strict ? filterOf(payload) : () => true;
  const routes = netns.routes.all.filter(
    (route) => (family === AF_UNSPEC || route.family === family) && fits(route),
  );
  if (strict && routes.length === 0) refuseTable(payload, netns);
  return routes.map(encodeRoute);
}

/** ip_valid_fib_dump_req() of the kernel. */
function filterOf(payload: Uint8Array): (route: Route) => boolean {
  const view = header(payload, RTMSG);
  const attributes = new Attributes(payload.slice(RTMSG));
  if (view.getUint8(1) !== 0 || view.getUint8(2) !== 0 || view.getUint8(6) !== 0) {
    throw new Errno(EINVAL, "Invalid values in header for FIB dump request");
  }
  if (!attributes.types.every((type) => type === RTA_TABLE || type === RTA_OIF)) {
    throw new Errno(EINVAL, "Unsupported attribute in dump request");
  }
  const table = attributes.u32(RTA_TABLE) ?? view.getUint8(4);
  const protocol = view.getUint8(5);
  const type = view.getUint8(7);
  const oif = attributes.u32(RTA_OIF) ?? 0;
  if (oif < 0) throw new Errno(EINVAL);
  return (route) =>
    (table === 0 || route.table === table) &&
    (protocol === 0 || route.protocol === protocol) &&
    (type === 0 || route.type === type) &&
    (oif === 0 || route.hops.some((way) => way.link.index === oif));
}

/** A table that was never used does not exist; local, main and default always do. */
function refuseTable(payload: Uint8Array, netns: Netns): void {
  const attributes = new Attributes(payload.slice(RTMSG));
  const table = attributes.u32(RTA_TABLE) ?? header(payload, RTMSG).getUint8(4);
  if (table === 0 || (table >= RT_TABLE_DEFAULT && table <= RT_TABLE_LOCAL)) return;
  if (!netns.routes.all.some((route) => route.table === table)) {
    const family = header(payload, 1).getUint8(0) === AF_INET ? "ipv4" : "ipv6";
    throw new Errno(ENOENT, `${family}: FIB table does not exist`);
  }
}

/** struct rtmsg and the attributes of one route. */
export function encodeRoute(route: Route): Uint8Array {
  const [first] = route.hops;
  const table = route.table < 256 ? route.table : 0;
  const flags = route.hops.length === 1 ? (first?.flags ?? 0) : 0;
  const writer = new Writer().u8(route.family, route.dstLength, 0, 0);
  writer.u8(table, route.protocol, route.scope, route.type).u32(flags);
  writer.attrU32(RTA_TABLE, route.table);
  if (route.dstLength > 0) writer.attr(RTA_DST, route.dst);
  if (route.priority !== 0) writer.attrU32(RTA_PRIORITY, route.priority);
  if (route.metrics.size > 0) {
    writer.nest(RTA_METRICS, (metrics) => {
      for (const [type, value] of route.metrics) metrics.attrU32(type, value);
    });
  }
  if (route.source) writer.attr(RTA_PREFSRC, route.source);
  if (route.hops.length === 1 && first) {
    if (first.gateway) writer.attr(RTA_GATEWAY, first.gateway);
    writer.attrU32(RTA_OIF, first.link.index);
  } else {
    writer.nest(RTA_MULTIPATH, (hops) => {
      for (const way of route.hops) encodeHop(hops, way);
    });
  }
  return writer.take();
}

function encodeHop(writer: Writer, { flags, link, gateway }: Hop): void {
  writer.nexthop(flags, 0, link.index, (attributes) => {
    if (gateway) attributes.attr(RTA_GATEWAY, gateway);
  });
}
