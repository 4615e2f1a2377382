// Probe of what assembly/rtnetlink reads, for test/rtnetlink.
import "../../assembly/abort";
import { JsonWriter } from "../../assembly/json/writer";
import { NLMSG_DONE, NLMSG_ERROR } from "../../assembly/linux/netlink";
import {
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWNEIGH,
  RTM_NEWROUTE,
  RTM_NEWRULE,
} from "../../assembly/linux/rtnetlink";
import { formatIp } from "../../assembly/net/ip";
import { formatMac } from "../../assembly/net/mac";
import { readAddress } from "../../assembly/rtnetlink/address";
import { readLink } from "../../assembly/rtnetlink/link";
import { MessageReader } from "../../assembly/rtnetlink/message";
import { readHostRoute } from "../../assembly/rtnetlink/host-route";
import { readNeighbour } from "../../assembly/rtnetlink/neighbour";
import { readRoute } from "../../assembly/rtnetlink/route";
import { readRule } from "../../assembly/rtnetlink/rule";

// Room for what decoding allocates, far below the datagram at the end of memory.
memory.grow(256);

/** Where a datagram of `length` bytes ends with the memory: a read past its end traps. */
export function placeOf(length: i32): usize {
  return ((<usize>memory.size()) << 16) - length;
}

/** All that the readers find in a datagram, as JSON. */
export function decode(start: usize, length: i32): string {
  const writer = new JsonWriter(false);
  const reader = new MessageReader(start, length);
  writer.openObject();
  writer.key("messages");
  writer.openArray();
  while (reader.next()) {
    writer.openObject();
    number(writer, "type", reader.type);
    number(writer, "flags", reader.flags);
    number(writer, "sequence", reader.sequence);
    if (reader.type == RTM_NEWLINK) describeLink(writer, reader);
    if (reader.type == RTM_NEWADDR) describeAddress(writer, reader);
    if (reader.type == RTM_NEWROUTE) describeRoute(writer, reader);
    if (reader.type == RTM_NEWNEIGH) describeNeighbour(writer, reader);
    if (reader.type == RTM_NEWRULE) describeRule(writer, reader);
    if (reader.type == NLMSG_ERROR || reader.type == NLMSG_DONE) {
      number(writer, "error", reader.error);
      text(writer, "errorText", reader.errorText);
    }
    writer.closeObject();
  }
  writer.closeArray();
  number(writer, "isBroken", <i64>reader.isBroken);
  writer.closeObject();
  return writer.toString();
}

function describeLink(writer: JsonWriter, message: MessageReader): void {
  const link = readLink(message);
  number(writer, "index", link.index);
  number(writer, "hardware", link.type);
  number(writer, "linkFlags", link.flags);
  text(writer, "mac", formatMac(link.mac));
  text(writer, "name", link.name);
  number(writer, "mtu", link.mtu);
  number(writer, "lower", link.lower);
  number(writer, "controller", link.controller);
  text(writer, "kind", link.kind);
  text(writer, "controllerKind", link.controllerKind);
  text(writer, "permanentMac", formatMac(link.permanentMac));
  text(writer, "altNames", link.altNames.join(" "));
  number(writer, "txqlen", link.txQueueLen);
  number(writer, "group", link.group);
  text(writer, "alias", link.alias);
  number(writer, "macvlanMode", link.macvlan.mode);
  number(writer, "macvlanFlags", link.macvlan.flags);
  number(writer, "bcQueueLen", link.macvlan.bcQueueLen);
  number(writer, "bcQueueLenUsed", link.macvlan.bcQueueLenUsed);
  writer.key("sources");
  writer.openArray();
  for (let i = 0; i < link.macvlan.sources.length; i++) {
    writer.text(formatMac(link.macvlan.sources[i]));
  }
  writer.closeArray();
}

function describeAddress(writer: JsonWriter, message: MessageReader): void {
  const address = readAddress(message);
  number(writer, "index", address.index);
  number(writer, "addressFlags", address.flags);
  text(writer, "ip", ipText(address.cidr.ip));
  number(writer, "prefix", address.cidr.prefix);
}

function describeRoute(writer: JsonWriter, message: MessageReader): void {
  const route = readRoute(message);
  number(writer, "family", route.family);
  number(writer, "routeType", route.type);
  text(writer, "dst", ipText(route.dst.ip));
  number(writer, "prefix", route.dst.prefix);
  number(writer, "table", route.table);
  number(writer, "scope", route.scope);
  number(writer, "priority", route.priority);
  number(writer, "mtu", route.mtu);
  number(writer, "advmss", route.advmss);
  const host = readHostRoute(message);
  number(writer, "protocol", host.protocol);
  number(writer, "out", host.index);
  text(writer, "source", host.source.length > 0 ? ipText(host.source) : "");
  writer.key("gateways");
  writer.openArray();
  for (let i = 0; i < route.gateways.length; i++) writer.text(ipText(route.gateways[i]));
  writer.closeArray();
  writer.key("interfaces");
  writer.openArray();
  for (let i = 0; i < route.interfaces.length; i++) writer.integer(route.interfaces[i]);
  writer.closeArray();
}

function describeNeighbour(writer: JsonWriter, message: MessageReader): void {
  const neighbour = readNeighbour(message);
  number(writer, "index", neighbour.index);
  number(writer, "state", neighbour.state);
  text(writer, "ip", ipText(neighbour.ip));
  text(writer, "mac", formatMac(neighbour.mac));
}

function describeRule(writer: JsonWriter, message: MessageReader): void {
  const rule = readRule(message);
  number(writer, "family", rule.family);
  text(writer, "source", ipText(rule.source.ip));
  number(writer, "prefix", rule.source.prefix);
  number(writer, "table", rule.table);
  number(writer, "priority", rule.priority);
  number(writer, "protocol", rule.protocol);
  number(writer, "action", rule.action);
}

/** The kernel sends 4 or 16 bytes; of other lengths only that many are told. */
function ipText(ip: Uint8Array): string {
  return ip.length == 4 || ip.length == 16 ? formatIp(ip) : `${ip.length.toString()} bytes`;
}

function number(writer: JsonWriter, key: string, value: i64): void {
  writer.key(key);
  writer.integer(value);
}

function text(writer: JsonWriter, key: string, value: string): void {
  writer.key(key);
  writer.text(value);
}
