import { Errno } from "../errno.ts";
import type { Link } from "../link.ts";
import { formatIp, formatMac, parseIp, parseMac } from "../text.ts";
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  EINVAL,
  ENODEV,
  ENOENT,
  EOPNOTSUPP,
  NDA_DST,
  NDA_IFINDEX,
  NDA_LLADDR,
  NLM_F_CREATE,
  NLM_F_REPLACE,
  NUD_PERMANENT,
  RTN_UNICAST,
} from "../uapi.ts";
import { Attributes, header, type Message, Writer } from "../wire.ts";
import type { Context } from "./index.ts";

/** sizeof(struct ndmsg) */
const NDMSG = 12;

/** RTM_NEWNEIGH: neigh_add() of the kernel, for neighbours that stay. */
export function newNeighbour(message: Message, context: Context): undefined {
  const { link, ip, mac } = decode(message, context);
  const state = header(message.payload, NDMSG).getUint16(8, true);
  const isPut = (message.flags & (NLM_F_CREATE | NLM_F_REPLACE)) === (NLM_F_CREATE | NLM_F_REPLACE);
  if (!isPut || state !== NUD_PERMANENT) throw new Errno(EOPNOTSUPP, "only permanent ones");
  if (mac?.length !== 6) throw new Errno(EINVAL, "Invalid link address");
  link.neighbours.set(ip, formatMac(mac));
}

/** RTM_DELNEIGH: neigh_delete() of the kernel. */
export function delNeighbour(message: Message, context: Context): undefined {
  const { link, ip } = decode(message, context);
  if (!link.neighbours.delete(ip)) throw new Errno(ENOENT);
}

/** RTM_GETNEIGH with NLM_F_DUMP: neigh_dump_info() of the kernel, IPv4 before IPv6. */
export function dumpNeighbours({ payload }: Message, { netns, strict }: Context): Uint8Array[] {
  const view = header(payload, strict ? NDMSG : 1);
  if (strict && payload.slice(1, NDMSG).some((byte) => byte !== 0)) {
    throw new Errno(EINVAL, "Invalid values in header for neighbor dump request");
  }
  const family = view.getUint8(0);
  const index = new Attributes(payload.slice(NDMSG)).u32(NDA_IFINDEX);
  const links = [...netns.links.values()].filter((link) => !index || link.index === index);
  return [AF_INET, AF_INET6]
    .filter((each) => family === AF_UNSPEC || family === each)
    .flatMap((each) => links.flatMap((link) => neighboursOf(link, each)));
}

function neighboursOf(link: Link, family: number): Uint8Array[] {
  const size = family === AF_INET ? 4 : 16;
  return [...link.neighbours].flatMap(([text, mac]) => {
    const ip = parseIp(text);
    if (ip.length !== size) return [];
    const writer = new Writer().u8(family).u8(0).u16(0).u32(link.index);
    writer.u16(NUD_PERMANENT).u8(0).u8(RTN_UNICAST);
    return [writer.attr(NDA_DST, ip).attr(NDA_LLADDR, parseMac(mac)).take()];
  });
}

function decode(
  { payload }: Message,
  { netns }: Context,
): { link: Link; ip: string; mac?: Uint8Array } {
  const view = header(payload, NDMSG);
  const attributes = new Attributes(payload.slice(NDMSG));
  const dst = attributes.bytes(NDA_DST);
  const link = netns.links.get(view.getUint32(4, true));
  if (dst === undefined) throw new Errno(EINVAL, "Network address not specified");
  if (link === undefined) throw new Errno(ENODEV);
  if (dst.length !== (view.getUint8(0) === AF_INET ? 4 : 16)) {
    throw new Errno(EINVAL, "Invalid network address");
  }
  const mac = attributes.bytes(NDA_LLADDR);
  return { link, ip: formatIp(dst), ...(mac && { mac }) };
}
