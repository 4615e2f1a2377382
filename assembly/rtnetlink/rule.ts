import { FR_ACT_TO_TBL, FRA_PRIORITY, FRA_PROTOCOL, FRA_SRC, FRA_TABLE } from "../linux/fib_rules";
import { NLM_F_CREATE } from "../linux/netlink";
import { RTM_DELRULE, RTM_GETRULE, RTM_NEWRULE } from "../linux/rtnetlink";
import { AF_INET, AF_INET6, AF_UNSPEC } from "../linux/socket";
import { Cidr } from "../net/cidr";
import { formatIp } from "../net/ip";
import { MessageReader, MessageWriter } from "./message";

// struct fib_rule_hdr (linux/fib_rules.h):
//
//   0        1         2         3     4       5      7        8       12
//   +--------+---------+---------+-----+-------+------+--------+-------+
//   | family | dst_len | src_len | tos | table | res  | action | flags |
//   +--------+---------+---------+-----+-------+------+--------+-------+
const HEADER: i32 = 12;

/** What a rule says that leads packets of a source to a table, to be added or as it was found. */
export class KernelRule {
  family: i32 = 0;
  /** No address where the rule is for all. */
  source: Cidr = new Cidr(new Uint8Array(0), 0);
  table: u32 = 0;
  /** Rules are asked in this order, 0 first. */
  priority: u32 = 0;
  /** RTPROT_*: who made it. -1 from a kernel that does not tell (before 4.17). */
  protocol: i32 = -1;
  /** FR_ACT_*. */
  action: i32 = FR_ACT_TO_TBL;

  /** `from 192.0.2.11 lookup 101`, in the words of ip-rule(8). */
  toString(): string {
    const source = this.source.prefix > 0 ? formatIp(this.source.ip) : "all";
    return `from ${source} lookup ${this.table.toString()}`;
  }
}

/** The rule `from ADDRESS lookup TABLE` for one address. */
export function sourceRule(address: Cidr, table: u32, priority: u32, protocol: i32): KernelRule {
  const rule = new KernelRule();
  rule.family = address.isIpv4 ? AF_INET : AF_INET6;
  rule.source = new Cidr(address.ip, address.width);
  rule.table = table;
  rule.priority = priority;
  rule.protocol = protocol;
  return rule;
}

/** `ip rule add from SOURCE lookup TABLE priority PRIORITY protocol PROTOCOL`. */
export function newRule(writer: MessageWriter, rule: KernelRule): void {
  write(writer, RTM_NEWRULE, NLM_F_CREATE, rule);
}

/** `ip rule del ...` of the first rule that is like this one. */
export function deleteRule(writer: MessageWriter, rule: KernelRule): void {
  write(writer, RTM_DELRULE, 0, rule);
}

function write(writer: MessageWriter, type: i32, flags: i32, rule: KernelRule): void {
  const isSmallTable = rule.table < 256;
  writer.begin(type, flags);
  writer.rawU8(rule.family);
  writer.rawU8(0);
  writer.rawU8(rule.source.prefix);
  writer.rawU8(0);
  writer.rawU8(isSmallTable ? rule.table : 0);
  writer.rawU16(0);
  writer.rawU8(rule.action);
  writer.rawU32(0);
  if (rule.source.prefix > 0) writer.bytes(FRA_SRC, rule.source.ip);
  writer.u32(FRA_PRIORITY, rule.priority);
  if (!isSmallTable) writer.u32(FRA_TABLE, rule.table);
  if (rule.protocol >= 0) writer.u8(FRA_PROTOCOL, rule.protocol);
  writer.end();
}

/** `ip rule show` and `ip -6 rule show` at once. */
export function dumpRules(writer: MessageWriter): void {
  writer.beginDump(RTM_GETRULE);
  writer.rawU32(AF_UNSPEC);
  writer.rawU32(0);
  writer.rawU32(0);
  writer.end();
}

/** Reads an RTM_NEWRULE message. */
export function readRule(message: MessageReader): KernelRule {
  const rule = new KernelRule();
  rule.family = message.u8(0);
  rule.table = message.u8(4);
  rule.action = message.u8(7);
  const attributes = message.attributes(HEADER);
  while (attributes.next()) {
    switch (attributes.type) {
      case FRA_SRC:
        rule.source = new Cidr(attributes.bytes, message.u8(2));
        break;
      case FRA_PRIORITY:
        rule.priority = attributes.u32;
        break;
      case FRA_TABLE:
        rule.table = attributes.u32;
        break;
      case FRA_PROTOCOL:
        rule.protocol = attributes.u8;
        break;
    }
  }
  return rule;
}
