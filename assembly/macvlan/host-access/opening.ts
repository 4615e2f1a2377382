import { CniError, HOST_ACCESS_FAILED } from "../../cni/error";
import { Result, Route } from "../../cni/result";
import { netlinkError } from "../../ipam/failure";
import { RT_SCOPE_LINK, RTN_LOCAL } from "../../linux/rtnetlink";
import { Cidr } from "../../net/cidr";
import { formatIp, isLinkLocal } from "../../net/ip";
import { HostRoute, replaceHostRoute } from "../../rtnetlink/host-route";
import { Link } from "../../rtnetlink/link";
import { MessageWriter } from "../../rtnetlink/message";
import { newNeighbour } from "../../rtnetlink/neighbour";
import { KernelRoute, newRoute } from "../../rtnetlink/route";
import { NetlinkError, RtnlSocket } from "../../rtnetlink/socket";
import { log } from "../../sys/io";
import { Lookup, PROTOCOL } from "./routes";
import { Shim } from "./shim";

/**
 * Tells host and pod where the other one is: routes, and neighbours, so that none of them has to
 * ask the LAN, where everybody would learn the shim's MAC address from the question.
 */
export class Opening {
  private lookup: Lookup = new Lookup();
  /** How many addresses of the pod reach the host. */
  private count: i32 = 0;

  /**
   * @param host a socket in the host's namespace.
   * @param container a socket in the container's.
   * @param priority the metric of the host's routes.
   */
  constructor(
    private host: RtnlSocket,
    private container: RtnlSocket,
    private shim: Shim,
    private pod: Link,
    private priority: u32,
  ) {}

  /** Opens the way to `addresses`; `result` has the pod's subnets, and gets its new routes. */
  run(addresses: Uint8Array[], result: Result): CniError | null {
    for (let i = 0; i < addresses.length; i++) {
      const error = this.connect(addresses[i], result);
      if (error) return error;
    }
    if (this.count > 0) return null;
    return new CniError(
      HOST_ACCESS_FAILED,
      `the host has no address by which it could talk to "${this.pod.name}"`,
      'give the host an address of the pod\'s family, or remove "hostAccess"',
    );
  }

  private connect(ip: Uint8Array, result: Result): CniError | null {
    const route = new HostRoute();
    route.dst = ip;
    route.index = this.shim.index;
    route.protocol = PROTOCOL;
    route.priority = this.priority;
    let error = this.findSource(route);
    if (!error && route.source.length == 0) {
      // There was no way at all. By the one that is there now the kernel takes any address.
      error = this.addRoute(route);
      if (!error) error = this.findSource(route);
    }
    if (!error) error = this.addRoute(route);
    if (error) return error;
    if (route.source.length > 0) return this.tellPod(ip, route.source, result);
    log(`the host has no address to talk to ${formatIp(ip)} from`);
    return null;
  }

  /** The host's address that the pod is to see: that of the way that there is without us. */
  private findSource(route: HostRoute): CniError | null {
    const name = formatIp(route.dst);
    const failure = this.lookup.ask(this.host, route.dst);
    if (failure) return refused(`look up the host's route to ${name}`, failure);
    const found = this.lookup.route;
    if (found.type == RTN_LOCAL) {
      return new CniError(HOST_ACCESS_FAILED, `the host itself has the pod's address ${name}`);
    }
    if (!isLinkLocal(found.source)) route.source = found.source;
    return null;
  }

  private addRoute(route: HostRoute): CniError | null {
    const request = new MessageWriter();
    replaceHostRoute(request, route);
    newNeighbour(request, route.index, route.dst, this.pod.mac);
    const failure = this.host.execute(request);
    if (!failure) return null;
    const what = failure.index == 0 ? "route" : "neighbour";
    const ip = formatIp(route.dst);
    return refused(`add the host's ${what} ${ip} dev "${this.shim.name}"`, failure);
  }

  private tellPod(ip: Uint8Array, source: Uint8Array, result: Result): CniError | null {
    this.count++;
    const request = new MessageWriter();
    newNeighbour(request, this.pod.index, source, this.shim.mac);
    if (!isCovered(source, result)) {
      const route = new KernelRoute();
      route.dst = new Cidr(source, 8 * source.length);
      route.scope = RT_SCOPE_LINK;
      newRoute(request, this.pod.index, route);
      const entry = new Route(route.dst, null);
      entry.scope = RT_SCOPE_LINK;
      result.routes.push(entry);
    }
    const failure = this.container.execute(request);
    if (!failure) return null;
    const what = failure.index == 0 ? "neighbour" : "route";
    return refused(
      `add ${what} ${formatIp(source)} dev "${this.pod.name}" for ${formatIp(ip)}`,
      failure,
    );
  }
}

function isCovered(address: Uint8Array, result: Result): bool {
  for (let i = 0; i < result.ips.length; i++) {
    if (result.ips[i].address.contains(address)) return true;
  }
  for (let i = 0; i < result.routes.length; i++) {
    const route = result.routes[i];
    if (route.scope == RT_SCOPE_LINK && route.dst.contains(address)) return true;
  }
  return false;
}

export function refused(what: string, failure: NetlinkError): CniError {
  return netlinkError(HOST_ACCESS_FAILED, what, failure);
}
