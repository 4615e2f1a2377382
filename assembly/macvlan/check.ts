import { CmdArgs } from "../cni/cmdargs";
import { CHECK_FAILED, CniError, INVALID_CONFIG, SYSTEM_FAILURE, systemError } from "../cni/error";
import { NetConf } from "../cni/netconf";
import { Interface, IpConfig, Result, Route } from "../cni/result";
import { readResult } from "../cni/result-read";
import { netlinkError } from "../ipam/failure";
import { Ipam } from "../ipam/ipam";
import { checkSources } from "../ipam/source-check";
import { Fields } from "../json/fields";
import { IFF_UP } from "../linux/if";
import { IFA_F_DADFAILED } from "../linux/if_addr";
import { AF_INET, AF_INET6, AF_UNSPEC } from "../linux/socket";
import { RT_TABLE_MAIN, RTM_NEWROUTE } from "../linux/rtnetlink";
import { Cidr } from "../net/cidr";
import { equalBytes } from "../net/ip";
import { formatMac, parseMac } from "../net/mac";
import { Address } from "../rtnetlink/address";
import { Link, MACVLAN } from "../rtnetlink/link";
import { MessageReader, MessageWriter } from "../rtnetlink/message";
import { AddressList, findLinkByIndex, findLinkByName, LinkReply } from "../rtnetlink/query";
import { dumpRoutes, KernelRoute, prefixOf, readRoute } from "../rtnetlink/route";
import { RtnlSocket, Visitor } from "../rtnetlink/socket";
import { log } from "../sys/io";
import { Candidates } from "./candidates";
import { MacvlanConf } from "./conf";
import { driverDifference } from "./driver";
import { checkHostAccess } from "./host-access/check";
import { Record, recordName } from "./host-access/record";
import { Session } from "./session";

/** So many of the interfaces that could be the master are named. */
const MEANT_MAX: i32 = 8;

/** Compares the kernel's state with what prevResult and the configuration say; changes nothing. */
export function checkMacvlan(args: CmdArgs, conf: NetConf, session: Session): CniError | null {
  const own = new MacvlanConf();
  let error = own.load(args, conf);
  if (!error) error = session.openHost();
  if (!error) error = session.openContainer(args.netns);
  if (!error && own.ipamType.length > 0) {
    error = new Ipam(own.ipamType, args, conf).call("CHECK");
  }
  if (error) return error;

  const previous = conf.prevResult;
  if (!previous) return new CniError(INVALID_CONFIG, "required prevResult missing");
  const result = readResult(
    new Fields(previous, "prevResult", conf.fields.problem),
    conf.cniVersion,
  );
  error = conf.error;
  if (error) {
    error.code = INVALID_CONFIG;
    return error;
  }
  return new Checker(args, own, session, result, conf.name).run();
}

class Checker {
  private link: Link = new Link();
  /** Index of the interface in prevResult. */
  private index: i32 = -1;

  constructor(
    private args: CmdArgs,
    private conf: MacvlanConf,
    private session: Session,
    private result: Result,
    private network: string,
  ) {}

  run(): CniError | null {
    let error = this.findExpected();
    if (!error) error = this.findLink();
    if (!error) error = this.checkLink(this.result.interfaces[this.index]);
    if (!error) error = this.checkMaster();
    if (!error) error = this.checkSysctls();
    if (!error) error = this.checkAddresses();
    if (!error) error = this.checkRoutes();
    if (!error && this.conf.sources.isOn) error = this.checkSources();
    if (!error && this.conf.hostAccess) error = this.checkHostAccess();
    return error;
  }

  private checkHostAccess(): CniError | null {
    const name = recordName(this.args.containerId, this.args.ifname);
    const priority = new Record(this.network, name).priority;
    return checkHostAccess(
      this.session.host,
      this.session.container,
      this.link,
      this.addresses,
      priority,
    );
  }

  private findExpected(): CniError | null {
    const interfaces = this.result.interfaces;
    for (let i = 0; i < interfaces.length; i++) {
      const entry = interfaces[i];
      if (entry.name == this.args.ifname && entry.sandbox == this.args.netns) this.index = i;
    }
    if (this.index >= 0) return null;
    return new CniError(
      INVALID_CONFIG,
      `prevResult has no interface "${this.args.ifname}" with sandbox "${this.args.netns}"`,
    );
  }

  /** What prevResult gives to this interface. */
  private get addresses(): IpConfig[] {
    const own: IpConfig[] = [];
    for (let i = 0; i < this.result.ips.length; i++) {
      if (this.result.ips[i].interface == this.index) own.push(this.result.ips[i]);
    }
    return own;
  }

  private findLink(): CniError | null {
    const name = this.args.ifname;
    const reply = findLinkByName(this.session.container, name);
    const link = reply.link;
    if (reply.isMissing) return differs(`interface "${name}" not found in the container`);
    if (!link) return unseen(`look up interface "${name}"`, reply);
    this.link = link;
    return null;
  }

  private checkLink(expected: Interface): CniError | null {
    const link = this.link;
    const name = `interface "${link.name}"`;
    if (link.kind != MACVLAN) return differs(`${name} is not of type macvlan: "${link.kind}"`);
    let difference = driverDifference(this.conf.macvlan, link);
    if (difference.length == 0) difference = this.conf.knobs.difference(link);
    if (difference.length > 0) return differs(`${name} has ${difference}`);
    const mac = parseMac(expected.mac);
    const found = formatMac(link.mac);
    if (mac && !equalBytes(mac, link.mac)) {
      return differs(`${name} has MAC address ${found}, prevResult says ${expected.mac}`);
    }
    if (!mac && !this.conf.policy.mac.allows(link.mac, this.addresses)) {
      return differs(`${name} has MAC address ${found}, which macPolicy does not give it`);
    }
    const mtu = expected.mtu > 0 ? expected.mtu : this.conf.mtu;
    if (mtu > 0 && link.mtu != mtu) {
      return differs(`${name} has MTU ${link.mtu.toString()}, it was ${mtu.toString()}`);
    }
    if ((link.flags & IFF_UP) == 0) return differs(`${name} is down`);
    return null;
  }

