import { deleteLink, rename, setMac, setMtu, setUp } from "../device.ts";
import { Errno } from "../errno.ts";
import { type Link, type Macvlan, MAX_MTU, MIN_MTU } from "../link.ts";
import { createMacvlan, type MacvlanRequest, queueLengthUsed } from "../macvlan.ts";
import { isValidName, type Netns } from "../netns.ts";
import {
  AF_INET,
  ALTIFNAMSIZ,
  EAFNOSUPPORT,
  EEXIST,
  EINVAL,
  ENODEV,
  EOPNOTSUPP,
  EPERM,
  IFALIASZ,
  IFF_ALLMULTI,
  IFF_PROMISC,
  IFF_UP,
  IFLA_ADDRESS,
  IFLA_AF_SPEC,
  IFLA_ALT_IFNAME,
  IFLA_BOND_MODE,
  IFLA_BROADCAST,
  IFLA_CARRIER,
  IFLA_EXT_MASK,
  IFLA_GROUP,
  IFLA_IFALIAS,
  IFLA_IFNAME,
  IFLA_INET_CONF,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_INFO_SLAVE_KIND,
  IFLA_LINK,
  IFLA_LINK_NETNSID,
  IFLA_LINKINFO,
  IFLA_MACVLAN_BC_CUTOFF,
  IFLA_MACVLAN_BC_QUEUE_LEN,
  IFLA_MACVLAN_BC_QUEUE_LEN_USED,
  IFLA_MACVLAN_FLAGS,
  IFLA_MACVLAN_MACADDR,
  IFLA_MACVLAN_MACADDR_COUNT,
  IFLA_MACVLAN_MACADDR_DATA,
  IFLA_MACVLAN_MACADDR_MODE,
  IFLA_MACVLAN_MODE,
  IFLA_MASTER,
  IFLA_MAX_MTU,
  IFLA_MIN_MTU,
  IFLA_MTU,
  IFLA_NET_NS_FD,
  IFLA_OPERSTATE,
  IFLA_PERM_ADDRESS,
  IFLA_PROP_LIST,
  IFLA_TXQLEN,
  IFNAMSIZ,
  IPV4_DEVCONF_ARP_NOTIFY,
  MACVLAN_MACADDR_SET,
  NLM_F_CREATE,
  NLM_F_EXCL,
} from "../uapi.ts";
import { Attributes, attributeList, header, type Message, Writer } from "../wire.ts";
import type { Context } from "./index.ts";

/** sizeof(struct ifinfomsg) */
const IFINFOMSG = 16;

interface LinkMessage {
  readonly index: number;
  readonly flags: number;
  readonly change: number;
  readonly attributes: Attributes;
}

function decode({ payload }: Message): LinkMessage {
  const view = header(payload, IFINFOMSG);
  return {
    index: view.getInt32(4, true),
    flags: view.getUint32(8, true),
    change: view.getUint32(12, true),
    attributes: new Attributes(payload.slice(IFINFOMSG)),
  };
}

/** By ifi_index, else IFLA_IFNAME, else IFLA_ALT_IFNAME. */
function find(netns: Netns, { index, attributes }: LinkMessage): Link | undefined {
  if (index < 0) throw new Errno(EINVAL, "ifindex can't be negative");
  const name = attributes.string(IFLA_IFNAME, IFNAMSIZ);
  const altName = attributes.string(IFLA_ALT_IFNAME, ALTIFNAMSIZ);
  if (index > 0) return netns.links.get(index);
  const wanted = name ?? altName;
  return wanted === undefined ? undefined : netns.find(wanted);
}

function existing(netns: Netns, request: LinkMessage): Link {
  const { index, attributes } = request;
  const named = [IFLA_IFNAME, IFLA_ALT_IFNAME].some((type) => attributes.types.includes(type));
  if (index === 0 && !named) throw new Errno(EINVAL);
  const link = find(netns, request);
  if (link === undefined) throw new Errno(ENODEV);
  return link;
}

