import { Errno } from "../errno.ts";
import type { Link } from "../link.ts";
import type { Netns } from "../netns.ts";
import { equalBytes, maskBits } from "../text.ts";
import {
  AF_INET,
  EINVAL,
  ENETUNREACH,
  ESRCH,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_MAIN,
  RTA_DST,
  RTA_OIF,
  RTA_PRIORITY,
} from "../uapi.ts";
import { Attributes, header, type Message } from "../wire.ts";
import type { Context } from "./index.ts";
import { encodeRoute } from "./route.ts";

/** sizeof(struct rtmsg) */
const RTMSG = 12;

/** RTM_DELROUTE: what the message does not say, or says as 0, may be anything. */
export function delRoute({ payload }: Message, { netns }: Context): undefined {
  const view = header(payload, RTMSG);
  const attributes = new Attributes(payload.slice(RTMSG));
  const oif = attributes.u32(RTA_OIF) ?? 0;
  const priority = attributes.u32(RTA_PRIORITY) ?? 0;
  const protocol = view.getUint8(5);
  const family = view.getUint8(0);
  const dst = attributes.bytes(RTA_DST) ?? new Uint8Array(family === AF_INET ? 4 : 16);
  const table = view.getUint8(4) || RT_TABLE_MAIN;
  const isThere = netns.routes.delete(
    { family, table, dst, dstLength: view.getUint8(1) },
    (route) =>
      (oif === 0 || route.hops.some(({ link }) => link.index === oif)) &&
      (priority === 0 || route.priority === priority) &&
      (protocol === 0 || route.protocol === protocol),
  );
  if (!isThere) throw new Errno(ESRCH);
}

/** RTM_GETROUTE without NLM_F_DUMP: inet_rtm_getroute() and inet6_rtm_getroute() of the kernel. */
export function getRoute({ payload }: Message, { netns }: Context): Uint8Array {
  const family = header(payload, RTMSG).getUint8(0);
  const dst = new Attributes(payload.slice(RTMSG)).bytes(RTA_DST);
  if (dst === undefined) throw new Errno(EINVAL);
  const route = netns.routes.way(family, dst);
  const hop = route?.hops.find(({ link }) => link.up);
  if (route === undefined || hop === undefined) throw new Errno(ENETUNREACH);
  return encodeRoute({
    ...route,
    dst,
    dstLength: 8 * dst.length,
    scope: RT_SCOPE_UNIVERSE,
    priority: 0,
    source: route.source ?? sourceOf(netns, hop.link, hop.gateway ?? dst),
    hops: [hop],
  });
}

/** inet_select_addr() and ipv6_dev_get_saddr() of the kernel, in short. */
function sourceOf(netns: Netns, link: Link, to: Uint8Array): Uint8Array | undefined {
  const others = [...netns.links.values()].filter((other) => other.up && other !== link);
  const addresses = [link, ...others]
    .flatMap((each) => each.addresses)
    .filter(({ bytes, scope }) => bytes.length === to.length && scope === RT_SCOPE_UNIVERSE);
  const near = addresses.find(
    ({ link: of, prefix, prefixLength }) =>
      of === link && equalBytes(maskBits(to, prefixLength), prefix),
  );
  return (near ?? addresses[0])?.bytes;
}
