import { CniError, CONFIGURE_REFUSED, INVALID_CONFIG, systemError } from "../cni/error";
import { IpConfig, Result } from "../cni/result";
import { see } from "../cni/troubleshooting";
import { UndoStack } from "../cni/undo";
import { IFF_LOWER_UP } from "../linux/if";
import { isIpv4 } from "../net/ip";
import { Link } from "../rtnetlink/link";
import { findLinkByIndex } from "../rtnetlink/query";
import { NetlinkError, RtnlSocket } from "../rtnetlink/socket";
import { log } from "../sys/io";
import { Netns } from "../sys/netns";
import { readSysctl, writeSysctl } from "../sys/sysctl";
import { AnnounceConf, Announcer } from "./announce";
import { ConflictConf, ConflictWatch } from "./conflict";
import { DadWatch } from "./dad";
import { AddressConflict } from "./failure";
import { LinkSysctls } from "./link-sysctls";
import { kernelRoutes } from "./routes";
import { RemoveRules } from "./source-rules";
import { SourceRouting } from "./source-routing";
import { Steps } from "./steps";
import { DadTimers, RestoreSysctl } from "./sysctls";

/** The least MTU that IPv6 works with (RFC 8200 section 5); below it the kernel has no IPv6. */
const IPV6_MTU_MIN: u32 = 1280;

/** Gives an interface of the container addresses and routes by an IPAM result, and brings it up. */
export class Configurator {
  private dad: DadWatch;
  private timers: DadTimers;
  private conflicts: ConflictWatch;
  private announcer: Announcer;
  private hasIpv6: bool = false;
  /** False if it was found that there is none. */
  private hasCarrier: bool = true;
  /** What the kernel has refused of what was sent. */
  refusal: NetlinkError | null = null;

  /**
   * @param netns the container's namespace.
   * @param socket a socket in it.
   * @param link the interface, with the alias that it is to have; it is down, unless IPAM or an
   *   attempt before has brought it up.
   * @param sysctls that are to be set besides.
   * @param sources with the plan for what is applied.
   * @param undo gets what has to be taken back besides the interface.
   */
  constructor(
    private netns: Netns,
    private socket: RtnlSocket,
    private link: Link,
    private sysctls: LinkSysctls,
    private sources: SourceRouting,
    private undo: UndoStack,
    announce: AnnounceConf,
    detection: ConflictConf,
  ) {
    this.dad = new DadWatch(link.name, link.index);
    this.timers = new DadTimers(link.name);
    this.conflicts = new ConflictWatch(link, detection);
    this.announcer = new Announcer(link, announce);
  }

  apply(result: Result): CniError | null {
    for (let i = 0; i < result.ips.length; i++) {
      if (!result.ips[i].address.isIpv4) this.hasIpv6 = true;
    }
    let error = this.checkMtu();
    if (!error) error = this.inNamespace(result.ips);
    if (!error) {
      error = this.conflicts.isOn ? this.addUnique(result) : this.addAll(result);
      const left = this.hasIpv6 ? this.restoreTimers() : null;
      if (!error) error = left;
    }
    // An IPv6 address that is still tentative is not to be told of.
    if (!error && this.hasCarrier) this.announcer.announce(result.ips);
    this.dad.close();
    this.conflicts.close();
    this.announcer.close();
    return error;
  }

  private checkMtu(): CniError | null {
    if (!this.hasIpv6 || this.link.mtu >= IPV6_MTU_MIN) return null;
    return new CniError(
      INVALID_CONFIG,
      `the MTU of "${this.link.name}" is ${this.link.mtu.toString()}, too small for its IPv6 ` +
        `address: IPv6 needs ${IPV6_MTU_MIN.toString()}`,
    );
  }

  /** All that is reached by being inside the namespace, in one visit. */
  private inNamespace(ips: IpConfig[]): CniError | null {
    const entered = this.netns.enter();
    if (entered < 0) return systemError(CONFIGURE_REFUSED, "enter the container's netns", entered);
    this.announceOnUp();
    let error: CniError | null = null;
    if (this.hasIpv6) error = this.enableIpv6();
    // After our own, so that these are what stays.
    if (!error) error = this.sysctls.write();
    if (!error && this.hasIpv6) error = this.dad.open();
    if (!error && this.hasIpv6) this.timers.shorten();
    if (!error && this.conflicts.isOn) error = this.conflicts.open(ips);
    if (!error) this.announcer.open();
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
    writeSysctl(`net/ipv6/conf/${this.link.name}/keep_addr_on_down`, "1");
    return null;
  }

  /** Addresses, link up and routes, in this order: the kernel announces at "up" what is there. */
  private addAll(result: Result): CniError | null {
    const steps = new Steps(this.link);
    for (let i = 0; i < result.ips.length; i++) steps.addAddress(result.ips[i]);
    steps.setUp();
    this.addRouting(steps, result);
    const error = this.run(steps);
    if (error || !this.hasIpv6) return error;
    this.findCarrier();
    // Without a carrier detection does not begin; the kernel does it once there is one.
    if (this.hasCarrier) return this.dad.wait(this.socket);
    const what = `"${this.link.name}" has no carrier: its IPv6 addresses stay tentative until it has`;
    log(see(what, "master-has-no-carrier"));
    return null;
  }

  /**
   * The same after others were asked whether they have one of the addresses. IPv4 addresses come
   * after that; those of IPv6 before, because the kernel asks, which does not use them.
   */
  private addUnique(result: Result): CniError | null {
    const up = new Steps(this.link);
    up.setUp();
    let error = this.run(up);
    if (error) return error;
    this.findCarrier();
    if (!this.hasCarrier) return this.conflicts.noCarrier();
    error = this.conflicts.listen();
    if (error) return error;
    const tentative = new Steps(this.link);
    this.addFamily(tentative, result, false);
    error = this.run(tentative);
    if (!error) error = this.askOthers(result);
    if (error) return error;
    const rest = new Steps(this.link);
    this.addFamily(rest, result, true);
    this.addRouting(rest, result);
    return this.run(rest);
  }

  private run(steps: Steps): CniError | null {
    const error = steps.run(this.socket);
    this.refusal = steps.refusal;
    return error;
  }

  private addFamily(steps: Steps, result: Result, isIpv4: bool): void {
    for (let i = 0; i < result.ips.length; i++) {
      if (result.ips[i].address.isIpv4 == isIpv4) steps.addAddress(result.ips[i]);
    }
  }

  private addRouting(steps: Steps, result: Result): void {
    const sources = this.sources;
    steps.addRoutes(kernelRoutes(result).concat(sources.routes));
    if (sources.rules.length == 0) return;
    this.undo.push(new RemoveRules(this.socket, sources.table, this.link.name));
    steps.addRules(sources.rules);
  }

  /** After a conflict no address is left, so that others can be tried. */
  private askOthers(result: Result): CniError | null {
    let error = this.conflicts.probe();
    if (!error && this.hasIpv6) error = this.dad.wait(this.socket);
    if (!(error instanceof AddressConflict)) return error;
    const conflict = <AddressConflict>error;
    if (!isIpv4(conflict.ip)) error = this.conflicts.name(conflict);
    const steps = new Steps(this.link);
    for (let i = 0; i < result.ips.length; i++) {
      if (!result.ips[i].address.isIpv4) steps.removeAddress(result.ips[i]);
    }
    const left = this.run(steps);
    return left ? left : error;
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
