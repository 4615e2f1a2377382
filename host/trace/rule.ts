import { FRA_PRIORITY, FRA_PROTOCOL, FRA_SRC, FRA_TABLE } from "../../assembly/linux/fib_rules.ts";
import { RTM_GETRULE, RTM_NEWRULE } from "../../assembly/linux/rtnetlink.ts";
import { formatIp } from "../sim/text.ts";
import { Attributes, type Message } from "./attributes.ts";
import { familyOf, type Words, words } from "./words.ts";

const FIB_RULE_HDR = 12;

/** A request about rules in the words of ip-rule(8). */
export function ruleRequest({ payload, type }: Message): Words {
  const family = familyOf(payload.getUint8(0));
  if (type === RTM_GETRULE) return { text: `ip${family} rule show`, unknown: 0 };
  const { text, unknown } = describe(payload);
  return { text: `ip${family} rule ${type === RTM_NEWRULE ? "add" : "del"} ${text}`, unknown };
}

/** A rule as the kernel describes it, in the same words. */
export function ruleAnswer({ payload, type }: Message): Words {
  const { text, unknown } = describe(payload);
  return { text: type === RTM_NEWRULE ? text : `deleted ${text}`, unknown };
}

function describe(payload: DataView): Words {
  const attributes = new Attributes(payload, FIB_RULE_HDR);
  const source = attributes.bytes(FRA_SRC);
  const length = payload.getUint8(2);
  const isWhole = source && length === 8 * source.length;
  const text = words([
    ["from", source ? `${formatIp(source)}${isWhole ? "" : `/${length}`}` : "all"],
    ["lookup", attributes.u32(FRA_TABLE) ?? payload.getUint8(4)],
    ["priority", attributes.u32(FRA_PRIORITY)],
    ["protocol", attributes.u8(FRA_PROTOCOL)],
  ]);
  return { text, unknown: attributes.unknown };
}
