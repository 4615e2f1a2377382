import { CniError, MASTER_UNUSABLE } from "../cni/error";
import { netlinkError } from "../ipam/failure";
import { RT_TABLE_MAIN, RTM_NEWROUTE, RTN_UNICAST } from "../linux/rtnetlink";
import { AF_INET, AF_INET6 } from "../linux/socket";
import { MessageReader, MessageWriter } from "../rtnetlink/message";
import { dumpRoutes, KernelRoute, prefixOf, readRoute } from "../rtnetlink/route";
import { RtnlSocket, Visitor } from "../rtnetlink/socket";

/** The interfaces of the default routes of the main table: IPv4 first, then by rising metric. */
export class DefaultRoutes extends Visitor {
  interfaces: i32[] = [];
  metrics: u32[] = [];
  /** Where those of the current family begin. */
  private start: i32 = 0;

  load(socket: RtnlSocket): CniError | null {
    const families = [AF_INET, AF_INET6];
    for (let i = 0; i < families.length; i++) {
      this.start = this.interfaces.length;
      const request = new MessageWriter();
      dumpRoutes(request, families[i], RT_TABLE_MAIN);
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
    const isDefault = route.table == RT_TABLE_MAIN && route.type == RTN_UNICAST;
    if (isDefault) for (let i = 0; i < route.interfaces.length; i++) this.insert(route, i);
  }

  /** Sorts one next hop in, after those of the same metric. */
  private insert(route: KernelRoute, hop: i32): void {
    const metric = route.priority;
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
