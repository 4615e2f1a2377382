import { CHECK_FAILED, CniError, SYSTEM_FAILURE } from "../cni/error";
import { ENOENT } from "../linux/errno";
import { RTM_NEWROUTE } from "../linux/rtnetlink";
import { AF_INET, AF_INET6 } from "../linux/socket";
import { Cidr } from "../net/cidr";
import { Link } from "../rtnetlink/link";
import { MessageReader, MessageWriter } from "../rtnetlink/message";
import { dumpRoutes, readRoute } from "../rtnetlink/route";
import { KernelRule } from "../rtnetlink/rule";
import { NetlinkError, RtnlSocket, Visitor } from "../rtnetlink/socket";
import { netlinkError } from "./failure";
import { RuleList } from "./source-rules";
import { SourceRouting } from "./source-routing";

/** Whether all rules and routes that `sources` has planned are there. */
export function checkSources(
  socket: RtnlSocket,
  sources: SourceRouting,
  link: Link,
): CniError | null {
  const list = new RuleList();
  let failure = list.load(socket);
  if (failure) return netlinkError(SYSTEM_FAILURE, "list the container's rules", failure);
  for (let i = 0; i < sources.rules.length; i++) {
    const rule = sources.rules[i];
    if (!hasRule(list, rule)) return missing(`rule "${rule.toString()}"`, link, "container");
  }
  const content = new TableContent(sources.table, link.index);
  failure = content.load(socket, AF_INET);
  if (!failure) failure = content.load(socket, AF_INET6);
  if (failure) return netlinkError(SYSTEM_FAILURE, "list the container's routes", failure);
  for (let i = 0; i < sources.routes.length; i++) {
    const dst = sources.routes[i].dst;
    if (content.leadsTo(dst)) continue;
    const where = `container's table ${sources.table.toString()}`;
    return missing(`route ${dst.toString()}`, link, where);
  }
  return null;
}

function missing(what: string, link: Link, where: string): CniError {
  return new CniError(CHECK_FAILED, `${what} of "${link.name}" is not in the ${where}`);
}

function hasRule(list: RuleList, wanted: KernelRule): bool {
  for (let i = 0; i < list.rules.length; i++) {
    const rule = list.rules[i];
    const isSame =
      rule.source.equals(wanted.source) &&
      rule.table == wanted.table &&
      rule.priority == wanted.priority &&
      rule.action == wanted.action;
    if (isSame) return true;
  }
  return false;
}

/** Where the routes of one table lead to that go out of one interface. */
class TableContent extends Visitor {
  private destinations: Cidr[] = [];

  constructor(
    private table: u32,
    private index: i32,
  ) {
    super();
  }

  load(socket: RtnlSocket, family: i32): NetlinkError | null {
    const request = new MessageWriter();
    dumpRoutes(request, family, this.table);
    const failure = socket.dump(request, this);
    // There is no table before something is in it.
    return failure && failure.errno == ENOENT ? null : failure;
  }

  visit(message: MessageReader): void {
    if (message.type != RTM_NEWROUTE) return;
    const route = readRoute(message);
    if (route.table == this.table && route.interfaces.includes(this.index)) {
      this.destinations.push(route.dst);
    }
  }

  leadsTo(dst: Cidr): bool {
    for (let i = 0; i < this.destinations.length; i++) {
      if (this.destinations[i].equals(dst)) return true;
    }
    return false;
  }
}