/** RTM_NEWLINK: rtnl_newlink() of the kernel. */
export function newLink(message: Message, { netns, caller }: Context): undefined {
  const request = decode(message);
  const { attributes } = request;
  const fd = attributes.u32(IFLA_NET_NS_FD);
  const target = fd === undefined ? netns : caller.netnsOf(fd);
  const link = find(netns.kernel.namesOfSource ? netns : target, request);
  if (link) {
    if ((message.flags & NLM_F_EXCL) !== 0) throw new Errno(EEXIST);
    change(link, request);
    return;
  }
  if ((message.flags & NLM_F_CREATE) === 0) throw new Errno(ENODEV);
  create(netns, target, request);
}

function create(source: Netns, target: Netns, request: LinkMessage): void {
  const { attributes } = request;
  const info = attributes.nested(IFLA_LINKINFO);
  if (info?.string(IFLA_INFO_KIND, IFNAMSIZ) !== "macvlan") {
    throw new Errno(EOPNOTSUPP, "Unknown device type");
  }
  const data = info.nested(IFLA_INFO_DATA);
  const name = attributes.string(IFLA_IFNAME, IFNAMSIZ) ?? "macvlan%d";
  if (!isValidName(name)) throw new Errno(EINVAL);
  const lower = attributes.u32(IFLA_LINK);
  if (lower === undefined) throw new Errno(EINVAL);
  if (!target.netAdmin) throw new Errno(EPERM);
  const link = createMacvlan(target, {
    name,
    index: request.index === 0 ? undefined : request.index,
    lower: source.links.get(lower),
    mtu: attributes.u32(IFLA_MTU),
    mac: attributes.bytes(IFLA_ADDRESS),
    ...macvlanParts(data, target.kernel.macvlanMax),
  });
  link.txQueueLength = attributes.u32(IFLA_TXQLEN) ?? link.txQueueLength;
  link.group = attributes.u32(IFLA_GROUP) ?? link.group;
  try {
    changeFlags(link, request);
  } catch (error) {
    target.remove(link);
    throw error;
  }
  target.tell({ what: "link", link, gone: false });
}

/** What the driver takes from IFLA_INFO_DATA: nothing that it does not know. */
function macvlanParts(data: Attributes | undefined, max: number): Partial<MacvlanRequest> {
  const number = (type: number) => (type <= max ? data?.u32(type) : undefined);
  return {
    mode: number(IFLA_MACVLAN_MODE),
    flags: data?.u16(IFLA_MACVLAN_FLAGS),
    sources: data && sourcesIn(data),
    queueLength: number(IFLA_MACVLAN_BC_QUEUE_LEN),
    cutoff: data && IFLA_MACVLAN_BC_CUTOFF <= max ? data.i32(IFLA_MACVLAN_BC_CUTOFF) : undefined,
  };
}

/** macvlan_changelink_sources() of the kernel, which can also add and delete. */
function sourcesIn(data: Attributes): Uint8Array[] | undefined {
  const mode = data.u32(IFLA_MACVLAN_MACADDR_MODE);
  if (mode === undefined) return undefined;
  if (mode !== MACVLAN_MACADDR_SET) throw new Errno(EOPNOTSUPP, "only MACVLAN_MACADDR_SET");
  const list = attributeList(data.bytes(IFLA_MACVLAN_MACADDR_DATA) ?? new Uint8Array(0));
  return list.filter(([type]) => type === IFLA_MACVLAN_MACADDR).map(([, value]) => value);
}

/** RTM_SETLINK: rtnl_setlink() of the kernel. */
export function setLink(message: Message, { netns }: Context): undefined {
  const request = decode(message);
  change(existing(netns, request), request);
}

