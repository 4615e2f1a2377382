import { CniError, LINK_REFUSED, MASTER_UNUSABLE } from "../cni/error";
import { see } from "../cni/troubleshooting";
import { netlinkError } from "../ipam/failure";
import {
  EADDRINUSE,
  EADDRNOTAVAIL,
  EBUSY,
  EINVAL,
  ENODEV,
  EOPNOTSUPP,
  EPERM,
} from "../linux/errno";
import { MACVLAN_FLAG_NODST, MACVLAN_MODE_PASSTHRU } from "../linux/if_link";
import { equalBytes } from "../net/ip";
import { formatMac } from "../net/mac";
import { Link, MACVLAN, MACVTAP, MacvlanSpec, setLinkUp } from "../rtnetlink/link";
import { MessageWriter } from "../rtnetlink/message";
import { findLinkByIndex } from "../rtnetlink/query";
import { NetlinkError, RtnlSocket } from "../rtnetlink/socket";
import { modeName } from "./driver";
import { isPort } from "./flaw";
import { Neighbours } from "./neighbours";
import { Session } from "./session";

/** No interface has this number. */
const NO_INDEX: i32 = i32.MAX_VALUE;

/**
 * Finds out, after the kernel has refused something of a macvlan, what the matter is: the kernel
 * gives one error number for several reasons. It looks at the master and at what else is on it,
 * as far as that is in the master's namespace or in the container's.
 */
export class Inquiry {
  /** In the master's namespace. */
  readonly socket: RtnlSocket;

  /** @param master as it was found. */
  constructor(
    private session: Session,
    private isInContainer: bool,
    private master: Link,
  ) {
    this.socket = isInContainer ? session.container : session.host;
  }

  /** For STATUS: what the kernel would refuse, where the master itself shows it. */
  ofMaster(): CniError | null {
    if (!isPort(this.master)) return null;
    const msg = `master "${this.master.name}" is a port of a ${this.master.controllerKind}`;
    return new CniError(MASTER_UNUSABLE, msg, this.port(this.master));
  }

  /** The error for a macvlan that the kernel did not make. */
  ofCreation(ifname: string, spec: MacvlanSpec, failure: NetlinkError): CniError {
    const mode = modeName(spec.macvlan.mode);
    const what = `create macvlan "${ifname}" in mode ${mode} on master "${this.master.name}"`;
    const error = netlinkError(LINK_REFUSED, what, failure);
    error.details = this.causeOfRefusal(spec, failure.errno);
    return error;
  }

  /** Adds the cause to the error of an interface that the kernel did not set up. */
  ofSetUp(error: CniError, failure: NetlinkError, link: Link): CniError {
    if (failure.errno == EADDRINUSE || failure.errno == EBUSY) error.details = this.clash(link);
    return error;
  }

  private causeOfRefusal(spec: MacvlanSpec, errno: i32): string {
    switch (errno) {
      case EBUSY:
        return this.taken();
      case EINVAL:
        return this.invalid(spec);
      case EPERM:
        return this.forbidden();
      case ENODEV:
        return see(
          `"${this.master.name}" has gone meanwhile, or was moved to another namespace`,
          "master-not-found",
        );
      case EOPNOTSUPP:
        return see("the kernel has no macvlan: modprobe macvlan", "kernel-has-no-macvlan");
      case EADDRNOTAVAIL:
        return see("the MAC address cannot be given to an interface", "mac-address-is-no-good");
      default:
        return "";
    }
  }

  /** What carries the macvlan, as it is now: of a macvlan the kernel takes its own master. */
  private get lower(): Link {
    const isMacvlan = this.master.kind == MACVLAN;
    const index = isMacvlan ? this.master.lower : this.master.index;
    const link = findLinkByIndex(this.socket, index).link;
    return link ? link : this.master;
  }

