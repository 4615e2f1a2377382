import { CniError, CONFIGURE_REFUSED, INVALID_CONFIG, systemError } from "../cni/error";
import { Result } from "../cni/result";
import { see } from "../cni/troubleshooting";
import { UndoStack } from "../cni/undo";
import { IFF_LOWER_UP } from "../linux/if";
import { RT_TABLE_MAIN } from "../linux/rtnetlink";
import { formatIp } from "../net/ip";
import { newAddress } from "../rtnetlink/address";
import { configureError } from "./failure";
import { Link, setLinkUp } from "../rtnetlink/link";
import { MessageWriter } from "../rtnetlink/message";
import { findLinkByIndex } from "../rtnetlink/query";
import { KernelRoute, newRoute } from "../rtnetlink/route";
import { NetlinkError, RtnlSocket } from "../rtnetlink/socket";
import { log } from "../sys/io";
import { Netns } from "../sys/netns";
import { readSysctl, writeSysctl } from "../sys/sysctl";
import { bringUp } from "./bring-up";
import { DadWatch } from "./dad";
import { LinkSysctls } from "./link-sysctls";
import { kernelRoutes } from "./routes";
import { DadTimers, RestoreSysctl } from "./sysctls";

/** The least MTU that IPv6 works with (RFC 8200 section 5); below it the kernel has no IPv6. */
const IPV6_MTU_MIN: u32 = 1280;

/** Gives an interface of the container what an IPAM result says: addresses, link up, routes. */
export class Configurator {
  private dad: DadWatch;
  private timers: DadTimers;
  private hasIpv6: bool = false;
  /** What the kernel has refused of what was sent. */
  refusal: NetlinkError | null = null;

  /**
   * @param netns the container's namespace.
   * @param socket a socket in it.
   * @param link the interface, which is down, with the alias that it is to have.
   * @param sysctls that are to be set besides.
   * @param undo gets what has to be taken back besides the interface.
   */
  constructor(
    private netns: Netns,
    private socket: RtnlSocket,
    private link: Link,
    private sysctls: LinkSysctls,
    private undo: UndoStack,
  ) {
    this.dad = new DadWatch(link.name, link.index);
    this.timers = new DadTimers(link.name);
  }

  apply(result: Result): CniError | null {
    for (let i = 0; i < result.ips.length; i++) {
      if (!result.ips[i].address.isIpv4) this.hasIpv6 = true;
    }
    let error = this.checkMtu();
    if (!error) error = this.inNamespace();
    if (!error) error = this.send(result);
    if (!error && this.hasIpv6) error = this.waitForDad();
    this.dad.close();
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
  private inNamespace(): CniError | null {
    const entered = this.netns.enter();
    if (entered < 0) return systemError(CONFIGURE_REFUSED, "enter the container's netns", entered);
    this.announceOnUp();
    let error: CniError | null = null;
    if (this.hasIpv6) error = this.enableIpv6();
    // After our own, so that these are what stays.
    if (!error) error = this.sysctls.write();
    if (!error && this.hasIpv6) error = this.dad.open();
    if (!error && this.hasIpv6) this.timers.shorten();
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

  /** Addresses, link up and routes go to the kernel in one send; it does them in this order. */
  private send(result: Result): CniError | null {
    const name = this.link.name;
    const request = new MessageWriter();
    const steps: string[] = [];
    for (let i = 0; i < result.ips.length; i++) {
      newAddress(request, this.link.index, result.ips[i].address);
      steps.push(`add address ${result.ips[i].address.toString()} to "${name}"`);
    }
    const up = request.count;
    setLinkUp(request, this.link.index, this.link.alias);
    steps.push(`set "${name}" up`);
    const routes = kernelRoutes(result);
    for (let i = 0; i < routes.length; i++) {
      newRoute(request, this.link.index, routes[i]);
      steps.push(`add route ${describe(routes[i])} dev "${name}"`);
    }
    const failure = bringUp(this.socket, request, up);
    this.refusal = failure;
    return failure ? configureError(steps[failure.index], failure) : null;
  }

  private waitForDad(): CniError | null {
    const reply = findLinkByIndex(this.socket, this.link.index);
    const link = reply.link;
    let error: CniError | null = null;
    // Without a carrier detection does not begin; the kernel does it once there is one.
    if (link && (link.flags & IFF_LOWER_UP) != 0) error = this.dad.wait(this.socket);
    else {
      const what = `"${this.link.name}" has no carrier`;
      log(see(`${what}: its IPv6 addresses stay tentative until it has`, "master-has-no-carrier"));
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
