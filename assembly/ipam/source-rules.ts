import { CniError, CONFIGURE_REFUSED, DELETE_FAILED, SYSTEM_FAILURE } from "../cni/error";
import { UndoStep } from "../cni/undo";
import { ENOENT, EOPNOTSUPP } from "../linux/errno";
import { RTM_NEWRULE } from "../linux/rtnetlink";
import { AF_UNSPEC } from "../linux/socket";
import { Cidr } from "../net/cidr";
import { equalBytes } from "../net/ip";
import { MessageReader, MessageWriter } from "../rtnetlink/message";
import { AddressList, findLinkByName } from "../rtnetlink/query";
import { deleteRule, dumpRules, KernelRule, readRule } from "../rtnetlink/rule";
import { NetlinkError, RtnlSocket, Visitor } from "../rtnetlink/socket";
import { netlinkError } from "./failure";
import { RTPROT_MACVLAN, SourceRouting } from "./source-routing";

/** The rules of a namespace, of all families. */
export class RuleList extends Visitor {
  rules: KernelRule[] = [];

  load(socket: RtnlSocket): NetlinkError | null {
    const request = new MessageWriter();
    dumpRules(request);
    const failure = socket.dump(request, this);
    // A kernel that was built without rules has none.
    return failure && failure.errno == EOPNOTSUPP ? null : failure;
  }

  reset(): void {
    this.rules = [];
  }

  visit(message: MessageReader): void {
    if (message.type == RTM_NEWRULE) this.rules.push(readRule(message));
  }
}

/**
 * A table belongs to one interface: in that of another one the last default route would be for
 * both, and one's DEL would take the rules of both. An automatic table is nobody else's.
 */
export function claimTable(socket: RtnlSocket, sources: SourceRouting): CniError | null {
  if (!sources.isChosen) return null;
  const list = new RuleList();
  const failure = list.load(socket);
  if (failure) return netlinkError(SYSTEM_FAILURE, "list the container's rules", failure);
  for (let i = 0; i < list.rules.length; i++) {
    const rule = list.rules[i];
    if (rule.table != sources.table) continue;
    return new CniError(
      CONFIGURE_REFUSED,
      `routing table ${rule.table.toString()} (sourceTable) is in use in the container, by the ` +
        `rule "${rule.toString()}"`,
      "give each interface of the container a table of its own, or leave sourceTable out",
    );
  }
  return null;
}

/**
 * Removes the rules that lead to the interface's table; where there is none, as the configuration
 * may have got another table since ADD, those for the addresses that the interface has.
 */
export function removeRules(socket: RtnlSocket, table: u32, ifname: string): CniError | null {
  const list = new RuleList();
  let failure = list.load(socket);
  if (failure) return netlinkError(DELETE_FAILED, "list the container's rules", failure);
  const request = new MessageWriter();
  const others: KernelRule[] = [];
  for (let i = 0; i < list.rules.length; i++) {
    const rule = list.rules[i];
    const isOurs = rule.protocol == RTPROT_MACVLAN;
    // A kernel before 4.17 does not tell whose a rule is.
    if (rule.table == table && (isOurs || rule.protocol < 0)) deleteRule(request, rule);
    else if (isOurs) others.push(rule);
  }
  if (request.count == 0 && others.length > 0) {
    failure = addRulesOfAddresses(socket, request, others, ifname);
    if (failure) return netlinkError(DELETE_FAILED, `list the addresses of "${ifname}"`, failure);
  }
  if (request.count == 0) return null;
  failure = socket.execute(request);
  if (!failure || failure.errno == ENOENT) return null;
  return netlinkError(DELETE_FAILED, `delete the rules of "${ifname}"`, failure);
}

function addRulesOfAddresses(
  socket: RtnlSocket,
  request: MessageWriter,
  rules: KernelRule[],
  ifname: string,
): NetlinkError | null {
  const reply = findLinkByName(socket, ifname);
  const link = reply.link;
  if (!link) return reply.isMissing ? null : reply.error;
  const list = new AddressList(link.index);
  const failure = list.load(socket, AF_UNSPEC);
  if (failure) return failure;
  for (let i = 0; i < rules.length; i++) {
    if (has(list, rules[i].source)) deleteRule(request, rules[i]);
  }
  return null;
}

function has(list: AddressList, source: Cidr): bool {
  for (let i = 0; i < list.addresses.length; i++) {
    if (equalBytes(list.addresses[i].cidr.ip, source.ip)) return true;
  }
  return false;
}

/** Rules are not the interface's: they stay when it goes. */
export class RemoveRules extends UndoStep {
  constructor(
    private socket: RtnlSocket,
    private table: u32,
    private ifname: string,
  ) {
    super();
  }

  run(): CniError | null {
    return removeRules(this.socket, this.table, this.ifname);
  }
}
