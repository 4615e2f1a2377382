import { CniError, HOST_ACCESS_FAILED, systemError } from "../../cni/error";
import { netlinkError } from "../../ipam/failure";
import { EADDRINUSE, EEXIST, ENODEV, ENOENT } from "../../linux/errno";
import { IFF_UP } from "../../linux/if";
import { MACVLAN_MODE_BRIDGE } from "../../linux/if_link";
import { fnv1a } from "../../net/hash";
import { formatMac, MAC_LENGTH } from "../../net/mac";
import { Link, MACVLAN, MacvlanSpec, newMacvlan, setLinkUp } from "../../rtnetlink/link";
import { MessageWriter } from "../../rtnetlink/message";
import { findLinkByIndex } from "../../rtnetlink/query";
import { removeLink } from "../../rtnetlink/removal";
import { NetlinkError, RtnlSocket } from "../../rtnetlink/socket";
import { log } from "../../sys/io";
import { writeSysctl } from "../../sys/sysctl";

/**
 * The index of a shim is that of its master and this number, which no kernel comes to by counting:
 * whoever sees a message with it, the hosts' policy above all, knows that it is about a shim.
 */
const INDEX_BASE: i32 = 1_000_000_000;
const PREFIX: string = "mvhost";

// Set before the shim comes up, while it is silent. The kernel may be without IPv6.
const SYSCTLS: string[] = [
  // No answer about the host's addresses to those whom the host reaches by the master.
  "net/ipv4/conf/IFNAME/arp_filter=1",
  // Never a question to all: it would tell the LAN this MAC address for the host's address.
  "net/ipv4/neigh/IFNAME/mcast_solicit=0",
  // No routes and addresses from routers, and no link-local address: it says nothing by itself.
  "net/ipv6/conf/IFNAME/accept_ra=0",
  "net/ipv6/conf/IFNAME/addr_gen_mode=1",
  "net/ipv6/conf/IFNAME/disable_ipv6=0",
];

/** The host's own macvlan on a master, by which it and its pods reach each other. */
export class Shim {
  readonly name: string;
  readonly index: i32;
  /** As it was found; null if it is not there. */
  link: Link | null = null;

  /**
   * @param socket in the host's namespace.
   * @param master its index there.
   */
  constructor(
    private socket: RtnlSocket,
    private master: i32,
  ) {
    this.name = PREFIX + master.toString();
    this.index = INDEX_BASE + master;
  }

  /** Its MAC address; empty if it is not there. */
  get mac(): Uint8Array {
    const link = this.link;
    return link ? link.mac : new Uint8Array(0);
  }

  /** Looks it up. An interface in its place that is none of ours is an error. */
  find(): CniError | null {
    const reply = findLinkByIndex(this.socket, this.index);
    const failure = reply.error;
    this.link = reply.link;
    if (failure) return reply.isMissing ? null : this.failed("look up", failure);
    return this.isOurs ? null : this.foreign();
  }

  /** Sees to it that it is there, and up. Nothing is done to one that is up. */
  provide(master: Link): CniError | null {
    if (this.master <= 0 || this.master >= INDEX_BASE) {
      return new CniError(
        HOST_ACCESS_FAILED,
        `the index of master "${master.name}", ${this.master.toString()}, is too large for ` +
          '"hostAccess"',
      );
    }
    let error = this.find();
    if (!error && !this.link) error = this.create(master);
    const link = this.link;
    if (error || !link || (link.flags & IFF_UP) != 0) return error;
    error = this.configure();
    return error ? error : this.setUp(master.name);
  }

  /**
   * Removes it, if it is there.
   *
   * @param isSynchronous as in `removeLink`.
   */
  remove(isSynchronous: bool): CniError | null {
    const error = this.find();
    if (error) {
      if (this.link) log(`${error.msg}: it stays`);
      return this.link ? null : error;
    }
    if (!this.link) return null;
    const failure = removeLink(this.socket, this.index, isSynchronous);
    return failure && failure.errno != ENODEV ? this.failed("delete", failure) : null;
  }

  private get isOurs(): bool {
    const link = this.link;
    return (
      link != null &&
      link.name == this.name &&
      link.kind == MACVLAN &&
      link.macvlan.mode == MACVLAN_MODE_BRIDGE &&
      link.lower == this.master &&
      !link.isLowerElsewhere
    );
  }

  private create(master: Link): CniError | null {
    const spec = new MacvlanSpec();
    spec.index = this.index;
    spec.name = this.name;
    spec.master = this.master;
    spec.mac = macOf(master);
    spec.macvlan.mode = MACVLAN_MODE_BRIDGE;
    const request = new MessageWriter();
    newMacvlan(request, spec);
    const failure = this.socket.execute(request);
    if (failure && failure.errno == EEXIST) return this.foreign();
    if (failure) return this.failed("create", failure);
    const error = this.find();
    if (error || this.link) return error;
    return new CniError(HOST_ACCESS_FAILED, `interface "${this.name}" has gone again`);
  }

  private configure(): CniError | null {
    for (let i = 0; i < SYSCTLS.length; i++) {
      const parts = SYSCTLS[i].replace("IFNAME", this.name).split("=");
      const written = writeSysctl(parts[0], parts[1]);
      if (written < 0 && !(written == -ENOENT && parts[0].startsWith("net/ipv6"))) {
        return systemError(HOST_ACCESS_FAILED, `set ${parts[0]} to ${parts[1]}`, written);
      }
    }
    return null;
  }

  private setUp(master: string): CniError | null {
    const request = new MessageWriter();
    setLinkUp(request, this.index, `host access of cni-macvlan-wasm on ${master}`);
    const failure = this.socket.execute(request);
    if (!failure) return null;
    const error = this.failed("set up", failure);
    if (failure.errno == EADDRINUSE) {
      error.details = `another macvlan on "${master}" has its MAC address ${formatMac(this.mac)}`;
    }
    return error;
  }

  private foreign(): CniError {
    return new CniError(
      HOST_ACCESS_FAILED,
      `interface "${this.name}" of the host, or the one with index ${this.index.toString()}, is ` +
        'not the one that "hostAccess" makes, a macvlan in mode bridge on the pod\'s master',
      `rename or remove it: ip -d link show ${this.name}`,
    );
  }

  private failed(verb: string, failure: NetlinkError): CniError {
    const what = `${verb} interface "${this.name}" of the host`;
    return netlinkError(HOST_ACCESS_FAILED, what, failure);
  }
}

/**
 * Always the same for a master, so that pods, which have been told it, reach one that was made
 * again: its first byte says "locally administered".
 */
function macOf(master: Link): Uint8Array {
  const hash = fnv1a(PREFIX + formatMac(master.mac));
  const mac = new Uint8Array(MAC_LENGTH);
  for (let i = 0; i < MAC_LENGTH; i++) mac[i] = <u8>(hash >> (8 * i));
  mac[0] = (mac[0] & 0xfc) | 2;
  return mac;
}
