import { CniError, SYSTEM_FAILURE } from "../cni/error";
import { Route } from "../cni/result";
import { netlinkError } from "../ipam/failure";
import { AF_INET, AF_INET6 } from "../linux/socket";
import { RT_TABLE_MAIN, RTM_NEWROUTE } from "../linux/rtnetlink";
import { Cidr } from "../net/cidr";
import { equalBytes } from "../net/ip";
import { MessageReader, MessageWriter } from "../rtnetlink/message";
import { dumpRoutes, KernelRoute, prefixOf, readRoute } from "../rtnetlink/route";
import { RtnlSocket, Visitor } from "../rtnetlink/socket";

/** Looks for one route, through whatever interface. */
export class RouteSearch extends Visitor {
  isFound: bool = false;
  table: u32 = RT_TABLE_MAIN;
  private dst: Cidr;

  constructor(private route: Route) {
    super();
    this.dst = new Cidr(route.dst.network, route.dst.prefix);
    if (route.table > 0) this.table = <u32>route.table;
  }

  run(socket: RtnlSocket): CniError | null {
    const request = new MessageWriter();
    dumpRoutes(request, this.dst.isIpv4 ? AF_INET : AF_INET6, this.table);
    const failure = socket.dump(request, this);
    return failure ? netlinkError(SYSTEM_FAILURE, "list the container's routes", failure) : null;
  }

  visit(message: MessageReader): void {
    if (message.type != RTM_NEWROUTE || prefixOf(message) != this.dst.prefix) return;
    if (this.matches(readRoute(message))) this.isFound = true;
  }

  private matches(entry: KernelRoute): bool {
    if (entry.table != this.table || !entry.dst.equals(this.dst)) return false;
    if (this.route.priority > 0 && entry.priority != this.route.priority) return false;
    const gateway = this.route.gateway;
    if (!gateway) return true;
    for (let i = 0; i < entry.gateways.length; i++) {
      if (equalBytes(entry.gateways[i], gateway)) return true;
    }
    return false;
  }
}
