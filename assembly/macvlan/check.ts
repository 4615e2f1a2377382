import { CmdArgs } from "../cni/cmdargs";
import { CniError, INVALID_CONFIG, SYSTEM_FAILURE, systemError } from "../cni/error";
import { NetConf } from "../cni/netconf";
import { Interface, Result } from "../cni/result";
import { readResult } from "../cni/result-read";
import { netlinkError } from "../ipam/failure";
import { Ipam } from "../ipam/ipam";
import { checkSources } from "../ipam/source-check";
import { Fields } from "../json/fields";
import { IFF_UP } from "../linux/if";
import { IFA_F_DADFAILED } from "../linux/if_addr";
import { AF_UNSPEC } from "../linux/socket";
import { Cidr } from "../net/cidr";
import { equalBytes } from "../net/ip";
import { formatMac, parseMac } from "../net/mac";
import { Address } from "../rtnetlink/address";
import { Link, MACVLAN } from "../rtnetlink/link";
import { AddressList, findLinkByName } from "../rtnetlink/query";
import { checkMaster } from "./check-master";
import { MacvlanConf } from "./conf";
import { differs, unseen } from "./difference";
import { driverDifference } from "./driver";
import { checkHostAccess } from "./host-access/check";
import { Record, recordName } from "./host-access/record";
import { RouteSearch } from "./route-search";
import { Session } from "./session";

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
  const record = new Record(conf.name, recordName(args.containerId, args.ifname));
  return new Checker(args, own, session, result, record).run();
}

class Checker {
  private link: Link = new Link();
  /** Index of the interface in prevResult. */
  private index: i32 = -1;
  /** What prevResult gives to the interface; it does not say whose a route is. */
  private own: Result = new Result();

  constructor(
    private args: CmdArgs,
    private conf: MacvlanConf,
    private session: Session,
    private result: Result,
    private record: Record,
  ) {}

  run(): CniError | null {
    let error = this.findExpected();
    if (error) return error;
    this.takeAddresses();
    error = this.findLink();
    if (!error) error = this.checkLink(this.result.interfaces[this.index]);
    if (!error) error = checkMaster(this.link, this.conf, this.session);
    if (!error) error = this.checkSysctls();
    if (!error) error = this.checkAddresses();
    if (!error) error = this.checkRoutes();
    if (!error && this.conf.sources.isOn) {
      this.conf.sources.plan(this.own);
      error = checkSources(this.session.container, this.conf.sources, this.link);
    }
    if (!error && this.conf.hostAccess) {
      const session = this.session;
      const metric = this.record.priority;
      error = checkHostAccess(session.host, session.container, this.link, this.own.ips, metric);
    }
    return error;
  }

  private takeAddresses(): void {
    for (let i = 0; i < this.result.ips.length; i++) {
      if (this.result.ips[i].interface == this.index) this.own.ips.push(this.result.ips[i]);
    }
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
    if (!mac && !this.conf.policy.mac.allows(link.mac, this.own.ips)) {
      return differs(`${name} has MAC address ${found}, which macPolicy does not give it`);
    }
    const mtu = expected.mtu > 0 ? expected.mtu : this.conf.mtu;
    if (mtu > 0 && link.mtu != mtu) {
      return differs(`${name} has MTU ${link.mtu.toString()}, it was ${mtu.toString()}`);
    }
    if ((link.flags & IFF_UP) == 0) return differs(`${name} is down`);
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
    const expected = this.own.ips;
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
}

function findAddress(list: AddressList, wanted: Cidr): Address | null {
  for (let i = 0; i < list.addresses.length; i++) {
    if (list.addresses[i].cidr.equals(wanted)) return list.addresses[i];
  }
  return null;
}
