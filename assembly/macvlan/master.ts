import { CniError, INVALID_CONFIG, MASTER_UNUSABLE } from "../cni/error";
import { netlinkError } from "../ipam/failure";
import { IFF_LOOPBACK, IFF_UP } from "../linux/if";
import { ARPHRD_ETHER } from "../linux/if_arp";
import { RT_TABLE_MAIN, RTM_NEWROUTE, RTN_UNICAST } from "../linux/rtnetlink";
import { AF_INET, AF_INET6 } from "../linux/socket";
import { Link } from "../rtnetlink/link";
import { MessageReader, MessageWriter } from "../rtnetlink/message";
import { findLinkByIndex, findLinkByName } from "../rtnetlink/query";
import { dumpRoutes, KernelRoute, prefixOf, readRoute } from "../rtnetlink/route";
import { RtnlSocket, Visitor } from "../rtnetlink/socket";
import { MacvlanConf } from "./conf";

/** What the kernel takes for the metric of an IPv6 route that names none (IP6_RT_PRIO_USER). */
const IPV6_METRIC: u32 = 1024;

/** The lower device that is to carry the macvlan, or why there is none. */
export class Master {
  link: Link = new Link();
  error: CniError | null = null;

  /**
   * @param socket in the namespace of the master.
   * @param ifname the container's interface, which is never its own master.
   */
  constructor(
    private socket: RtnlSocket,
    private conf: MacvlanConf,
    private ifname: string,
  ) {}

  /** Finds it by name or by the default route, and checks that it can carry the macvlan. */
  find(): CniError | null {
    if (this.conf.master.length > 0) this.findByName();
    else this.findByDefaultRoute();
    if (!this.error) this.error = this.checkMtu();
    return this.error;
  }

  private findByName(): void {
    const name = this.conf.master;
    const where = this.conf.linkInContainer ? "the container's" : "the host's";
    const reply = findLinkByName(this.socket, name);
    const failure = reply.error;
    if (reply.isMissing) {
      this.fail(`master "${name}" not found in ${where} network namespace`);
    } else if (failure) {
      this.error = netlinkError(MASTER_UNUSABLE, `look up master "${name}"`, failure);
    }
    const link = reply.link;
    if (!link) return;
    this.link = link;
    const problem = masterProblem(link);
    if (problem.length > 0) this.fail(`master "${name}" ${problem}`);
  }

  private findByDefaultRoute(): void {
    const routes = new DefaultRoutes();
    const failure = routes.load(this.socket);
    if (failure) {
      this.error = failure;
      return;
    }
    const considered: string[] = [];
    for (let i = 0; i < routes.interfaces.length; i++) {
      const link = findLinkByIndex(this.socket, routes.interfaces[i]).link;
      if (!link || (this.conf.linkInContainer && link.name == this.ifname)) continue;
      const problem = masterProblem(link);
      if (problem.length == 0) {
        this.link = link;
        return;
      }
      considered.push(`"${link.name}" (metric ${routes.metrics[i].toString()}) ${problem}`);
    }
    const why = considered.length > 0 ? considered.join("; ") : "there is no default route";
    this.fail(`no default route interface found to be the master: ${why}; set the key "master"`);
  }

  private checkMtu(): CniError | null {
    if (this.conf.mtu <= this.link.mtu) return null;
    return new CniError(
      INVALID_CONFIG,
      `invalid MTU ${this.conf.mtu.toString()}, must be at most ${this.link.mtu.toString()}, ` +
        `the MTU of master "${this.link.name}"`,
    );
  }

  private fail(msg: string): void {
    this.error = new CniError(MASTER_UNUSABLE, msg);
  }
}

/** Why an interface cannot carry a macvlan that works, or the empty string. */
function masterProblem(link: Link): string {
  if ((link.flags & IFF_LOOPBACK) != 0) return "is a loopback interface, which carries no macvlan";
  if (link.type != ARPHRD_ETHER) {
    return `is no Ethernet device (ARPHRD type ${link.type.toString()}), which carries no macvlan`;
  }
  if ((link.flags & IFF_UP) == 0) return `is down: ip link set dev ${link.name} up`;
  return "";
}

/** The interfaces of the default routes of the main table: IPv4 first, then by rising metric. */
class DefaultRoutes extends Visitor {
  interfaces: i32[] = [];
  metrics: u32[] = [];
  private family: i32 = 0;
  /** Where those of the current family begin. */
  private start: i32 = 0;

  load(socket: RtnlSocket): CniError | null {
    const families = [AF_INET, AF_INET6];
    for (let i = 0; i < families.length; i++) {
      this.family = families[i];
      this.start = this.interfaces.length;
      const request = new MessageWriter();
      dumpRoutes(request, this.family, RT_TABLE_MAIN);
      const failure = socket.dump(request, this);
      if (failure) return netlinkError(MASTER_UNUSABLE, "list the default routes", failure);
    }
    return null;
  }

  reset(): void {
    this.interfaces.length = this.start;
    this.metrics.length = this.start;
  }

  visit(message: MessageReader): void {
    // A router's table may have a million routes; those of another length are not even read.
    if (message.type != RTM_NEWROUTE || prefixOf(message) != 0) return;
    const route = readRoute(message);
    const isDefault =
      route.family == this.family && route.table == RT_TABLE_MAIN && route.type == RTN_UNICAST;
    if (isDefault) for (let i = 0; i < route.interfaces.length; i++) this.insert(route, i);
  }

  /** Sorts one next hop in, after those of the same metric. */
  private insert(route: KernelRoute, hop: i32): void {
    const isUnset = route.priority == 0 && this.family == AF_INET6;
    const metric = isUnset ? IPV6_METRIC : route.priority;
    let at = this.interfaces.length;
    while (at > this.start && this.metrics[at - 1] > metric) at--;
    this.interfaces.push(0);
    this.metrics.push(0);
    for (let i = this.interfaces.length - 1; i > at; i--) {
      this.interfaces[i] = this.interfaces[i - 1];
      this.metrics[i] = this.metrics[i - 1];
    }
    this.interfaces[at] = route.interfaces[hop];
    this.metrics[at] = metric;
  }
}
