import { Errno } from "../errno.ts";
import type { Link } from "../link.ts";
import { formatIp, formatMac } from "../text.ts";
import {
  AF_INET,
  EINVAL,
  ENODEV,
  ENOENT,
  EOPNOTSUPP,
  NDA_DST,
  NDA_LLADDR,
  NLM_F_CREATE,
  NLM_F_REPLACE,
  NUD_PERMANENT,
} from "../uapi.ts";
import { Attributes, header, type Message } from "../wire.ts";
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
