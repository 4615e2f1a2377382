import { NLM_F_CREATE, NLM_F_REPLACE } from "../linux/netlink";
import {
  RT_SCOPE_LINK,
  RT_TABLE_MAIN,
  RTA_DST,
  RTA_OIF,
  RTA_PREFSRC,
  RTA_PRIORITY,
  RTA_TABLE,
  RTM_DELROUTE,
  RTM_GETROUTE,
  RTM_NEWROUTE,
  RTN_UNICAST,
} from "../linux/rtnetlink";
import { AF_INET, AF_INET6 } from "../linux/socket";
import { isIpv4 } from "../net/ip";
import { MessageReader, MessageWriter } from "./message";

/** The length of struct rtmsg (linux/rtnetlink.h, drawn in route.ts). */
const HEADER: i32 = 12;

/** A route to one address, which is reached directly: in the main table, or what was found. */
export class HostRoute {
  dst: Uint8Array = new Uint8Array(0);
  /** Index of the interface that it goes out of. */
  index: i32 = 0;
  /** RTPROT_*: whose route it is. */
  protocol: i32 = 0;
  /** RTN_*. */
  type: i32 = RTN_UNICAST;
  /** Metric; never 0. */
  priority: u32 = 0;
  /** The address that is sent from; empty for the kernel's choice. */
  source: Uint8Array = new Uint8Array(0);
}

/** `ip route replace DST dev INDEX proto PROTOCOL scope link metric PRIORITY [src SOURCE]`. */
export function replaceHostRoute(writer: MessageWriter, route: HostRoute): void {
  begin(writer, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, route);
  if (route.source.length > 0) writer.bytes(RTA_PREFSRC, route.source);
  writer.end();
}

/** `ip route delete DST dev INDEX proto PROTOCOL scope link metric PRIORITY`. */
export function deleteHostRoute(writer: MessageWriter, route: HostRoute): void {
  begin(writer, RTM_DELROUTE, 0, route);
  writer.end();
}

/** `ip route get DST`. */
export function getRoute(writer: MessageWriter, dst: Uint8Array): void {
  writer.begin(RTM_GETROUTE, 0);
  destination(writer, dst);
  writer.rawU32(0);
  writer.rawU32(0);
  writer.bytes(RTA_DST, dst);
  writer.end();
}

/**
 * `ip route show table main dev INDEX proto PROTOCOL` of one family. A kernel before 4.20 shows
 * all: readers look.
 */
export function dumpRoutesOf(writer: MessageWriter, family: i32, index: i32, protocol: i32): void {
  writer.beginDump(RTM_GETROUTE);
  writer.rawU32(family);
  writer.rawU8(0);
  writer.rawU8(protocol);
  writer.rawU16(0);
  writer.rawU32(0);
  writer.u32(RTA_TABLE, RT_TABLE_MAIN);
  writer.u32(RTA_OIF, index);
  writer.end();
}

/** Reads an RTM_NEWROUTE message about a route with one next hop. */
export function readHostRoute(message: MessageReader): HostRoute {
  const route = new HostRoute();
  route.protocol = message.u8(5);
  route.type = message.u8(7);
  const attributes = message.attributes(HEADER);
  while (attributes.next()) {
    switch (attributes.type) {
      case RTA_DST:
        route.dst = attributes.bytes;
        break;
      case RTA_OIF:
        route.index = attributes.u32;
        break;
      case RTA_PRIORITY:
        route.priority = attributes.u32;
        break;
      case RTA_PREFSRC:
        route.source = attributes.bytes;
        break;
    }
  }
  return route;
}

function begin(writer: MessageWriter, type: i32, flags: i32, route: HostRoute): void {
  writer.begin(type, flags);
  destination(writer, route.dst);
  writer.rawU8(RT_TABLE_MAIN);
  writer.rawU8(route.protocol);
  writer.rawU8(RT_SCOPE_LINK); // of which IPv6 takes no notice
  writer.rawU8(route.type);
  writer.rawU32(0);
  writer.bytes(RTA_DST, route.dst);
  writer.u32(RTA_OIF, route.index);
  writer.u32(RTA_PRIORITY, route.priority);
}

/** The beginning of a struct rtmsg: family, dst_len, src_len and tos. */
function destination(writer: MessageWriter, dst: Uint8Array): void {
  writer.rawU8(isIpv4(dst) ? AF_INET : AF_INET6);
  writer.rawU8(8 * dst.length);
  writer.rawU16(0);
}