  /** Something else receives what arrives on the master: the kernel has room for one. */
  private taken(): string {
    const lower = this.lower;
    const name = `"${lower.name}"`;
    if (isPort(lower)) return this.port(lower);
    const ipvlans = this.neighbours(lower).ofKind("ipvlan", "ipvtap");
    if (ipvlans.length > 0) {
      const what = `${name} carries ${ipvlans}, and cannot carry both`;
      return see(
        `${what}: take the type ipvlan here too, or another master`,
        "master-carries-an-ipvlan",
      );
    }
    const what = `something that is out of sight takes what arrives on ${name}`;
    return see(`${what}: mostly an ipvlan in another container`, "master-is-taken-by-something");
  }

  private port(lower: Link): string {
    const found = findLinkByIndex(this.socket, lower.controller).link;
    const controller = found ? `"${found.name}"` : `interface ${lower.controller.toString()}`;
    const kind = lower.controllerKind;
    const what = `"${lower.name}" is a port of`;
    if (kind == "openvswitch") {
      const cure = "make an internal port of its bridge the master";
      return see(`${what} Open vSwitch (${controller}): ${cure}`, "master-is-an-ovs-port");
    }
    const cure = `make ${controller} the master, or: ip link set dev ${lower.name} nomaster`;
    const anchor = kind == "bridge" ? "master-is-a-bridge-port" : "master-is-a-bond-port";
    return see(`${what} ${kind} ${controller}: ${cure}`, anchor);
  }

  private invalid(spec: MacvlanSpec): string {
    const lower = this.lower;
    if (spec.mtu > lower.mtu) {
      const mtus = `"${lower.name}" has MTU ${lower.mtu.toString()}`;
      return see(`${mtus}, less than ${spec.mtu.toString()}: lower "mtu"`, "mtu-above-the-masters");
    }
    const neighbours = this.neighbours(lower);
    if (spec.macvlan.mode == MACVLAN_MODE_PASSTHRU) {
      const others = neighbours.ofKind(MACVLAN, MACVTAP);
      const who = others.length > 0 ? others : "a macvlan of another container, out of sight";
      const what = `passthru takes "${lower.name}" for itself, and it carries ${who}`;
      return see(`${what}: remove that, or take another mode`, "passthru-is-not-alone");
    }
    const passthru = neighbours.passthru;
    if (passthru.length == 0 && (spec.macvlan.flags & MACVLAN_FLAG_NODST) != 0) {
      return see("nodst needs Linux 5.13: leave it out", "kernel-is-too-old");
    }
    const who = passthru.length > 0 ? passthru : "a container, out of sight";
    const what = `"${lower.name}" is taken, in mode passthru, by ${who}`;
    return see(`${what}: remove that, or take another master`, "master-is-taken-by-passthru");
  }

  /**
   * Asks for a change of no interface, which the kernel refuses for lack of the capability before
   * it looks for the interface.
   */
  private forbidden(): string {
    const request = new MessageWriter();
    setLinkUp(request, NO_INDEX, "");
    const failure = this.session.container.execute(request);
    const isContainer = failure != null && failure.errno == EPERM;
    const whose = isContainer ? "the container's" : "the host's";
    const where = `in the user namespace that owns ${whose} network namespace`;
    return see(`this process has no CAP_NET_ADMIN ${where}: give it`, "no-cap_net_admin");
  }

  private clash(link: Link): string {
    const lower = this.lower;
    let who = `master "${lower.name}" itself`;
    if (!equalBytes(link.mac, lower.mac)) {
      const holder = this.neighbours(lower).withMac(link);
      who =
        holder.length > 0 ? holder : "another container, out of sight, perhaps one that is ending";
    }
    const what = `MAC address ${formatMac(link.mac)} is in use by ${who}`;
    return see(`${what}: give another one`, "mac-address-is-in-use");
  }

  private neighbours(lower: Link): Neighbours {
    const neighbours = new Neighbours(lower);
    const ofContainer = " of this container";
    neighbours.look(this.socket, false, this.isInContainer ? ofContainer : "");
    if (!this.isInContainer) neighbours.look(this.session.container, true, ofContainer);
    return neighbours;
  }
}