  /** The master must be there; one that was renamed since ADD still carries the interface. */
  private checkMaster(): CniError | null {
    const isInside = this.conf.linkInContainer;
    // A macvlan in the container as master: its own lower device, out of sight, carries this one
    // too.
    if (isInside && this.link.isLowerElsewhere) return null;
    const socket = isInside ? this.session.container : this.session.host;
    const name = this.link.name;
    const reply = findLinkByIndex(socket, this.link.lower);
    const lower = reply.link;
    if (reply.isMissing) return differs(`the master of "${name}" is gone`);
    if (!lower) return unseen(`look up the master of "${name}"`, reply);
    const selectors = this.conf.master;
    if (selectors.length == 0) return null;
    if (selectors.length > 1 || !selectors[0].isName) return this.checkSelection(socket, lower);
    const wanted = selectors[0].text;
    const other = findLinkByName(socket, wanted);
    const named = other.link;
    if (!named && !other.isMissing) return unseen(`look up "${wanted}"`, other);
    if (named && lowerIndex(named) != lower.index) {
      return differs(`"${name}" is on master "${lower.name}", not on "${wanted}"`);
    }
    if (!named) log(`master "${wanted}" of "${name}" is now called "${lower.name}"`);
    return null;
  }

  /** The master must be one that is meant, whichever ADD would choose now. */
  private checkSelection(socket: RtnlSocket, lower: Link): CniError | null {
    const candidates = new Candidates();
    const failure = candidates.load(socket, this.conf.master);
    if (failure) return netlinkError(SYSTEM_FAILURE, "list the interfaces for a master", failure);
    const meant: string[] = [];
    for (let i = 0; i < this.conf.master.length; i++) {
      const links = candidates.of(this.conf.master[i]);
      for (let j = 0; j < links.length; j++) {
        if (lowerIndex(links[j]) == lower.index) return null;
        meant.push(`"${links[j].name}"`);
      }
    }
    const what = `"${this.link.name}" is on master "${lower.name}"`;
    if (meant.length > 0) return differs(`${what}, not on ${meant.slice(0, MEANT_MAX).join(", ")}`);
    log(`${what}, and "master" means no interface any more`);
    return null;
  }

  private checkSysctls(): CniError | null {
    if (this.conf.policy.sysctls.isEmpty) return null;
    const netns = this.session.netns;
    const entered = netns.enter();
    if (entered < 0) return systemError(SYSTEM_FAILURE, "enter the container's netns", entered);
    const error = this.conf.policy.sysctls.check();
    const left = netns.leave();
    if (left < 0) return systemError(SYSTEM_FAILURE, "leave the container's netns", left);
    return error;
  }

  /** Those of this interface; a chained plugin may have added others to other interfaces. */
  private checkAddresses(): CniError | null {
    const list = new AddressList(this.link.index);
    const failure = list.load(this.session.container, AF_UNSPEC);
    if (failure) return netlinkError(SYSTEM_FAILURE, "list the container's addresses", failure);
    const expected = this.addresses;
    for (let i = 0; i < expected.length; i++) {
      const what = `address ${expected[i].address.toString()}`;
      const found = findAddress(list, expected[i].address);
      if (!found) return differs(`${what} is not on interface "${this.link.name}"`);
      if ((found.flags & IFA_F_DADFAILED) == 0) continue;
      return differs(`${what} of "${this.link.name}" is already used by another host`);
    }
    return null;
  }

  private checkRoutes(): CniError | null {
    const routes = this.result.routes;
    for (let i = 0; i < routes.length; i++) {
      const search = new RouteSearch(routes[i]);
      const failure = search.run(this.session.container);
      if (failure) return failure;
      if (search.isFound) continue;
      const table = search.table.toString();
      return differs(`route ${routes[i].dst.toString()} is not in the container's table ${table}`);
    }
    return null;
  }

  /** What follows from the interface's addresses; prevResult does not say whose a route is. */
  private checkSources(): CniError | null {
    const own = new Result();
    own.ips = this.addresses;
    this.conf.sources.plan(own);
    return checkSources(this.session.container, this.conf.sources, this.link);
  }
}

/** Looks for one route, through whatever interface. */
class RouteSearch extends Visitor {
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

/**
 * A macvlan that is named as master is passed over by the kernel: its own lower device carries
 * both.
 */
function lowerIndex(named: Link): i32 {
  return named.kind == MACVLAN ? named.lower : named.index;
}

function findAddress(list: AddressList, wanted: Cidr): Address | null {
  for (let i = 0; i < list.addresses.length; i++) {
    if (list.addresses[i].cidr.equals(wanted)) return list.addresses[i];
  }
  return null;
}

/** What could not be looked at may well be as it was: no difference was found. */
function unseen(what: string, reply: LinkReply): CniError {
  const failure = reply.error;
  return failure ? netlinkError(SYSTEM_FAILURE, what, failure) : new CniError(SYSTEM_FAILURE, what);
}

function differs(msg: string): CniError {
  return new CniError(CHECK_FAILED, msg);
}
