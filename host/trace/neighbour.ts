import { NDA_DST, NDA_LLADDR } from "../../assembly/linux/neighbour.ts";
import { RTM_NEWNEIGH } from "../../assembly/linux/rtnetlink.ts";
import { formatIp, formatMac } from "../sim/text.ts";
import { Attributes, type Message } from "./attributes.ts";
import type { Interfaces } from "./interfaces.ts";
import { type Words, words } from "./words.ts";

const NDMSG = 12;

/** A request about neighbours, or what the kernel says of one, in the words of ip-neighbour(8). */
export function neighbourWords({ payload, type }: Message, interfaces: Interfaces): Words {
  const attributes = new Attributes(payload, NDMSG);
  const ip = attributes.bytes(NDA_DST);
  const mac = attributes.bytes(NDA_LLADDR);
  const text = words([
    `ip neigh ${type === RTM_NEWNEIGH ? "replace" : "delete"}`,
    ip ? formatIp(ip) : "",
    ["lladdr", mac && formatMac(mac)],
    ["dev", interfaces.nameOf(payload.getInt32(4, true))],
  ]);
  return { text, unknown: attributes.unknown };
}
