// Probe of what assembly/rtnetlink writes, for test/rtnetlink.
import "../../assembly/abort";
import { parseCidr } from "../../assembly/net/cidr";
import { parseIp } from "../../assembly/net/ip";
import { MAC_LENGTH } from "../../assembly/net/mac";
import { deleteAddress, dumpAddresses, newAddress } from "../../assembly/rtnetlink/address";
import {
  deleteHostRoute,
  dumpRoutesOf,
  getRoute,
  HostRoute,
  replaceHostRoute,
} from "../../assembly/rtnetlink/host-route";
import {
  deleteLink,
  dumpLinks,
  getLinkByIndex,
  getLinkByName,
  MacvlanSpec,
  newMacvlan,
  renameLink,
  setLinkDown,
  setLinkUp,
} from "../../assembly/rtnetlink/link";
import { MacvlanData } from "../../assembly/rtnetlink/macvlan";
import { MessageWriter } from "../../assembly/rtnetlink/message";
import { deleteNeighbour, dumpNeighbours, newNeighbour } from "../../assembly/rtnetlink/neighbour";
import { dumpRoutes, KernelRoute, newRoute } from "../../assembly/rtnetlink/route";
import { deleteRule, dumpRules, newRule, sourceRule } from "../../assembly/rtnetlink/rule";

/** All messages that were written since `begin`. */
let writer: MessageWriter = new MessageWriter();

export function begin(): void {
  writer = new MessageWriter();
}

/** The bytes of all messages, numbered upwards from `sequence`. */
export function written(sequence: u32): ArrayBuffer {
  writer.setSequence(sequence);
  return bytesBetween(0, writer.count);
}

export function writtenAt(index: i32): ArrayBuffer {
  return bytesBetween(index, index + 1);
}

function bytesBetween(from: i32, to: i32): ArrayBuffer {
  const start = writer.addressOf(from);
  const bytes = new ArrayBuffer(<i32>(writer.addressOf(to) - start));
  memory.copy(changetype<usize>(bytes), start, bytes.byteLength);
  return bytes;
}

export function isBroken(): bool {
  return writer.isBroken;
}

export function macvlan(
  name: string,
  master: i32,
  netns: i32,
  mtu: u32,
  mac: ArrayBuffer,
  flags: u32,
  txQueueLen: u32,
  group: u32,
  data: MacvlanData,
): void {
  const spec = new MacvlanSpec();
  spec.name = name;
  spec.master = master;
  spec.netns = netns;
  spec.mtu = mtu;
  spec.mac = Uint8Array.wrap(mac);
  spec.flags = flags;
  spec.txQueueLen = txQueueLen;
  spec.group = group;
  spec.macvlan = data;
  newMacvlan(writer, spec);
}

/** `sources`: one after the other. A `bcCutoff` of 1 is none. */
export function macvlanData(
  mode: u32,
  flags: i32,
  sources: ArrayBuffer,
  bcQueueLen: u32,
  bcCutoff: i32,
): MacvlanData {
  const data = new MacvlanData();
  data.mode = mode;
  data.flags = flags;
  for (let at = 0; at < sources.byteLength; at += MAC_LENGTH) {
    data.sources.push(Uint8Array.wrap(sources, at, MAC_LENGTH));
  }
  data.bcQueueLen = bcQueueLen;
  data.bcCutoff = bcCutoff;
  data.hasBcCutoff = bcCutoff != 1;
  return data;
}

export function linkByName(name: string): void {
  getLinkByName(writer, name);
}

export function linkByIndex(index: i32): void {
  getLinkByIndex(writer, index);
}

export function linkDump(): void {
  dumpLinks(writer);
}

export function linkUp(index: i32, alias: string, mac: ArrayBuffer): void {
  setLinkUp(writer, index, alias, Uint8Array.wrap(mac));
}

export function linkDown(index: i32): void {
  setLinkDown(writer, index);
}

export function linkName(index: i32, name: string): void {
  renameLink(writer, index, name);
}

export function linkDelete(index: i32): void {
  deleteLink(writer, index);
}

export function address(index: i32, cidr: string, flags: u32): void {
  newAddress(writer, index, parseCidr(cidr)!, flags);
}

export function addressDelete(index: i32, cidr: string): void {
  deleteAddress(writer, index, parseCidr(cidr)!);
}

export function addressDump(family: i32, index: i32): void {
  dumpAddresses(writer, family, index);
}

/** `gateways`: separated by spaces. */
export function route(
  index: i32,
  dst: string,
  gateways: string,
  table: u32,
  scope: i32,
  priority: u32,
  mtu: u32,
  advmss: u32,
): void {
  const entry = new KernelRoute();
  entry.dst = parseCidr(dst)!;
  const list = gateways.length > 0 ? gateways.split(" ") : [];
  for (let i = 0; i < list.length; i++) entry.gateways.push(parseIp(list[i])!);
  entry.table = table;
  entry.scope = scope;
  entry.priority = priority;
  entry.mtu = mtu;
  entry.advmss = advmss;
  newRoute(writer, index, entry);
}

export function routeDump(family: i32, table: u32): void {
  dumpRoutes(writer, family, table);
}

export function ruleNew(address: string, table: u32, priority: u32, protocol: i32): void {
  newRule(writer, sourceRule(parseCidr(address)!, table, priority, protocol));
}

export function ruleDelete(address: string, table: u32, priority: u32, protocol: i32): void {
  deleteRule(writer, sourceRule(parseCidr(address)!, table, priority, protocol));
}

export function ruleDump(): void {
  dumpRules(writer);
}

/** @param source empty for none. */
export function hostRoute(
  index: i32,
  dst: string,
  priority: u32,
  source: string,
  isNew: bool,
): void {
  const entry = new HostRoute();
  entry.dst = parseIp(dst)!;
  entry.index = index;
  entry.protocol = 193;
  entry.priority = priority;
  if (source.length > 0) entry.source = parseIp(source)!;
  if (isNew) replaceHostRoute(writer, entry);
  else deleteHostRoute(writer, entry);
}

export function routeTo(dst: string): void {
  getRoute(writer, parseIp(dst)!);
}

export function routesOf(family: i32, index: i32, protocol: i32): void {
  dumpRoutesOf(writer, family, index, protocol);
}

/** @param mac empty to delete it. */
export function neighbour(index: i32, ip: string, mac: ArrayBuffer): void {
  if (mac.byteLength > 0) newNeighbour(writer, index, parseIp(ip)!, Uint8Array.wrap(mac));
  else deleteNeighbour(writer, index, parseIp(ip)!);
}

export function neighbourDump(index: i32): void {
  dumpNeighbours(writer, index);
}