/** do_setlink() of the kernel, in its order. */
function change(link: Link, request: LinkMessage): void {
  const { attributes, index } = request;
  if (attributes.types.includes(IFLA_NET_NS_FD)) throw new Errno(EOPNOTSUPP, "cannot move a link");
  const mac = attributes.bytes(IFLA_ADDRESS);
  if (mac) setMac(link, mac);
  const mtu = attributes.u32(IFLA_MTU);
  if (mtu !== undefined) setMtu(link, mtu);
  const name = attributes.string(IFLA_IFNAME, IFNAMSIZ);
  if (index > 0 && name !== undefined) rename(link, name);
  link.alias = attributes.string(IFLA_IFALIAS, IFALIASZ) ?? link.alias;
  changeFlags(link, request);
  link.txQueueLength = attributes.u32(IFLA_TXQLEN) ?? link.txQueueLength;
  link.group = attributes.u32(IFLA_GROUP) ?? link.group;
  const families = attributes.nested(IFLA_AF_SPEC);
  if (families) changeFamilies(link, families);
}

/** __dev_change_flags() of the kernel. */
function changeFlags(link: Link, { flags, change }: LinkMessage): void {
  if (flags === 0 && change === 0) return;
  const mask = change === 0 ? 0xffff_ffff : change;
  if ((mask & IFF_PROMISC) !== 0) link.promisc = (flags & IFF_PROMISC) !== 0;
  if ((mask & IFF_ALLMULTI) !== 0) link.allmulti = (flags & IFF_ALLMULTI) !== 0;
  if ((mask & IFF_UP) !== 0) setUp(link, (flags & IFF_UP) !== 0);
}

/** inet_set_link_af() of the kernel: sysctls of the interface by their numbers. */
function changeFamilies(link: Link, families: Attributes): void {
  if (families.types.some((family) => family !== AF_INET)) throw new Errno(EAFNOSUPPORT);
  const settings = families.nested(AF_INET)?.nested(IFLA_INET_CONF);
  for (const number of settings?.types ?? []) {
    if (number !== IPV4_DEVCONF_ARP_NOTIFY) throw new Errno(EINVAL);
    link.settings.set("ipv4/conf", "arp_notify", settings?.i32(number) ?? 0);
  }
}

/** RTM_DELLINK: rtnl_dellink() of the kernel. */
export function delLink(message: Message, { netns }: Context): undefined {
  deleteLink(existing(netns, decode(message)));
}

/** RTM_GETLINK without NLM_F_DUMP: rtnl_getlink() of the kernel. */
export function getLink(message: Message, { netns, strict }: Context): Uint8Array {
  const request = decode(message);
  if (strict) checkStrictly(request, [IFLA_IFNAME, IFLA_ALT_IFNAME, IFLA_EXT_MASK]);
  return encodeLink(existing(netns, request));
}

/** RTM_GETLINK with NLM_F_DUMP: rtnl_dump_ifinfo() of the kernel. */
export function dumpLinks(message: Message, { netns, strict }: Context): Uint8Array[] {
  const request = decode(message);
  const links = [...netns.links.values()].sort((a, b) => a.index - b.index);
  if (!strict) return links.map(encodeLink);
  if (request.index !== 0) {
    throw new Errno(EINVAL, "Filter by device index not supported for link dumps");
  }
  checkStrictly(request, [IFLA_MASTER, IFLA_LINKINFO, IFLA_EXT_MASK]);
  const kind = request.attributes.nested(IFLA_LINKINFO)?.string(IFLA_INFO_KIND, IFNAMSIZ);
  return links.filter((link) => kind === undefined || link.kind === kind).map(encodeLink);
}

function checkStrictly(request: LinkMessage, allowed: readonly number[]): void {
  if (request.flags !== 0 || request.change !== 0) {
    throw new Errno(EINVAL, "Invalid values in header for get link request");
  }
  if (!request.attributes.types.every((type) => allowed.includes(type))) {
    throw new Errno(EINVAL, "Unsupported attribute in get link request");
  }
}

