import { CniError, CONFIGURE_REFUSED, INVALID_CONFIG, systemError } from "../cni/error";
import { Result } from "../cni/result";
import { see } from "../cni/troubleshooting";
import { UndoStack } from "../cni/undo";
import { IFF_LOWER_UP } from "../linux/if";
import { IFA_F_NODAD, IFA_F_OPTIMISTIC } from "../linux/if_addr";
import { RT_TABLE_MAIN } from "../linux/rtnetlink";
import { formatIp } from "../net/ip";
import { formatMac } from "../net/mac";
import { newAddress } from "../rtnetlink/address";
import { configureError, netlinkError } from "./failure";
import { Link, setLinkUp } from "../rtnetlink/link";
import { MessageWriter } from "../rtnetlink/message";
import { findLinkByIndex } from "../rtnetlink/query";
import { KernelRoute, newRoute } from "../rtnetlink/route";
import { newRule } from "../rtnetlink/rule";
import { NetlinkError, RtnlSocket } from "../rtnetlink/socket";
import { log } from "../sys/io";
import { Netns } from "../sys/netns";
import { readSysctl, writeSysctl } from "../sys/sysctl";
import { isClash, bringUp } from "./bring-up";
import { DadWatch } from "./dad";
import { DAD_OFF, DAD_OPTIMISTIC, DAD_WAIT } from "./ipv6-policy";
import { LinkPolicy } from "./link-policy";
import { kernelRoutes } from "./routes";
import { RemoveRules } from "./source-rules";
import { SourceRouting } from "./source-routing";
import { DadTimers, RestoreSysctl } from "./sysctls";

/** The least MTU that IPv6 works with (RFC 8200 section 5); below it the kernel has no IPv6. */
const IPV6_MTU_MIN: u32 = 1280;

/** By `Ipv6Policy.dad`: the flags of an IPv6 address. */
const DAD_FLAGS: u32[] = [0, IFA_F_OPTIMISTIC, IFA_F_NODAD];

/** Gives an interface of the container addresses and routes by an IPAM result, and brings it up. */
export class Configurator {
  private dad: DadWatch;
  private timers: DadTimers;
  private hasIpv6: bool = false;
  private waits: bool = false;
  /** What the kernel has refused of what was sent. */
  refusal: NetlinkError | null = null;

  /**
   * @param netns the container's namespace.
   * @param socket a socket in it.
   * @param link the interface, which is down, with the alias that it is to have.
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
  }

  /** A result without addresses brings the link up, and no more. */
  apply(result: Result): CniError | null {
    for (let i = 0; i < result.ips.length; i++) {
      if (!result.ips[i].address.isIpv4) this.hasIpv6 = true;
    }
    const ipv6 = this.policy.ipv6;
    this.waits = this.hasIpv6 && ipv6.dad == DAD_WAIT;
    const hasAddress = result.ips.length > 0;
    const isVisited = hasAddress || ipv6.isWanted || !this.policy.sysctls.isEmpty;
    let error = this.checkMtu();
    if (!error && isVisited) error = this.inNamespace(hasAddress);
    if (!error) error = this.send(result);
    if (!error && this.waits) error = this.waitForDad();
    this.dad.close();
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
  private inNamespace(hasAddress: bool): CniError | null {
    const entered = this.netns.enter();
    if (entered < 0) return systemError(CONFIGURE_REFUSED, "enter the container's netns", entered);
    if (hasAddress) this.announceOnUp();
    let error: CniError | null = null;
    if (this.needsIpv6) error = this.enableIpv6();
    // After our own, so that these are what stays.
    if (!error) error = this.policy.sysctls.write(this.needsIpv6);
    if (!error && this.waits) error = this.dad.open();
    if (!error && this.waits) this.timers.shorten();
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

  /** Addresses, link up, routes, rules go to the kernel in one send; it does them in this order. */
  private send(result: Result): CniError | null {
    const request = new MessageWriter();
    const steps: string[] = [];
    for (let i = 0; i < result.ips.length; i++) {
      const address = result.ips[i].address;
      const flags = address.isIpv4 ? 0 : DAD_FLAGS[this.policy.ipv6.dad];
      newAddress(request, this.link.index, address, flags);
      steps.push(`add address ${address.toString()} to "${this.link.name}"`);
    }
    let up = steps.length;
    this.setUp(request, steps, this.policy.mac.of(result.ips), result);
    if (this.sources.rules.length > 0)
      this.undo.push(new RemoveRules(this.socket, this.sources.table, this.link.name));
    let failure = bringUp(this.socket, request, up);
    // What came before is done, and of what comes after nothing: routes need a link that is up.
    while (isClash(failure, up)) {
      const mac = this.policy.mac.next();
      if (mac.length == 0) break;
      const used = formatMac(this.link.mac);
      log(
        `MAC address ${used} is in use on the master: "${this.link.name}" gets ${formatMac(mac)}`,
      );
      up = 0;
      steps.length = 0;
      const again = new MessageWriter();
      this.setUp(again, steps, mac, result);
      failure = this.socket.execute(again);
    }
    if (!failure) return null;
    const remedy = this.policy.mac.remedy;
    const isClashing = isClash(failure, up);
    if (!isClashing || remedy.length == 0) this.refusal = failure;
    if (isClashing) return this.clash(failure, remedy);
    return configureError(steps[failure.index], failure);
  }

  /** Writes link up, with a MAC address if there is one, and what needs a link that is up. */
  private setUp(request: MessageWriter, steps: string[], mac: Uint8Array, result: Result): void {
    const name = this.link.name;
    if (mac.length > 0) this.link.mac = mac;
    setLinkUp(request, this.link.index, this.link.alias, mac);
    steps.push(`set "${name}" up`);
    const routes = kernelRoutes(result).concat(this.sources.routes);
    for (let i = 0; i < routes.length; i++) {
      newRoute(request, this.link.index, routes[i]);
      steps.push(`add route ${describe(routes[i])} dev "${name}"`);
    }
    const rules = this.sources.rules;
    for (let i = 0; i < rules.length; i++) {
      newRule(request, rules[i]);
      steps.push(`add rule ${rules[i].toString()} for "${name}"`);
    }
  }

  private clash(failure: NetlinkError, remedy: string): CniError {
    const what = `set "${this.link.name}" up with MAC address ${formatMac(this.link.mac)}`;
    const error = netlinkError(CONFIGURE_REFUSED, what, failure);
    error.details = remedy;
    return error;
  }

  private waitForDad(): CniError | null {
    const reply = findLinkByIndex(this.socket, this.link.index);
    const link = reply.link;
    let error: CniError | null = null;
    // Without a carrier detection does not begin; the kernel does it once there is one.
    if (link && (link.flags & IFF_LOWER_UP) != 0) error = this.dad.wait(this.socket);
    else {
      const what = `"${this.link.name}" has no carrier: its IPv6 addresses stay tentative`;
      log(see(`${what} until it has`, "master-has-no-carrier"));
    }
    const entered = this.netns.enter();
    if (entered == 0) this.timers.restore();
    const left = entered == 0 ? this.netns.leave() : entered;
    if (error) return error;
    return left < 0 ? systemError(CONFIGURE_REFUSED, "leave the container's netns", left) : null;
  }
}

function describe(route: KernelRoute): string {
  let text = route.dst.toString();
  for (let i = 0; i < route.gateways.length; i++) text += ` via ${formatIp(route.gateways[i])}`;
  if (route.priority > 0) text += ` metric ${route.priority.toString()}`;
  return route.table == RT_TABLE_MAIN ? text : `${text} table ${route.table.toString()}`;
}
