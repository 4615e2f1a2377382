import { NLM_F_EXCL } from "../../assembly/linux/netlink.ts";
import {
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_MAIN,
  RTA_DST,
  RTA_GATEWAY,
  RTA_METRICS,
  RTA_MULTIPATH,
  RTA_OIF,
  RTA_PRIORITY,
  RTA_TABLE,
  RTAX_ADVMSS,
  RTAX_MTU,
  RTM_GETROUTE,
  RTM_NEWROUTE,
} from "../../assembly/linux/rtnetlink.ts";
import { formatIp } from "../sim/text.ts";
import { Attributes, type Message, part } from "./attributes.ts";
import type { Interfaces } from "./interfaces.ts";
import { familyOf, type Words, words } from "./words.ts";

const RTMSG = 12;
const RTNEXTHOP = 8;

/** A request about routes in the words of ip-route(8). */
export function routeRequest(message: Message, interfaces: Interfaces): Words {
  const { payload, type } = message;
  const family = familyOf(payload.getUint8(0));
  if (type === RTM_GETROUTE) {
    const attributes = new Attributes(payload, RTMSG);
    const table = attributes.u32(RTA_TABLE) ?? payload.getUint8(4);
    return { text: `ip${family} route show table ${tableOf(table)}`, unknown: attributes.unknown };
  }
  const { text, unknown } = describe(payload, interfaces);
  const added = message.flags & NLM_F_EXCL ? "add" : "prepend";
  return { text: `ip${family} route ${type === RTM_NEWROUTE ? added : "delete"} ${text}`, unknown };
}

/** A route as the kernel describes it, in the words of `ip route show`. */
export function routeAnswer({ payload, type }: Message, interfaces: Interfaces): Words {
  const { text, unknown } = describe(payload, interfaces);
  return { text: type === RTM_NEWROUTE ? text : `deleted ${text}`, unknown };
}

function describe(payload: DataView, interfaces: Interfaces): Words {
  const attributes = new Attributes(payload, RTMSG);
  const dst = attributes.bytes(RTA_DST);
  const prefix = payload.getUint8(1);
  const oif = attributes.u32(RTA_OIF);
  const table = attributes.u32(RTA_TABLE) ?? payload.getUint8(4);
  const scope = payload.getUint8(6);
  const metrics = attributes.nested(RTA_METRICS);
  const text = words([
    dst && prefix > 0 ? `${formatIp(dst)}/${prefix}` : "default",
    gatewayOf(attributes),
    ["dev", oif && interfaces.nameOf(oif)],
    ...hopsOf(attributes, interfaces),
    ["metric", attributes.u32(RTA_PRIORITY)],
    ["table", table === RT_TABLE_MAIN ? undefined : table],
    ["scope", scopeOf(scope)],
    ["mtu", metrics?.u32(RTAX_MTU)],
    ["advmss", metrics?.u32(RTAX_ADVMSS)],
  ]);
  return { text, unknown: attributes.unknown };
}

function tableOf(table: number): string {
  return table === RT_TABLE_MAIN ? "main" : String(table);
}

function scopeOf(scope: number): string | undefined {
  if (scope === RT_SCOPE_UNIVERSE) return undefined;
  return scope === RT_SCOPE_LINK ? "link" : String(scope);
}

function gatewayOf(attributes: Attributes): readonly [string, string | undefined] {
  const gateway = attributes.bytes(RTA_GATEWAY);
  return ["via", gateway && formatIp(gateway)];
}

/** `nexthop via ... dev ...` for each struct rtnexthop of a multipath route. */
function hopsOf(attributes: Attributes, interfaces: Interfaces): string[] {
  const bytes = attributes.bytes(RTA_MULTIPATH);
  if (bytes === undefined) return [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const hops: string[] = [];
  for (let at = 0; at + RTNEXTHOP <= view.byteLength; ) {
    const length = view.getUint16(at, true);
    if (length < RTNEXTHOP || at + length > view.byteLength) break;
    const hop = new Attributes(part(view, at + RTNEXTHOP, at + length));
    const dev = interfaces.nameOf(view.getInt32(at + 4, true));
    hops.push(words(["nexthop", gatewayOf(hop), ["dev", dev]]));
    at += (length + 3) & ~3;
  }
  return hops;
}
