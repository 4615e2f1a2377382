import { CniError, HOST_ACCESS_FAILED } from "../../cni/error";
import { netlinkError } from "../../ipam/failure";
import { ENODEV } from "../../linux/errno";
import { RTM_NEWROUTE } from "../../linux/rtnetlink";
import { AF_INET, AF_INET6 } from "../../linux/socket";
import { equalBytes } from "../../net/ip";
import { dumpRoutesOf, getRoute, HostRoute, readHostRoute } from "../../rtnetlink/host-route";
import { MessageReader, MessageWriter } from "../../rtnetlink/message";
import { NetlinkError, RtnlSocket, Visitor } from "../../rtnetlink/socket";

/**
 * Whose the host's routes to pods are (RTPROT_*): a number that neither the kernel's headers nor
 * /etc/iproute2/rt_protos give to anybody.
 */
export const PROTOCOL: i32 = 193;

/** The routes to pods that go through a shim. */
export class ShimRoutes extends Visitor {
  routes: HostRoute[] = [];
  /** Where those of the current family begin. */
  private start: i32 = 0;

  /** @param index of the shim. */
  constructor(private index: i32) {
    super();
  }

  /** Asks the kernel; a shim that is not there has none. */
  load(socket: RtnlSocket): CniError | null {
    const families = [AF_INET, AF_INET6];
    for (let i = 0; i < families.length; i++) {
      this.start = this.routes.length;
      const request = new MessageWriter();
      dumpRoutesOf(request, families[i], this.index, PROTOCOL);
      const failure = socket.dump(request, this);
      if (!failure || failure.errno == ENODEV) continue;
      return netlinkError(HOST_ACCESS_FAILED, "list the host's routes to pods", failure);
    }
    return null;
  }

  /** The route of an attachment to an address, or null; with 0 that of any attachment. */
  find(dst: Uint8Array, priority: u32): HostRoute | null {
    for (let i = 0; i < this.routes.length; i++) {
      const route = this.routes[i];
      const isIts = priority == 0 || route.priority == priority;
      if (isIts && equalBytes(route.dst, dst)) return route;
    }
    return null;
  }

  reset(): void {
    this.routes.length = this.start;
  }

  visit(message: MessageReader): void {
    if (message.type != RTM_NEWROUTE) return;
    const route = readHostRoute(message);
    if (route.index == this.index && route.protocol == PROTOCOL) this.routes.push(route);
  }
}

/** The way that the kernel would take to an address. */
export class Lookup extends Visitor {
  route: HostRoute = new HostRoute();

  /** Null also where there is no way, and `route` is empty. */
  ask(socket: RtnlSocket, dst: Uint8Array): NetlinkError | null {
    this.route = new HostRoute();
    const request = new MessageWriter();
    getRoute(request, dst);
    const failure = socket.ask(request, this);
    return failure && !failure.isRefusal ? failure : null;
  }

  visit(message: MessageReader): void {
    if (message.type == RTM_NEWROUTE) this.route = readHostRoute(message);
  }
}
