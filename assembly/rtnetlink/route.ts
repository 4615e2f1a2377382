import { NLM_F_CREATE } from "../linux/netlink";
import {
  RTA_DST,
  RTA_GATEWAY,
  RTA_METRICS,
  RTA_MULTIPATH,
  RTA_OIF,
  RTA_PRIORITY,
  RTA_TABLE,
  RTAX_ADVMSS,
  RTAX_MTU,
  RTM_GETROUTE,
  RTM_NEWROUTE,
  RTN_UNICAST,
  RTPROT_BOOT,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_MAIN,
} from "../linux/rtnetlink";
import { AF_INET, AF_INET6 } from "../linux/socket";
import { Cidr } from "../net/cidr";
import { align, AttrReader } from "./attr";
import { MessageReader, MessageWriter } from "./message";

// struct rtmsg (linux/rtnetlink.h):
//
//   0        1         2         3     4       5          6       7      8       12
//   +--------+---------+---------+-----+-------+----------+-------+------+-------+
//   | family | dst_len | src_len | tos | table | protocol | scope | type | flags |
//   +--------+---------+---------+-----+-------+----------+-------+------+-------+
const HEADER: i32 = 12;

// struct rtnexthop, in RTA_MULTIPATH: u16 length, u8 flags, u8 hops, i32 index, then attributes.
const NEXTHOP: i32 = 8;

/** A route out of one interface, to be added or as it was found. */
export class KernelRoute {
  family: i32 = 0;
  /** RTN_*. */
  type: i32 = RTN_UNICAST;
  dst: Cidr = new Cidr(new Uint8Array(0), 0);
  /** The next hops; none for what is reached directly. More than one make a multipath route. */
  gateways: Uint8Array[] = [];
  /** The interfaces, one for each next hop. */
  interfaces: i32[] = [];
  table: u32 = RT_TABLE_MAIN;
  scope: i32 = RT_SCOPE_UNIVERSE;
  /** Metric; 0 for the kernel's default of the family. */
  priority: u32 = 0;
  /** RTAX_MTU and RTAX_ADVMSS, bytes; 0 for none. */
  mtu: u32 = 0;
  advmss: u32 = 0;
}

/** `ip route prepend DST [via GATEWAY]... dev INDEX proto boot ...`. */
export function newRoute(writer: MessageWriter, index: i32, route: KernelRoute): void {
  const isSmallTable = route.table < 256;
  writer.begin(RTM_NEWROUTE, NLM_F_CREATE);
  writer.rawU8(route.dst.isIpv4 ? AF_INET : AF_INET6);
  writer.rawU8(route.dst.prefix);
  writer.rawU8(0);
  writer.rawU8(0);
  writer.rawU8(isSmallTable ? route.table : 0);
  writer.rawU8(RTPROT_BOOT);
  writer.rawU8(route.scope);
  writer.rawU8(RTN_UNICAST);
  writer.rawU32(0);
  if (route.dst.prefix > 0) writer.bytes(RTA_DST, route.dst.network);
  if (route.gateways.length > 1) {
    writeNexthops(writer, index, route.gateways);
  } else {
    writer.u32(RTA_OIF, index);
    if (route.gateways.length == 1) writer.bytes(RTA_GATEWAY, route.gateways[0]);
  }
  if (route.priority > 0) writer.u32(RTA_PRIORITY, route.priority);
  if (route.mtu > 0 || route.advmss > 0) {
    const metrics = writer.nestStart(RTA_METRICS);
    if (route.mtu > 0) writer.u32(RTAX_MTU, route.mtu);
    if (route.advmss > 0) writer.u32(RTAX_ADVMSS, route.advmss);
    writer.nestEnd(metrics);
  }
  if (!isSmallTable) writer.u32(RTA_TABLE, route.table);
  writer.end();
}

function writeNexthops(writer: MessageWriter, index: i32, gateways: Uint8Array[]): void {
  const list = writer.nestStart(RTA_MULTIPATH);
  for (let i = 0; i < gateways.length; i++) {
    writer.rawU16(NEXTHOP + 4 + gateways[i].length);
    writer.rawU8(0);
    writer.rawU8(0);
    writer.rawU32(index);
    writer.bytes(RTA_GATEWAY, gateways[i]);
  }
  writer.nestEnd(list);
}

/**
 * `ip route show table TABLE` of one family. A kernel before 4.20 ignores the table: readers look.
 */
export function dumpRoutes(writer: MessageWriter, family: i32, table: u32): void {
  writer.beginDump(RTM_GETROUTE);
  writer.rawU8(family);
  writer.rawU8(0);
  writer.rawU8(0);
  writer.rawU8(0);
  writer.rawU32(0);
  writer.rawU32(0);
  writer.u32(RTA_TABLE, table);
  writer.end();
}

/** The length of the destination's prefix in an RTM_NEWROUTE message, in bits. */
export function prefixOf(message: MessageReader): i32 {
  return message.u8(1);
}

/** Reads an RTM_NEWROUTE message. */
export function readRoute(message: MessageReader): KernelRoute {
  const route = new KernelRoute();
  route.family = message.u8(0);
  route.table = message.u8(4);
  route.scope = message.u8(6);
  route.type = message.u8(7);
  let dst = new Uint8Array(route.family == AF_INET ? 4 : 16);
  const attributes = message.attributes(HEADER);
  while (attributes.next()) {
    switch (attributes.type) {
      case RTA_DST:
        dst = attributes.bytes;
        break;
      case RTA_OIF:
        route.interfaces.push(attributes.u32);
        break;
      case RTA_GATEWAY:
        route.gateways.push(attributes.bytes);
        break;
      case RTA_PRIORITY:
        route.priority = attributes.u32;
        break;
      case RTA_METRICS:
        readMetrics(attributes.nested, route);
        break;
      case RTA_MULTIPATH:
        readNexthops(attributes, route);
        break;
      case RTA_TABLE:
        route.table = attributes.u32;
        break;
    }
  }
  route.dst = new Cidr(dst, prefixOf(message));
  return route;
}

function readMetrics(attributes: AttrReader, route: KernelRoute): void {
  while (attributes.next()) {
    if (attributes.type == RTAX_MTU) route.mtu = attributes.u32;
    if (attributes.type == RTAX_ADVMSS) route.advmss = attributes.u32;
  }
}

function readNexthops(list: AttrReader, route: KernelRoute): void {
  const end = list.start + list.length;
  let at = list.start;
  while (at + NEXTHOP <= end) {
    const length: i32 = load<u16>(at);
    if (length < NEXTHOP || at + length > end) return;
    route.interfaces.push(load<i32>(at + 4));
    const attributes = new AttrReader(at + NEXTHOP, at + length);
    while (attributes.next()) {
      if (attributes.type == RTA_GATEWAY) route.gateways.push(attributes.bytes);
    }
    at += align(length);
  }
}
