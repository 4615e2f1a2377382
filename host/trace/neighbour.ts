import { NDA_DST, NDA_IFINDEX, NDA_LLADDR } from "../../assembly/linux/neighbour.ts";
import { RTM_GETNEIGH, RTM_NEWNEIGH } from "../../assembly/linux/rtnetlink.ts";
import { formatIp, formatMac } from "../sim/text.ts";
import { Attributes, type Message } from "./attributes.ts";
import type { Interfaces } from "./interfaces.ts";
import { type Words, words } from "./words.ts";

const NDMSG = 12;

/** A request about neighbours in the words of ip-neighbour(8). */
export function neighbourRequest(message: Message, interfaces: Interfaces): Words {
  if (message.type === RTM_GETNEIGH) {
    const attributes = new Attributes(message.payload, NDMSG);
    const index = attributes.u32(NDA_IFINDEX);
    const dev = index === undefined ? undefined : interfaces.nameOf(index);
    return { text: words(["ip neigh show", ["dev", dev]]), unknown: attributes.unknown };
  }
  const { text, unknown } = neighbourAnswer(message, interfaces);
  return {
    text: `ip neigh ${message.type === RTM_NEWNEIGH ? "replace" : "delete"} ${text}`,
    unknown,
  };
}

/** A neighbour as the kernel describes it, in the same words. */
export function neighbourAnswer({ payload }: Message, interfaces: Interfaces): Words {
  const attributes = new Attributes(payload, NDMSG);
  const ip = attributes.bytes(NDA_DST);
  const mac = attributes.bytes(NDA_LLADDR);
  const text = words([
    ip ? formatIp(ip) : "",
    ["lladdr", mac && formatMac(mac)],
    ["dev", interfaces.nameOf(payload.getInt32(4, true))],
  ]);
  return { text, unknown: attributes.unknown };
}
