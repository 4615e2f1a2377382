import { IFF_UP } from "../../assembly/linux/if.ts";
import {
  IFLA_ADDRESS,
  IFLA_IFALIAS,
  IFLA_IFNAME,
  IFLA_LINK,
  IFLA_LINKINFO,
} from "../../assembly/linux/if_link.ts";
import { NDA_DST, NDA_IFINDEX, NDA_LLADDR } from "../../assembly/linux/neighbour.ts";
import { NLA_TYPE_MASK, NLM_F_CREATE, NLM_F_EXCL } from "../../assembly/linux/netlink.ts";
import {
  RT_SCOPE_LINK,
  RT_TABLE_MAIN,
  RTA_DST,
  RTA_OIF,
  RTA_PREFSRC,
  RTA_PRIORITY,
  RTM_DELLINK,
  RTM_DELNEIGH,
  RTM_DELROUTE,
  RTM_GETNEIGH,
  RTM_NEWLINK,
  RTM_NEWNEIGH,
  RTM_NEWROUTE,
  RTM_SETLINK,
  RTN_UNICAST,
} from "../../assembly/linux/rtnetlink.ts";
import { AF_INET, AF_INET6 } from "../../assembly/linux/socket.ts";
import { align, attributeLength, isMacvlan, isText, NLATTR, NLMSGHDR } from "./attributes.ts";

/** What an invocation may do to the host's own macvlans, the shims. */
export interface ShimRights {
  /** Make them, and routes and neighbours through them. */
  readonly opensHost: boolean;
  /** Take these away. */
  readonly closesHost: boolean;
}

/** The index of a shim is that of its master and this. */
const INDEX_BASE = 1_000_000_000;
const NAME = "mvhost";
const PROTOCOL = 193;
const NEW = NLM_F_CREATE | NLM_F_EXCL;

/** A kind of messages: what it needs, and the length of the struct in front. */
interface Kind {
  readonly right?: keyof ShimRights;
  readonly header: number;
}

const KINDS: Readonly<Record<number, Kind>> = {
  [RTM_NEWLINK]: { right: "opensHost", header: 16 },
  [RTM_SETLINK]: { right: "opensHost", header: 16 },
  [RTM_DELLINK]: { right: "closesHost", header: 16 },
  [RTM_NEWROUTE]: { right: "opensHost", header: 12 },
  [RTM_DELROUTE]: { right: "closesHost", header: 12 },
  [RTM_NEWNEIGH]: { right: "opensHost", header: 12 },
  [RTM_DELNEIGH]: { right: "closesHost", header: 12 },
  [RTM_GETNEIGH]: { header: 12 },
};

/** One message, whose attributes are read: each is there once at most. */
interface Message {
  readonly type: number;
  readonly flags: number;
  /** What follows the struct nlmsghdr. */
  readonly header: DataView;
  readonly attributes: ReadonlyMap<number, DataView>;
}

/** Whether one whole message is about a shim alone, and allowed. */
export function isAboutShim(bytes: Uint8Array, rights: ShimRights): boolean {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = view.getUint16(4, true);
  const kind = KINDS[type];
  if (kind === undefined || (kind.right && !rights[kind.right])) return false;
  const start = NLMSGHDR + kind.header;
  const attributes = start <= bytes.length ? attributesOf(view, start) : undefined;
  if (attributes === undefined) return false;
  const header = new DataView(bytes.buffer, bytes.byteOffset + NLMSGHDR, kind.header);
  const message = { type, flags: view.getUint16(6, true), header, attributes };
  if (kind.header === 16) return isLink(message);
  const isRoutes = type === RTM_NEWROUTE || type === RTM_DELROUTE;
  if (isRoutes) return isRoute(message);
  return type === RTM_GETNEIGH ? isQuestion(message) : isNeighbour(message);
}

function attributesOf(view: DataView, start: number): Map<number, DataView> | undefined {
  const attributes = new Map<number, DataView>();
  for (let at = start; at < view.byteLength; ) {
    const length = attributeLength(view, at, view.byteLength);
    if (length === 0) return undefined;
    const type = view.getUint16(at + 2, true) & NLA_TYPE_MASK;
    if (attributes.has(type)) return undefined;
    const value = new DataView(view.buffer, view.byteOffset + at + NLATTR, length - NLATTR);
    attributes.set(type, value);
    at += align(length);
  }
  return attributes;
}

/** A macvlan on its master is made, set up with an alias, or removed. */
function isLink({ type, flags, header, attributes }: Message): boolean {
  const index = header.getUint32(4, true);
  if (!isShim(index)) return false;
  if (type === RTM_DELLINK) return attributes.size === 0;
  if (type === RTM_SETLINK) {
    const isUp = header.getUint32(8, true) === IFF_UP && header.getUint32(12, true) === IFF_UP;
    return isUp && hasOnly(attributes, [IFLA_IFALIAS]);
  }
  const master = index - INDEX_BASE;
  const name = attributes.get(IFLA_IFNAME);
  const info = attributes.get(IFLA_LINKINFO);
  if (name === undefined || info === undefined || (flags & NEW) !== NEW) return false;
  return (
    hasOnly(attributes, [IFLA_ADDRESS, IFLA_IFNAME, IFLA_LINK, IFLA_LINKINFO]) &&
    numberOf(attributes.get(IFLA_LINK)) === master &&
    isText(name, 0, name.byteLength, `${NAME}${master}\0`) &&
    isMacvlan(info, 0, info.byteLength)
  );
}

/** A route to one address through a shim, in the main table, marked as ours. */
function isRoute({ header, attributes }: Message): boolean {
  const family = header.getUint8(0);
  const length = family === AF_INET ? 4 : 16;
  return (
    (family === AF_INET || family === AF_INET6) &&
    attributes.get(RTA_DST)?.byteLength === length &&
    header.getUint32(0, true) === (family | ((8 * length) << 8)) &&
    header.getUint8(4) === RT_TABLE_MAIN &&
    header.getUint8(5) === PROTOCOL &&
    header.getUint8(6) === RT_SCOPE_LINK &&
    header.getUint8(7) === RTN_UNICAST &&
    header.getUint32(8, true) === 0 &&
    hasOnly(attributes, [RTA_DST, RTA_OIF, RTA_PRIORITY, RTA_PREFSRC]) &&
    isShim(numberOf(attributes.get(RTA_OIF)))
  );
}

/** A neighbour behind a shim; not one that the host answers for (NTF_PROXY). */
function isNeighbour({ header, attributes }: Message): boolean {
  const isFlagged = header.getUint8(10) !== 0;
  return (
    !isFlagged && isShim(header.getUint32(4, true)) && hasOnly(attributes, [NDA_DST, NDA_LLADDR])
  );
}

/** Which neighbours, of whatever family, there are behind a shim. */
function isQuestion({ attributes }: Message): boolean {
  return hasOnly(attributes, [NDA_IFINDEX]) && isShim(numberOf(attributes.get(NDA_IFINDEX)));
}

function isShim(index: number): boolean {
  return index > INDEX_BASE && index < 2 * INDEX_BASE;
}

function hasOnly(attributes: ReadonlyMap<number, DataView>, types: readonly number[]): boolean {
  return [...attributes.keys()].every((type) => types.includes(type));
}

/** A number of 32 bits; 0 for what is none. */
function numberOf(value: DataView | undefined): number {
  return value?.byteLength === 4 ? value.getUint32(0, true) : 0;
}
