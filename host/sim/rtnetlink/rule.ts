import { Errno } from "../errno.ts";
import type { Netns } from "../netns.ts";
import type { Rule, RulePattern } from "../rule.ts";
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  EAFNOSUPPORT,
  EINVAL,
  FR_ACT_TO_TBL,
  FRA_PRIORITY,
  FRA_PROTOCOL,
  FRA_SRC,
  FRA_SUPPRESS_PREFIXLEN,
  FRA_TABLE,
  NLM_F_EXCL,
  RT_TABLE_COMPAT,
} from "../uapi.ts";
import { Attributes, header, type Message, Writer } from "../wire.ts";
import type { Context } from "./index.ts";

/** sizeof(struct fib_rule_hdr) */
const FIB_RULE_HDR = 12;
const NO_SUPPRESSION = 0xffff_ffff;

/** RTM_NEWRULE: fib_nl_newrule() of the kernel. */
export function newRule({ payload, flags }: Message, { netns }: Context): undefined {
  const { table = 0, ...asked } = readRule(payload, netns);
  if (table === 0) throw new Errno(EINVAL, "Invalid table");
  if (asked.action !== FR_ACT_TO_TBL) throw new Errno(EINVAL, "only rules that lead to a table");
  const rule: Rule = {
    ...asked,
    action: FR_ACT_TO_TBL,
    table,
    priority: asked.priority ?? netns.rules.freePriority(asked.family),
    protocol: asked.protocol ?? 0,
    source: asked.source,
    sourceLength: asked.sourceLength ?? 0,
  };
  netns.rules.add(rule, (flags & NLM_F_EXCL) !== 0);
}

/** RTM_DELRULE: fib_nl_delrule() of the kernel. */
export function delRule({ payload }: Message, { netns }: Context): undefined {
  netns.rules.remove(readRule(payload, netns));
}

/** What a request says; a number that is 0 in the header says nothing. */
function readRule(payload: Uint8Array, netns: Netns): RulePattern {
  const view = header(payload, FIB_RULE_HDR);
  const attributes = new Attributes(payload.slice(FIB_RULE_HDR));
  const family = view.getUint8(0);
  const isKnown = family === AF_INET || (family === AF_INET6 && netns.kernel.ipv6);
  if (!isKnown) throw new Errno(EAFNOSUPPORT, "Rule family not supported");
  const source = attributes.bytes(FRA_SRC);
  const sourceLength = view.getUint8(2);
  const size = family === AF_INET ? 4 : 16;
  const fits = source?.length === size && sourceLength <= 8 * size;
  if (sourceLength > 0 && !fits) throw new Errno(EINVAL, "Invalid source address");
  return {
    family,
    table: attributes.u32(FRA_TABLE) ?? (view.getUint8(4) || undefined),
    action: view.getUint8(7) || undefined,
    priority: attributes.u32(FRA_PRIORITY),
    protocol: attributes.u8(FRA_PROTOCOL),
    source: sourceLength > 0 ? source : undefined,
    sourceLength: sourceLength || undefined,
  };
}

/** RTM_GETRULE with NLM_F_DUMP: fib_nl_dumprule() of the kernel. */
export function dumpRules({ payload }: Message, { netns, strict }: Context): Uint8Array[] {
  if (strict && payload.slice(1, FIB_RULE_HDR).some((byte) => byte !== 0)) {
    throw new Errno(EINVAL, "Invalid values in header for fib rule dump request");
  }
  if (strict && payload.length > FIB_RULE_HDR) {
    throw new Errno(EINVAL, "Invalid data after header in fib rule dump request");
  }
  const family = header(payload, 1).getUint8(0);
  return netns.rules.all
    .filter((rule) => family === AF_UNSPEC || rule.family === family)
    .map(encodeRule);
}

/** struct fib_rule_hdr and the attributes of one rule. */
function encodeRule(rule: Rule): Uint8Array {
  const table = rule.table < 256 ? rule.table : RT_TABLE_COMPAT;
  const writer = new Writer().u8(rule.family, 0, rule.sourceLength, 0);
  writer.u8(table, 0, 0, rule.action).u32(0);
  writer.attrU32(FRA_TABLE, rule.table).attrU32(FRA_SUPPRESS_PREFIXLEN, NO_SUPPRESSION);
  writer.attrU8(FRA_PROTOCOL, rule.protocol);
  if (rule.priority !== 0) writer.attrU32(FRA_PRIORITY, rule.priority);
  if (rule.source) writer.attr(FRA_SRC, rule.source);
  return writer.take();
}
