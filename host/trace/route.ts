import { NLM_F_DUMP, NLM_F_EXCL, NLM_F_REPLACE } from "../../assembly/linux/netlink.ts";
import {
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
  RT_TABLE_MAIN,
  RTA_DST,
  RTA_GATEWAY,
  RTA_METRICS,
  RTA_MULTIPATH,
  RTA_OIF,
  RTA_PREFSRC,
  RTA_PRIORITY,
  RTA_TABLE,
  RTAX_ADVMSS,
  RTAX_MTU,
  RTM_GETROUTE,
  RTM_NEWROUTE,
  RTPROT_BOOT,
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
  if (type === RTM_GETROUTE) return question(message, family, interfaces);
  const { text, unknown } = describe(payload, interfaces);
  const verb = type === RTM_NEWROUTE ? verbOf(message.flags) : "delete unicast";
  const more = words([text, ["proto", protocolOf(payload)]]);
  return { text: `ip${family} route ${verb} ${more}`, unknown };
}

function verbOf(flags: number): string {
  if (flags & NLM_F_EXCL) return "add";
  return flags & NLM_F_REPLACE ? "replace" : "prepend";
}

/** That of ip(8) itself is not said. */
function protocolOf(payload: DataView): number | undefined {
  const protocol = payload.getUint8(5);
  return protocol === RTPROT_BOOT || protocol === 0 ? undefined : protocol;
}

function question({ payload, flags }: Message, family: string, interfaces: Interfaces): Words {
  const attributes = new Attributes(payload, RTMSG);
  const dst = attributes.bytes(RTA_DST);
  const oif = attributes.u32(RTA_OIF);
  const table = attributes.u32(RTA_TABLE) ?? payload.getUint8(4);
  const { unknown } = attributes;
  if ((flags & NLM_F_DUMP) === 0) return { text: `ip route get ${dst && formatIp(dst)}`, unknown };
  const filter = words([
    ["table", tableOf(table)],
    ["dev", oif && interfaces.nameOf(oif)],
    ["proto", protocolOf(payload)],
  ]);
  return { text: `ip${family} route show ${filter}`, unknown };
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
  const source = attributes.bytes(RTA_PREFSRC);
  const text = words([
    dst && prefix > 0 ? `${formatIp(dst)}/${prefix}` : "default",
    gatewayOf(attributes),
    ["dev", oif && interfaces.nameOf(oif)],
    ...hopsOf(attributes, interfaces),
    ["metric", attributes.u32(RTA_PRIORITY)],
    ["table", table === RT_TABLE_MAIN ? undefined : table],
    ["scope", scopeOf(scope)],
    ["src", source && formatIp(source)],
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
