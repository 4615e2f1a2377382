import { CniError, CONFIGURE_REFUSED, systemError } from "../cni/error";
import { IpConfig, Result } from "../cni/result";
import { see } from "../cni/troubleshooting";
import { UndoStack } from "../cni/undo";
import { IFF_LOWER_UP } from "../linux/if";
import { IFA_F_NODAD, IFA_F_OPTIMISTIC } from "../linux/if_addr";
import { AF_INET, AF_INET6, AF_UNSPEC } from "../linux/socket";
import { Link } from "../rtnetlink/link";
import { findLinkByIndex } from "../rtnetlink/query";
import { KernelRoute } from "../rtnetlink/route";
import { NetlinkError, RtnlSocket } from "../rtnetlink/socket";
import { log } from "../sys/io";
import { Netns } from "../sys/netns";
import { writeSysctl } from "../sys/sysctl";
import { Announcer } from "./announce";
import { ConflictWatch } from "./conflict";
import { DadWatch } from "./dad";
import { AddressConflict } from "./failure";
import { checkIpv6Mtu, enableIpv6 } from "./ipv6-enable";
import { DAD_OPTIMISTIC, DAD_WAIT } from "./ipv6-policy";
import { LinkPolicy } from "./link-policy";
import { Raise } from "./raise";
import { kernelRoutes } from "./routes";
import { RemoveRules } from "./source-rules";
import { SourceRouting } from "./source-routing";
import { Steps } from "./steps";
import { DadTimers } from "./sysctls";

/** By `Ipv6Policy.dad`: the flags of an IPv6 address. */
const DAD_FLAGS: u32[] = [0, IFA_F_OPTIMISTIC, IFA_F_NODAD];

/** Gives an interface of the container addresses and routes by an IPAM result, and brings it up. */
export class Configurator {
  private dad: DadWatch;
  private timers: DadTimers;
  private conflicts: ConflictWatch;
  private announcer: Announcer;
  private hasIpv6: bool = false;
  /** For the end of duplicate address detection. */
  private waits: bool = false;
  /** False if it was found that there is none. */
  private hasCarrier: bool = true;
  /** What the kernel has refused of what was sent. */
  refusal: NetlinkError | null = null;

  /**
   * @param netns the container's namespace.
   * @param socket a socket in it.
   * @param link the interface, down unless IPAM has set it up, with the alias that it is to have.
   * @param policy what the configuration says besides.
   * @param sources with the plan for what is applied.
   * @param undo gets what has to be taken back besides the interface.
   */
  constructor(
    private netns: Netns,
    private socket: RtnlSocket,
    private link: Link,
    private policy: LinkPolicy,
    private sources: SourceRouting,
    private undo: UndoStack,
  ) {
    this.dad = new DadWatch(link.name, link.index);
    this.timers = new DadTimers(link.name);
    this.conflicts = new ConflictWatch(link, policy.conflicts);
    this.announcer = new Announcer(link, policy.announce);
  }

  /** A result without addresses brings the link up, and no more. */
  apply(result: Result): CniError | null {
    for (let i = 0; i < result.ips.length; i++) {
      if (!result.ips[i].address.isIpv4) this.hasIpv6 = true;
    }
    const ipv6 = this.policy.ipv6;
    this.waits = this.hasIpv6 && ipv6.dad == DAD_WAIT;
    const hasAddress = result.ips.length > 0;
    const isVisited = hasAddress || !this.policy.sysctls.isEmpty;
    let error: CniError | null = null;
    if (this.hasIpv6) error = checkIpv6Mtu(this.link, "its IPv6 address");
    else if (ipv6.isWanted) error = checkIpv6Mtu(this.link, "router advertisements");
    if (!error && isVisited) error = this.inNamespace(result.ips);
    if (!error) {
      if (this.sources.rules.length > 0) {
        this.undo.push(new RemoveRules(this.socket, this.sources.table, this.link.name));
      }
      error = hasAddress && this.conflicts.isOn ? this.addUnique(result) : this.addAll(result);
      const left = this.waits ? this.restoreTimers() : null;
      if (!error) error = left;
    }
    if (!error && this.hasCarrier) this.announcer.announce();
    this.dad.close();
    this.conflicts.close();
    this.announcer.close();
    return error;
  }

  private get needsIpv6(): bool {
    return this.hasIpv6 || this.policy.ipv6.isWanted;
  }

  /** All that is reached by being inside the namespace, in one visit. */
  private inNamespace(ips: IpConfig[]): CniError | null {
    const entered = this.netns.enter();
    if (entered < 0) return systemError(CONFIGURE_REFUSED, "enter the container's netns", entered);
    if (ips.length > 0) this.announceOnUp();
    let error: CniError | null = null;
    if (this.needsIpv6) error = this.enableIpv6();
    // After our own, so that these are what stays.
    if (!error) error = this.policy.sysctls.write(this.needsIpv6);
    if (!error && this.waits) error = this.dad.open();
    if (!error && this.waits) this.timers.shorten();
    if (!error && this.conflicts.isOn) error = this.conflicts.open(ips);
    // An optimistic address is still to be verified; the kernel announces it after that.
    if (!error) this.announcer.open(ips, this.policy.ipv6.dad != DAD_OPTIMISTIC);
    const left = this.netns.leave();
    if (left < 0) return systemError(CONFIGURE_REFUSED, "leave the container's netns", left);
    return error;
  }

