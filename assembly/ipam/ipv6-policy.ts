import { Fields } from "../json/fields";
import { fnv1a } from "../net/hash";
import { LinkSysctls } from "./link-sysctls";

/** What ADD does about duplicate address detection. */
export const DAD_WAIT: i32 = 0;
export const DAD_OPTIMISTIC: i32 = 1;
export const DAD_OFF: i32 = 2;
const DAD: string[] = ["wait", "optimistic", "off"];

/** By their numbers, IN6_ADDR_GEN_MODE_* (linux/if_link.h). */
const LINK_LOCAL: string[] = ["eui64", "none", "stable", "random"];
const STABLE: i32 = 2;

/** What the configuration says about IPv6 on the interface: the key `ipv6`. */
export class Ipv6Policy {
  dad: i32 = DAD_WAIT;
  /** True where addresses or routes are to come from routers, so that IPv6 has to be on. */
  isWanted: bool = false;

  /**
   * @param identity what stays the same when the pod is made again.
   * @param sysctls get what has to be set before the interface comes up.
   */
  load(conf: Fields, ifname: string, identity: string, sysctls: LinkSysctls): void {
    const fields = conf.child("ipv6");
    const autoconf = fields.flag("autoconf");
    this.isWanted = fields.flag("acceptRA");
    if (fields.has("acceptRA") && !this.isWanted && autoconf) {
      fields.reject("autoconf", "is true, but acceptRA is false: the addresses are those of RAs");
    }
    this.isWanted = this.isWanted || autoconf;
    // 2: also where the container forwards packets, which makes 1 mean nothing
    if (fields.has("acceptRA") || autoconf) {
      sysctls.preset(ifname, "accept_ra", this.isWanted ? "2" : "0");
    }
    if (fields.has("autoconf")) sysctls.preset(ifname, "autoconf", autoconf ? "1" : "0");
    const mode = choice(fields, "linkLocal", LINK_LOCAL);
    // the kernel takes mode stable only when it has a secret
    if (mode == STABLE) sysctls.preset(ifname, "stable_secret", secretOf(identity));
    if (mode >= 0) sysctls.preset(ifname, "addr_gen_mode", mode.toString());
    this.dad = max(choice(fields, "dad", DAD), DAD_WAIT);
    // for the addresses that the kernel makes itself, and so that it takes the flag of ours
    if (this.dad == DAD_OPTIMISTIC) sysctls.preset(ifname, "optimistic_dad", "1");
    if (this.dad == DAD_OFF) sysctls.preset(ifname, "accept_dad", "0");
  }
}

/** The place of a word among those that a key may have; -1 where it is absent. */
function choice(fields: Fields, key: string, words: string[]): i32 {
  const word = fields.text(key);
  const index = words.indexOf(word);
  if (index < 0 && word.length > 0) {
    fields.reject(key, `is "${word}", must be one of ${words.join(", ")}`);
  }
  return index;
}

/** 128 bits, written as the kernel writes them: an IPv6 address with all its zeros. */
function secretOf(identity: string): string {
  const digits = hexOf(`0#${identity}`) + hexOf(`1#${identity}`);
  const groups: string[] = [];
  for (let i = 0; i < digits.length; i += 4) groups.push(digits.slice(i, i + 4));
  return groups.join(":");
}

function hexOf(text: string): string {
  return fnv1a(text).toString(16).padStart(16, "0");
}
