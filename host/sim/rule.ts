import { Errno } from "./errno.ts";
import { equalBytes } from "./text.ts";
import {
  AF_INET,
  AF_INET6,
  EEXIST,
  ENOENT,
  FR_ACT_TO_TBL,
  RT_TABLE_DEFAULT,
  RT_TABLE_LOCAL,
  RT_TABLE_MAIN,
  RTPROT_KERNEL,
} from "./uapi.ts";

/** A rule by which a routing table is chosen (struct fib_rule). */
export interface Rule {
  readonly family: number;
  readonly priority: number;
  readonly table: number;
  /** FR_ACT_* */
  readonly action: number;
  /** RTPROT_* */
  readonly protocol: number;
  /** The addresses that it is for; undefined for all. */
  readonly source: Uint8Array | undefined;
  readonly sourceLength: number;
}

/** What RTM_DELRULE says of a rule; of what is left out any will do. */
export type RulePattern = {
  readonly [Key in keyof Rule]: Key extends "family" ? number : Rule[Key] | undefined;
};

/** The rules of a network namespace, both families. */
export class RuleTable {
  readonly #rules: Rule[] = [];

  /** @param ipv6 false where the kernel has none. */
  constructor(ipv6: boolean) {
    const families = ipv6 ? [AF_INET, AF_INET6] : [AF_INET];
    for (const family of families) {
      this.#insert(initial(family, 0, RT_TABLE_LOCAL));
      this.#insert(initial(family, 32766, RT_TABLE_MAIN));
      if (family === AF_INET) this.#insert(initial(family, 32767, RT_TABLE_DEFAULT));
    }
  }

  /** In the order in which they are asked, IPv4 first. */
  get all(): readonly Rule[] {
    return this.#rules;
  }

  /** fib_nl_newrule() of the kernel. */
  add(rule: Rule, exclusive: boolean): void {
    if (exclusive && this.#rules.some((other) => isMeant(other, rule))) throw new Errno(EEXIST);
    this.#insert(rule);
  }

  /** fib_nl_delrule(): the first one that is meant. */
  remove(pattern: RulePattern): void {
    const at = this.#rules.findIndex((rule) => isMeant(rule, pattern));
    if (at < 0) throw new Errno(ENOENT);
    this.#rules.splice(at, 1);
  }

  /** The priority of a rule that asks for none: before all but the first one. */
  freePriority(family: number): number {
    const [, second] = this.#rules.filter((rule) => rule.family === family);
    return second && second.priority > 0 ? second.priority - 1 : 0;
  }

  #insert(rule: Rule): void {
    const order = ({ family, priority }: Rule) => family * 2 ** 32 + priority;
    const next = this.#rules.findIndex((other) => order(other) > order(rule));
    this.#rules.splice(next < 0 ? this.#rules.length : next, 0, rule);
  }
}

function initial(family: number, priority: number, table: number): Rule {
  const common = { action: FR_ACT_TO_TBL, protocol: RTPROT_KERNEL };
  return { ...common, family, priority, table, source: undefined, sourceLength: 0 };
}

function isMeant(rule: Rule, { source, ...pattern }: RulePattern): boolean {
  const keys = Object.keys(pattern) as (keyof typeof pattern)[];
  const isLike = keys.every((key) => pattern[key] === undefined || pattern[key] === rule[key]);
  return isLike && (!source || (rule.source !== undefined && equalBytes(rule.source, source)));
}
