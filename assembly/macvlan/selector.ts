import { Fields } from "../json/fields";
import { Cidr, parseCidr } from "../net/cidr";
import { isGlob, matchesGlob } from "../net/glob";
import { equalBytes } from "../net/ip";
import { MAC_LENGTH, macProblem, parseMac } from "../net/mac";
import { Address } from "../rtnetlink/address";
import { Link } from "../rtnetlink/link";

const KEY: string = "master";
const COUNT_MAX: i32 = 16;
/** In bytes: as long as an alternative name can be (ALTIFNAMSIZ). */
const LENGTH_MAX: i32 = 127;

/**
 * One text of the key `master`: a subnet (it has a `/`), a MAC address, a pattern (it has a `*`,
 * `?` or `[`), else a name. But a text that is the name of an interface means that one, whatever
 * else it could be.
 */
export class Selector {
  readonly subnet: Cidr | null;
  readonly mac: Uint8Array | null;
  private isPattern: bool;

  constructor(public text: string) {
    // As the schema has it: a length is written without zeros before it.
    const isPadded = text.includes("/0") && !text.endsWith("/0");
    this.subnet = isPadded ? null : parseCidr(text);
    const mac = parseMac(text);
    this.mac = mac && mac.length == MAC_LENGTH ? mac : null;
    this.isPattern = isGlob(text);
  }

  /** True if it can be nothing but a name. */
  get isName(): bool {
    return !this.subnet && !this.mac && !this.isPattern;
  }

  /**
   * Whether it means an interface, which does not have it for a name.
   *
   * @param addresses of all interfaces.
   */
  matches(link: Link, addresses: Address[]): bool {
    const subnet = this.subnet;
    if (subnet) return hasAddressIn(subnet, link, addresses);
    const mac = this.mac;
    if (mac) return equalBytes(mac, link.mac) || equalBytes(mac, link.permanentMac);
    for (let i = 0; i < link.altNames.length; i++) {
      if (matchesGlob(this.text, link.altNames[i])) return true;
    }
    return matchesGlob(this.text, link.name);
  }
}

/** Reads the key `master`; none for the interface of the default route. */
export function readSelectors(fields: Fields): Selector[] {
  const texts = fields.oneOrMoreTexts(KEY);
  const list: Selector[] = [];
  if (texts.length > COUNT_MAX) {
    fields.reject(KEY, `has more than ${COUNT_MAX.toString()} elements`);
    return list;
  }
  for (let i = 0; i < texts.length; i++) {
    const selector = new Selector(texts[i]);
    const problem = problemOf(selector);
    if (problem.length > 0) fields.reject(KEY, problem);
    list.push(selector);
  }
  return list;
}

function problemOf(selector: Selector): string {
  const mac = selector.mac;
  const flaw = mac ? macProblem(mac) : "";
  if (flaw.length > 0) return `is "${selector.text}", a MAC address that ${flaw}`;
  const text = selector.text;
  if (text.length == 0) return "has an empty element";
  if (String.UTF8.byteLength(text) > LENGTH_MAX) return "is longer than any name";
  return text.includes("/") && !selector.subnet ? `is "${text}", no name and no subnet` : "";
}

function hasAddressIn(subnet: Cidr, link: Link, addresses: Address[]): bool {
  for (let i = 0; i < addresses.length; i++) {
    const address = addresses[i];
    if (address.index == link.index && subnet.contains(address.cidr.ip)) return true;
  }
  return false;
}
