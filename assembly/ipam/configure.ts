import { CniError, CONFIGURE_REFUSED, INVALID_CONFIG, systemError } from "../cni/error";
import { IpConfig, Result } from "../cni/result";
import { see } from "../cni/troubleshooting";
import { UndoStack } from "../cni/undo";
import { IFF_LOWER_UP } from "../linux/if";
import { IFA_F_NODAD, IFA_F_OPTIMISTIC } from "../linux/if_addr";
import { AF_INET, AF_INET6, AF_UNSPEC } from "../linux/socket";
import { formatMac } from "../net/mac";
import { Link } from "../rtnetlink/link";
import { findLinkByIndex } from "../rtnetlink/query";
import { NetlinkError, RtnlSocket } from "../rtnetlink/socket";
import { log } from "../sys/io";
import { Netns } from "../sys/netns";
import { readSysctl, writeSysctl } from "../sys/sysctl";
import { Announcer } from "./announce";
import { ConflictWatch } from "./conflict";
import { DadWatch } from "./dad";
import { AddressConflict, netlinkError } from "./failure";
import { DAD_OPTIMISTIC, DAD_WAIT } from "./ipv6-policy";
import { LinkPolicy } from "./link-policy";
import { kernelRoutes } from "./routes";
import { RemoveRules } from "./source-rules";
import { SourceRouting } from "./source-routing";
import { Steps } from "./steps";
import { DadTimers, RestoreSysctl } from "./sysctls";

/** The least MTU that IPv6 works with (RFC 8200 section 5); below it the kernel has no IPv6. */
const IPV6_MTU_MIN: u32 = 1280;

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
    let error = this.checkMtu();
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

  private checkMtu(): CniError | null {
    if (!this.needsIpv6 || this.link.mtu >= IPV6_MTU_MIN) return null;
    const what = this.hasIpv6 ? "its IPv6 address" : "router advertisements";
    return new CniError(
      INVALID_CONFIG,
      `the MTU of "${this.link.name}" is ${this.link.mtu.toString()}, too small for ${what}: ` +
        `IPv6 needs ${IPV6_MTU_MIN.toString()}`,
    );
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
    if (!error) error = this.policy.sysctls.write();
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

  /** Container runtimes switch IPv6 off where their own network has none. */
  private enableIpv6(): CniError | null {
    const interfaces = ["lo", this.link.name];
    for (let i = 0; i < interfaces.length; i++) {
      const key = `net/ipv6/conf/${interfaces[i]}/disable_ipv6`;
      const before = readSysctl(key);
      if (before == "0") continue;
      if (before == "") {
        // The kernel refuses addresses by itself; nothing would come of router advertisements.
        if (this.policy.ipv6.isWanted) {
          return new CniError(
            CONFIGURE_REFUSED,
            `enable IPv6 on "${interfaces[i]}": cannot read ${key}: has this kernel no IPv6?`,
          );
        }
        log(`cannot read ${key}; going on as if IPv6 were enabled`);
        continue;
      }
      if (interfaces[i] == "lo") this.undo.push(new RestoreSysctl(this.netns, key, before));
      const written = writeSysctl(key, "0");
      if (written < 0) {
        return systemError(CONFIGURE_REFUSED, `enable IPv6 on "${interfaces[i]}"`, written);
      }
    }
    // Else the addresses would be gone after the link had been down for a moment; they work
    // without.
    if (this.hasIpv6) writeSysctl(`net/ipv6/conf/${this.link.name}/keep_addr_on_down`, "1");
    return null;
  }

  /** Addresses, rules, link up, routes, in this order: at "up" the kernel tells what is there. */
  private addAll(result: Result): CniError | null {
    const steps = new Steps(this.link);
    this.addAddresses(steps, result, AF_UNSPEC);
    // Before what may be sent again: of a rule that is there the kernel makes a second one.
    steps.addRules(this.sources.rules);
    const error = this.raise(steps, result.ips, result);
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
    let error = this.raise(new Steps(this.link), result.ips, null);
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
    this.addRoutes(rest, result);
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

  private addRoutes(steps: Steps, result: Result): void {
    steps.addRoutes(kernelRoutes(result).concat(this.sources.routes));
  }

  private run(steps: Steps): CniError | null {
    const error = steps.run(this.socket);
    this.refusal = steps.refusal;
    return error;
  }

  /**
   * Does what there is to do, then sets the link up, if need be with one MAC address after the
   * other, and then does what needs a link that is up.
   *
   * @param ips that it is to have.
   * @param routing with its routes, or null for none yet.
   */
  private raise(before: Steps, ips: IpConfig[], routing: Result | null): CniError | null {
    let steps = before;
    let mac = this.policy.mac.of(ips);
    let error: CniError | null = null;
    while (true) {
      steps.setUp(mac);
      if (routing) this.addRoutes(steps, routing);
      error = steps.run(this.socket, steps == before);
      if (!steps.isClash) break;
      mac = this.policy.mac.next();
      if (mac.length == 0) break;
      const used = formatMac(this.link.mac);
      log(
        `MAC address ${used} is in use on the master: "${this.link.name}" gets ${formatMac(mac)}`,
      );
      // What came before is done, and of what comes after nothing: routes need a link that is up.
      steps = new Steps(this.link);
    }
    const refusal = steps.refusal;
    const remedy = this.policy.mac.remedy;
    if (!steps.isClash || remedy.length == 0) this.refusal = refusal;
    return refusal && steps.isClash ? this.clash(refusal, remedy) : error;
  }

  private clash(failure: NetlinkError, remedy: string): CniError {
    const what = `set "${this.link.name}" up with MAC address ${formatMac(this.link.mac)}`;
    const error = netlinkError(CONFIGURE_REFUSED, what, failure);
    error.details = remedy;
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
