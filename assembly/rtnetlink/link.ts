import { AF_UNSPEC } from "../linux/socket";
import { IFF_UP, IFNAMSIZ } from "../linux/if";
import {
  IFLA_ADDRESS,
  IFLA_ALT_IFNAME,
  IFLA_BOND_MODE,
  IFLA_EXT_MASK,
  IFLA_GROUP,
  IFLA_IFALIAS,
  IFLA_IFNAME,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_INFO_SLAVE_KIND,
  IFLA_LINK,
  IFLA_LINK_NETNSID,
  IFLA_LINKINFO,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_NET_NS_FD,
  IFLA_PERM_ADDRESS,
  IFLA_PROP_LIST,
  IFLA_TXQLEN,
} from "../linux/if_link";
import { NLM_F_CREATE, NLM_F_EXCL } from "../linux/netlink";
import {
  RTEXT_FILTER_SKIP_STATS,
  RTM_DELLINK,
  RTM_GETLINK,
  RTM_NEWLINK,
  RTM_SETLINK,
} from "../linux/rtnetlink";
import { MAC_LENGTH } from "../net/mac";
import { AttrReader } from "./attr";
import { MacvlanData, readMacvlanData, writeMacvlanData } from "./macvlan";
import { MessageReader, MessageWriter } from "./message";

// struct ifinfomsg (linux/rtnetlink.h):
//
//   0        1     2           4         8         12        16
//   +--------+-----+-----------+---------+---------+---------+
//   | family | pad | type      | index   | flags   | change  |
//   +--------+-----+-----------+---------+---------+---------+
const HEADER: i32 = 16;

export const MACVLAN: string = "macvlan";
/** The same driver with a character device. */
export const MACVTAP: string = "macvtap";
const BOND: string = "bond";

/** What a new macvlan is to be. Zero and empty mean: as the kernel chooses. */
export class MacvlanSpec {
  /** To have this index. */
  index: i32 = 0;
  name: string = "";
  /** Index of the lower device, in the namespace of the socket. */
  master: i32 = 0;
  /** Descriptor of the namespace to be born in, or -1 for that of the socket. */
  netns: i32 = -1;
  /** Bytes. */
  mtu: u32 = 0;
  mac: Uint8Array = new Uint8Array(0);
  /** IFF_* that are set. */
  flags: u32 = 0;
  /** Packets. */
  txQueueLen: u32 = 0;
  group: u32 = 0;
  macvlan: MacvlanData = new MacvlanData();
}

/** `ip link add link MASTER name NAME netns NETNS type macvlan mode MODE`, in one message. */
export function newMacvlan(writer: MessageWriter, spec: MacvlanSpec): void {
  writer.begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
  header(writer, spec.index, spec.flags, spec.flags);
  if (spec.mac.length > 0) writer.bytes(IFLA_ADDRESS, spec.mac);
  writer.text(IFLA_IFNAME, spec.name);
  if (spec.mtu > 0) writer.u32(IFLA_MTU, spec.mtu);
  writer.u32(IFLA_LINK, spec.master);
  if (spec.txQueueLen > 0) writer.u32(IFLA_TXQLEN, spec.txQueueLen);
  const info = writer.nestStart(IFLA_LINKINFO);
  writer.text(IFLA_INFO_KIND, MACVLAN);
  const data = writer.nestStart(IFLA_INFO_DATA);
  writeMacvlanData(writer, spec.macvlan);
  writer.nestEnd(data);
  writer.nestEnd(info);
  if (spec.group > 0) writer.u32(IFLA_GROUP, spec.group);
  if (spec.netns >= 0) writer.u32(IFLA_NET_NS_FD, spec.netns);
  writer.end();
}

/** `ip link show dev NAME`; NAME may be an alternative name, which is longer than a name can be. */
export function getLinkByName(writer: MessageWriter, name: string): void {
  const isName = String.UTF8.byteLength(name) < IFNAMSIZ;
  writer.begin(RTM_GETLINK, 0);
  header(writer, 0, 0, 0);
  writer.text(isName ? IFLA_IFNAME : IFLA_ALT_IFNAME, name);
  writer.u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  writer.end();
}

/** `ip link show`, the one with this index. */
export function getLinkByIndex(writer: MessageWriter, index: i32): void {
  writer.begin(RTM_GETLINK, 0);
  header(writer, index, 0, 0);
  writer.u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  writer.end();
}