/** struct ifinfomsg and the attributes of one interface (rtnl_fill_ifinfo()). */
export function encodeLink(link: Link): Uint8Array {
  const writer = new Writer().u8(0, 0).u16(link.hardware).u32(link.index).u32(link.flags).u32(0);
  writer.attrString(IFLA_IFNAME, link.name);
  writer.attrU32(IFLA_TXQLEN, link.txQueueLength).attrU8(IFLA_OPERSTATE, link.operstate);
  writer.attrU32(IFLA_MTU, link.mtu).attrU32(IFLA_GROUP, link.group);
  if (link.alias !== "") writer.attrString(IFLA_IFALIAS, link.alias);
  writer.attrU32(IFLA_MIN_MTU, link.loopback ? 0 : MIN_MTU);
  writer.attrU32(IFLA_MAX_MTU, link.loopback ? 0 : MAX_MTU);
  writer.attr(IFLA_ADDRESS, link.mac);
  writer.attr(IFLA_BROADCAST, new Uint8Array(6).fill(link.loopback ? 0 : 0xff));
  writer.attrU8(IFLA_CARRIER, link.carrier ? 1 : 0);
  if (link.permanentMac) writer.attr(IFLA_PERM_ADDRESS, link.permanentMac);
  if (link.lower) encodeLower(writer, link, link.lower);
  if (link.controller) writer.attrU32(IFLA_MASTER, link.controller.index);
  if (link.altNames.length > 0) {
    writer.nest(IFLA_PROP_LIST, (list) => {
      for (const name of link.altNames) list.attrString(IFLA_ALT_IFNAME, name);
    });
  }
  const hasInfo = link.kind !== "" || link.controller !== undefined;
  if (hasInfo) writer.nest(IFLA_LINKINFO, (info) => encodeInfo(info, link));
  return writer.take();
}

/** nla_put_iflink() of the kernel: an index means little without the namespace it is of. */
function encodeLower(writer: Writer, link: Link, lower: Link): void {
  const foreign = lower.netns !== link.netns;
  if (foreign || lower.index !== link.index) writer.attrU32(IFLA_LINK, lower.index);
  if (foreign) writer.attrU32(IFLA_LINK_NETNSID, link.netns.idOf(lower.netns));
}

function encodeInfo(info: Writer, link: Link): void {
  const { macvlan, bondMode, controller } = link;
  if (link.kind !== "") info.attrString(IFLA_INFO_KIND, link.kind);
  if (macvlan) info.nest(IFLA_INFO_DATA, (data) => encodeMacvlan(data, link, macvlan));
  if (bondMode !== undefined)
    info.nest(IFLA_INFO_DATA, (data) => data.attrU8(IFLA_BOND_MODE, bondMode));
  if (controller) info.attrString(IFLA_INFO_SLAVE_KIND, controller.kind);
}

/** macvlan_fill_info() of the kernel. */
function encodeMacvlan(data: Writer, link: Link, macvlan: Macvlan): void {
  const { sources } = macvlan;
  data.attrU32(IFLA_MACVLAN_MODE, macvlan.mode);
  data.attrU16(IFLA_MACVLAN_FLAGS, macvlan.flags);
  if (sources.length > 0) {
    data.attrU32(IFLA_MACVLAN_MACADDR_COUNT, sources.length);
    data.nest(IFLA_MACVLAN_MACADDR_DATA, (list) => {
      // the order is that of a hash table
      for (const mac of [...sources].reverse()) list.attr(IFLA_MACVLAN_MACADDR, mac);
    });
  }
  const { macvlanMax } = link.netns.kernel;
  if (macvlanMax < IFLA_MACVLAN_BC_QUEUE_LEN) return;
  data.attrU32(IFLA_MACVLAN_BC_QUEUE_LEN, macvlan.queueLength);
  data.attrU32(IFLA_MACVLAN_BC_QUEUE_LEN_USED, queueLengthUsed(link));
  const cutoff = link.lower?.broadcastCutoff ?? 1;
  if (macvlanMax < IFLA_MACVLAN_BC_CUTOFF || cutoff === 1) return;
  data.attrU32(IFLA_MACVLAN_BC_CUTOFF, cutoff);
}