  /** The kernel tells the neighbours when the link comes up; it looks at these only then. */
  private announceOnUp(): void {
    writeSysctl(`net/ipv4/conf/${this.link.name}/arp_notify`, "1");
    writeSysctl(`net/ipv6/conf/${this.link.name}/ndisc_notify`, "1");
  }

  private enableIpv6(): CniError | null {
    const error = enableIpv6(this.netns, this.link.name, this.policy.ipv6.isWanted, this.undo);
    // Else the addresses would be gone after the link had been down for a moment; they work
    // without.
    if (!error && this.hasIpv6) {
      writeSysctl(`net/ipv6/conf/${this.link.name}/keep_addr_on_down`, "1");
    }
    return error;
  }

  /** Addresses, rules, link up, routes, in this order: at "up" the kernel tells what is there. */
  private addAll(result: Result): CniError | null {
    const steps = new Steps(this.link);
    this.addAddresses(steps, result, AF_UNSPEC);
    // Before what may be sent again: of a rule that is there the kernel makes a second one.
    steps.addRules(this.sources.rules);
    const error = this.raise(steps, result.ips, this.routesOf(result));
    if (error || !this.waits) return error;
    this.findCarrier();
    // Without a carrier detection does not begin; the kernel does it once there is one.
    if (this.hasCarrier) return this.dad.wait(this.socket);
    const what = "its IPv6 addresses stay tentative until it has";
    log(see(`"${this.link.name}" has no carrier: ${what}`, "master-has-no-carrier"));
    return null;
  }

  /**
   * The same after others were asked whether they have one of the addresses. IPv4 addresses come
   * after that; those of IPv6 before, because the kernel asks, which does not use them.
   */
  private addUnique(result: Result): CniError | null {
    let error = this.raise(new Steps(this.link), result.ips, []);
    if (error) return error;
    this.findCarrier();
    if (!this.hasCarrier) return this.conflicts.noCarrier();
    error = this.conflicts.listen();
    if (error) return error;
    const tentative = new Steps(this.link);
    this.addAddresses(tentative, result, AF_INET6);
    error = this.run(tentative);
    if (!error) error = this.askOthers();
    if (error instanceof AddressConflict) return this.startOver(<AddressConflict>error, result);
    if (error) return error;
    const rest = new Steps(this.link);
    this.addAddresses(rest, result, AF_INET);
    rest.addRoutes(this.routesOf(result));
    rest.addRules(this.sources.rules);
    return this.run(rest);
  }

  private askOthers(): CniError | null {
    const error = this.conflicts.probe();
    if (error || !this.waits) return error;
    const found = this.dad.wait(this.socket);
    return found instanceof AddressConflict ? this.conflicts.name(<AddressConflict>found) : found;
  }

  /** The interface becomes what it was, so that other addresses can be tried. */
  private startOver(conflict: AddressConflict, result: Result): CniError {
    const steps = new Steps(this.link);
    for (let i = 0; i < result.ips.length; i++) {
      if (!result.ips[i].address.isIpv4) steps.removeAddress(result.ips[i]);
    }
    steps.setDown();
    const error = this.run(steps);
    return error ? error : conflict;
  }

  /** @param family AF_INET, AF_INET6, or AF_UNSPEC for both. */
  private addAddresses(steps: Steps, result: Result, family: i32): void {
    for (let i = 0; i < result.ips.length; i++) {
      const isIpv4 = result.ips[i].address.isIpv4;
      if (family == (isIpv4 ? AF_INET6 : AF_INET)) continue;
      steps.addAddress(result.ips[i], isIpv4 ? 0 : DAD_FLAGS[this.policy.ipv6.dad]);
    }
  }

  private routesOf(result: Result): KernelRoute[] {
    return kernelRoutes(result).concat(this.sources.routes);
  }

  private raise(steps: Steps, ips: IpConfig[], routes: KernelRoute[]): CniError | null {
    const raise = new Raise(this.socket, this.link, this.policy.mac);
    const error = raise.run(steps, this.policy.mac.of(ips), routes);
    this.refusal = raise.refusal;
    return error;
  }

  private run(steps: Steps): CniError | null {
    const error = steps.run(this.socket);
    this.refusal = steps.refusal;
    return error;
  }

  private findCarrier(): void {
    const link = findLinkByIndex(this.socket, this.link.index).link;
    this.hasCarrier = link != null && (link.flags & IFF_LOWER_UP) != 0;
  }

  private restoreTimers(): CniError | null {
    const entered = this.netns.enter();
    if (entered == 0) this.timers.restore();
    const left = entered == 0 ? this.netns.leave() : entered;
    return left < 0 ? systemError(CONFIGURE_REFUSED, "leave the container's netns", left) : null;
  }
}