/** `ip link show`, all of them. */
export function dumpLinks(writer: MessageWriter): void {
  writer.beginDump(RTM_GETLINK);
  header(writer, 0, 0, 0);
  writer.u32(IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
  writer.end();
}

/**
 * `ip link set dev INDEX up`, with `alias ALIAS` if there is one, which the kernel does not take
 * from the message that makes a link, and `address MAC`, which it does before it sets the link up.
 */
export function setLinkUp(
  writer: MessageWriter,
  index: i32,
  alias: string,
  mac: Uint8Array = new Uint8Array(0),
): void {
  writer.begin(RTM_SETLINK, 0);
  header(writer, index, IFF_UP, IFF_UP);
  if (mac.length > 0) writer.bytes(IFLA_ADDRESS, mac);
  // Without a NUL, which the kernel would count.
  if (alias.length > 0) writer.bytes(IFLA_IFALIAS, Uint8Array.wrap(String.UTF8.encode(alias)));
  writer.end();
}

/** `ip link set dev INDEX down`. */
export function setLinkDown(writer: MessageWriter, index: i32): void {
  writer.begin(RTM_SETLINK, 0);
  header(writer, index, 0, IFF_UP);
  writer.end();
}

/** `ip link set dev INDEX name NAME`. */
export function renameLink(writer: MessageWriter, index: i32, name: string): void {
  writer.begin(RTM_SETLINK, 0);
  header(writer, index, 0, 0);
  writer.text(IFLA_IFNAME, name);
  writer.end();
}

/** `ip link delete dev INDEX`. */
export function deleteLink(writer: MessageWriter, index: i32): void {
  writer.begin(RTM_DELLINK, 0);
  header(writer, index, 0, 0);
  writer.end();
}

function header(writer: MessageWriter, index: i32, flags: u32, change: u32): void {
  writer.rawU8(AF_UNSPEC);
  writer.rawU8(0);
  writer.rawU16(0);
  writer.rawU32(index);
  writer.rawU32(flags);
  writer.rawU32(change);
}

/** An interface, as RTM_NEWLINK describes it. */
export class Link {
  index: i32 = 0;
  /** ARPHRD_*. */
  type: i32 = 0;
  /** IFF_*. */
  flags: u32 = 0;
  mac: Uint8Array = new Uint8Array(MAC_LENGTH);
  /** That of the hardware; empty where there is none. */
  permanentMac: Uint8Array = new Uint8Array(0);
  name: string = "";
  altNames: string[] = [];
  /** Bytes. */
  mtu: u32 = 0;
  /** Index of the lower device, in whatever namespace it is. */
  lower: i32 = 0;
  /** True if that is another namespace than the link's. */
  isLowerElsewhere: bool = false;
  /** Index of the bridge, bond or other that it is a port of. */
  controller: i32 = 0;
  /** What kind that is of: "bridge", "bond", "openvswitch", "vrf". */
  controllerKind: string = "";
  /** Packets. */
  txQueueLen: u32 = 0;
  group: u32 = 0;
  alias: string = "";
  kind: string = "";
  readonly macvlan: MacvlanData = new MacvlanData();
  /** BOND_MODE_* of a bond. */
  bondMode: i32 = 0;

  /** By name or alternative name. */
  isNamed(name: string): bool {
    return this.name == name || this.altNames.includes(name);
  }
}

/** Reads an RTM_NEWLINK message. */
export function readLink(message: MessageReader): Link {
  const link = new Link();
  link.type = message.u16(2);
  link.index = <i32>message.u32(4);
  link.flags = message.u32(8);
  const attributes = message.attributes(HEADER);
  while (attributes.next()) {
    switch (attributes.type) {
      case IFLA_ADDRESS:
        link.mac = attributes.bytes;
        break;
      case IFLA_IFNAME:
        link.name = attributes.text;
        break;
      case IFLA_MTU:
        link.mtu = attributes.u32;
        break;
      case IFLA_LINK:
        link.lower = attributes.u32;
        break;
      case IFLA_LINK_NETNSID:
        link.isLowerElsewhere = true;
        break;
      case IFLA_MASTER:
        link.controller = attributes.u32;
        break;
      case IFLA_TXQLEN:
        link.txQueueLen = attributes.u32;
        break;
      case IFLA_GROUP:
        link.group = attributes.u32;
        break;
      case IFLA_IFALIAS:
        link.alias = attributes.text;
        break;
      case IFLA_LINKINFO:
        readLinkInfo(attributes.nested, link);
        break;
      case IFLA_PERM_ADDRESS:
        link.permanentMac = attributes.bytes;
        break;
      case IFLA_PROP_LIST:
        readAltNames(attributes.nested, link);
        break;
    }
  }
  return link;
}

function readAltNames(attributes: AttrReader, link: Link): void {
  while (attributes.next()) {
    if (attributes.type == IFLA_ALT_IFNAME) link.altNames.push(attributes.text);
  }
}

function readLinkInfo(attributes: AttrReader, link: Link): void {
  while (attributes.next()) {
    // The kernel writes the kind before the data, whose meaning depends on it.
    if (attributes.type == IFLA_INFO_KIND) link.kind = attributes.text;
    if (attributes.type == IFLA_INFO_SLAVE_KIND) link.controllerKind = attributes.text;
    if (attributes.type != IFLA_INFO_DATA) continue;
    if (link.kind == MACVLAN || link.kind == MACVTAP)
      readMacvlanData(attributes.nested, link.macvlan);
    if (link.kind == BOND) readBond(attributes.nested, link);
  }
}

function readBond(attributes: AttrReader, link: Link): void {
  while (attributes.next()) {
    if (attributes.type == IFLA_BOND_MODE) link.bondMode = attributes.u8;
  }
}
