import { IpConfig } from "../cni/result";
import { Fields } from "../json/fields";
import { fnv1a } from "../net/hash";
import { equalBytes } from "../net/ip";
import { MAC_LENGTH, parseMac } from "../net/mac";

const POLICIES: string[] = ["random", "stable", "prefix"];
const RANDOM: i32 = 0;
const STABLE: i32 = 1;
const PREFIX: i32 = 2;

/** How many other addresses are tried where the first one is in use on the master. */
const OTHERS: i32 = 7;
/** The two lowest bits of the first byte: a group address, one that is administered locally. */
const KIND: i32 = 3;
const LOCAL: i32 = 2;

/** Where the MAC address comes from: the keys `macPolicy` and `macPrefix`. */
export class MacPolicy {
  /** The address was said, or is the master's: it stays as it is. */
  isFixed: bool = false;
  private policy: i32 = RANDOM;
  private prefix: Uint8Array = new Uint8Array(0);
  private identity: string = "";
  private tries: i32 = 0;

  /**
   * @param identity what stays the same when the pod is made again.
   * @param hasOwn whether the interface can have an address other than its master's.
   */
  load(fields: Fields, identity: string, ipamType: string, hasOwn: bool): void {
    this.identity = identity;
    this.isFixed = !hasOwn;
    const name = fields.text("macPolicy");
    this.policy = name.length > 0 ? POLICIES.indexOf(name) : RANDOM;
    if (this.policy < 0) {
      fields.reject("macPolicy", `is "${name}", must be one of ${POLICIES.join(", ")}`);
    } else if (this.policy != RANDOM && !hasOwn) {
      fields.reject("macPolicy", `is "${name}": in mode passthru the master's address is used`);
    }
    this.loadPrefix(fields);
    if (this.policy != PREFIX || (ipamType.length > 0 && ipamType != "dhcp")) return;
    const why =
      ipamType.length > 0 ? "dhcp asks with the MAC address" : "without ipam there is none";
    fields.reject("macPolicy", `is "prefix", which makes it from the IP address: ${why}`);
  }

  private loadPrefix(fields: Fields): void {
    const text = fields.text("macPrefix");
    if (this.policy != PREFIX) {
      if (text.length > 0) fields.reject("macPrefix", 'is for "macPolicy": "prefix" alone');
      return;
    }
    const bytes = parseMac(`${text}${text.includes("-") ? "-" : ":"}00`);
    if (!bytes || bytes.length > MAC_LENGTH) {
      fields.reject("macPrefix", `is "${text}", must be 1 to 5 bytes, such as 0a:58`);
      return;
    }
    const first: i32 = bytes[0];
    if ((first & KIND) != LOCAL) {
      const local = ((first & ~KIND) | LOCAL).toString(16).padStart(2, "0");
      fields.reject(
        "macPrefix",
        `is "${text}", not that of a local unicast address: let its first byte be ${local}`,
      );
    }
    this.prefix = bytes.subarray(0, bytes.length - 1);
  }

  /** What the link is made with; empty for what the kernel chooses. */
  get first(): Uint8Array {
    return this.policy == STABLE && !this.isFixed ? this.derive(0) : new Uint8Array(0);
  }

  /** What it has to have before it comes up with these IP addresses; empty for what it has. */
  of(ips: IpConfig[]): Uint8Array {
    const mac = new Uint8Array(this.policy == PREFIX && !this.isFixed ? MAC_LENGTH : 0);
    if (mac.length == 0 || ips.length == 0) return mac.subarray(0, 0);
    let at = 0;
    for (let i = ips.length - 1; i >= 0; i--) if (ips[i].address.isIpv4) at = i;
    const ip = ips[at].address.ip;
    for (let i = 1; i <= min(MAC_LENGTH, ip.length); i++) mac[MAC_LENGTH - i] = ip[ip.length - i];
    mac.set(this.prefix);
    return mac;
  }

  /** Another address after one that is in use on the master; empty where there is none to try. */
  next(): Uint8Array {
    const mayTry = !this.isFixed && this.policy != PREFIX && this.tries < OTHERS;
    return mayTry ? this.derive(++this.tries) : new Uint8Array(0);
  }

  /** What to do about an address that is in use; empty where the policy has nothing to say of it. */
  get remedy(): string {
    if (this.tries > 0) {
      return `and so are the ${OTHERS.toString()} that were tried before: DEL what uses them`;
    }
    return this.policy == PREFIX && !this.isFixed
      ? "an interface on the master has the same IP address, or one that ends alike: see macPrefix"
      : "";
  }

  /** Whether ADD can have given this address to an interface with these IP addresses. */
  allows(mac: Uint8Array, ips: IpConfig[]): bool {
    const wanted = this.of(ips);
    if (wanted.length > 0) return equalBytes(wanted, mac);
    if (this.first.length == 0) return true;
    for (let i = 0; i <= OTHERS; i++) if (equalBytes(this.derive(i), mac)) return true;
    return false;
  }

  /** The upper 48 bits of the hash, made a local unicast address. */
  private derive(count: i32): Uint8Array {
    const hash = fnv1a(count > 0 ? `${count.toString()}#${this.identity}` : this.identity);
    const mac = new Uint8Array(MAC_LENGTH);
    for (let i = 0; i < MAC_LENGTH; i++) mac[i] = <u8>(hash >> (56 - 8 * i));
    mac[0] = <u8>((mac[0] & ~KIND) | LOCAL);
    return mac;
  }
}
