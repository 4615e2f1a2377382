import { CmdArgs } from "../cni/cmdargs";
import { CniError, INVALID_CONFIG } from "../cni/error";
import { NetConf, problemError } from "../cni/netconf";
import { Interface, Result } from "../cni/result";
import { readResult } from "../cni/result-read";
import { UndoStack } from "../cni/undo";
import { Configurator } from "../ipam/configure";
import { DHCP, Ipam } from "../ipam/ipam";
import { Offers } from "../ipam/offers";
import { claimTable } from "../ipam/source-rules";
import { Fields, Problem } from "../json/fields";
import { equalBytes } from "../net/ip";
import { formatMac } from "../net/mac";
import { Link, MacvlanSpec } from "../rtnetlink/link";
import { NetlinkError } from "../rtnetlink/socket";
import { log } from "../sys/io";
import { checkKeys, MacvlanConf } from "./conf";
import { reviewDriver } from "./driver";
import { HostAccess } from "./host-access/access";
import { recordName } from "./host-access/record";
import { Inquiry } from "./inquiry";
import { MacvlanLink } from "./link";
import { Master } from "./master";
import { Session } from "./session";
import { ReleaseLease, RemoveLink } from "./undo";

/**
 * Brings the interface about: validate, create the link, ask IPAM for addresses, configure, report.
 * Nothing is changed before all that needs no change has been checked.
 */
export function addMacvlan(
  args: CmdArgs,
  conf: NetConf,
  session: Session,
  undo: UndoStack,
  result: Result,
): CniError | null {
  const own = new MacvlanConf();
  let error = own.load(args, conf);
  if (!error) error = checkKeys(conf).report();
  if (!error) error = takePrevResult(conf, result);
  const ipam = new Ipam(own.ipamType, args, conf);
  if (!error && own.ipamType.length > 0) error = ipam.find();
  if (!error) error = session.openHost();
  if (!error) error = session.openContainer(args.netns);
  if (error) return error;

  const master = new Master(session, own, args.ifname);
  error = master.find();
  if (!error) error = claimTable(session.container, own.sources);
  if (!error) error = master.bringUp();
  if (error) return error;
  master.warn();

  const macvlan = new MacvlanLink(session.container, args.ifname, args.containerId);
  undo.push(new RemoveLink(macvlan, own.synchronousDelete));
  const spec = specify(own, master.link, session);
  const inquiry = new Inquiry(session, own.linkInContainer, master.link);
  error = macvlan.create(spec, inquiry);
  if (error) return error;
  error = reviewDriver(own.macvlan, macvlan.link, master.link.name);
  if (error) return error;
  macvlan.link.alias = own.knobs.alias;
  report(macvlan.link, args.netns, result);
  if (own.mac.length > 0 && !equalBytes(own.mac, macvlan.link.mac)) {
    log(
      `in mode passthru "${args.ifname}" has the MAC address of its master, not the one asked for`,
    );
  }

  const name = recordName(args.containerId, args.ifname);
  const access = new HostAccess(session.host, conf.name, name);
  if (own.hostAccess && own.ipamType == DHCP) error = access.prepare(macvlan.link, undo);
  if (error) return error;

  if (own.ipamType.length > 0) undo.push(new ReleaseLease(ipam));
  const offers = new Offers(ipam, own.policy.conflicts.nextAddress);
  error = configure(own, session, undo, inquiry, macvlan.link, offers, master);
  const layer3 = offers.result;
  if (!error && own.hostAccess) {
    error = access.open(session.container, macvlan.link, layer3, undo);
  }
  add(result, layer3);
  // Only now it is sure which one it has.
  result.interfaces[result.interfaces.length - 1].mac = formatMac(macvlan.link.mac);
  result.dns.overrideBy(own.dns);
  return error;
}

/** Asks IPAM and configures, until nobody else has an address of what IPAM gave. */
function configure(
  own: MacvlanConf,
  session: Session,
  undo: UndoStack,
  inquiry: Inquiry,
  link: Link,
  offers: Offers,
  master: Master,
): CniError | null {
  let error: CniError | null = null;
  let refusal: NetlinkError | null = null;
  do {
    if (own.ipamType.length > 0) error = takeOffer(offers, own, master);
    const configurator = new Configurator(
      session.netns,
      session.container,
      link,
      own.policy,
      own.sources,
      undo,
    );
    if (!error) error = configurator.apply(offers.result);
    refusal = configurator.refusal;
  } while (offers.isRefused(error));
  return error && refusal ? inquiry.ofSetUp(error, refusal, link) : error;
}

function specify(own: MacvlanConf, master: Link, session: Session): MacvlanSpec {
  const spec = new MacvlanSpec();
  spec.master = master.index;
  spec.netns = own.linkInContainer ? -1 : session.netns.descriptor;
  spec.mtu = own.mtu;
  spec.mac = own.mac;
  spec.macvlan = own.macvlan;
  own.knobs.fill(spec);
  return spec;
}

/** What plugins before this one in the chain have brought about goes through. */
function takePrevResult(conf: NetConf, result: Result): CniError | null {
  const previous = conf.prevResult;
  if (!previous) return null;
  const problem = new Problem();
  result.take(readResult(new Fields(previous, "prevResult", problem), conf.cniVersion));
  const error = problemError("network configuration: ", problem);
  if (error) error.code = INVALID_CONFIG;
  return error;
}

function report(link: Link, sandbox: string, result: Result): void {
  const entry = new Interface(link.name, sandbox);
  entry.mtu = link.mtu;
  result.interfaces.push(entry);
}

/** IPAM runs while the link is there but down: a DHCP client needs it, and nobody else sees it. */
function takeOffer(offers: Offers, conf: MacvlanConf, master: Master): CniError | null {
  const error = offers.take();
  if (error) return error;
  // The interface's own table has a default route whatever becomes of that in main.
  conf.sources.plan(offers.result);
  conf.defaultRoute.apply(offers.result);
  return conf.policy.conflicts.isOn ? master.conflictWith(offers.result.ips) : null;
}

/** What the interface has got is added to what the plugins before this one have reported. */
function add(result: Result, own: Result): void {
  const index = result.interfaces.length - 1;
  for (let i = 0; i < own.ips.length; i++) {
    own.ips[i].interface = index;
    result.ips.push(own.ips[i]);
  }
  for (let i = 0; i < own.routes.length; i++) result.routes.push(own.routes[i]);
  result.dns.overrideBy(own.dns);
}
