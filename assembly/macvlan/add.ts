import { CmdArgs } from "../cni/cmdargs";
import { CniError, INVALID_CONFIG } from "../cni/error";
import { NetConf, problemError } from "../cni/netconf";
import { Interface, Result } from "../cni/result";
import { readResult } from "../cni/result-read";
import { UndoStack } from "../cni/undo";
import { bringUp } from "../ipam/bring-up";
import { Configurator } from "../ipam/configure";
import { configureError } from "../ipam/failure";
import { Ipam } from "../ipam/ipam";
import { Offers } from "../ipam/offers";
import { claimTable } from "../ipam/source-rules";
import { Fields, Problem } from "../json/fields";
import { equalBytes } from "../net/ip";
import { formatMac } from "../net/mac";
import { Link, MacvlanSpec, setLinkUp } from "../rtnetlink/link";
import { MessageWriter } from "../rtnetlink/message";
import { NetlinkError } from "../rtnetlink/socket";
import { log } from "../sys/io";
import { checkKeys, MacvlanConf } from "./conf";
import { reviewDriver } from "./driver";
import { CloseHostAccess, HostAccess } from "./host-access/access";
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

  const access = own.hostAccess ? accessOf(args, conf, session) : null;
  if (own.ipamType.length > 0) {
    error = addLayer3(ipam, session, own, macvlan.link, access, inquiry, undo, result);
  } else {
    error = addLayer2(session, own, macvlan.link, inquiry);
  }
  result.dns.overrideBy(own.dns);
  return error;
}

function accessOf(args: CmdArgs, conf: NetConf, session: Session): HostAccess {
  return new HostAccess(session.host, conf.name, recordName(args.containerId, args.ifname));
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
  entry.mac = formatMac(link.mac);
  entry.mtu = link.mtu;
  result.interfaces.push(entry);
}

function addLayer2(
  session: Session,
  conf: MacvlanConf,
  link: Link,
  inquiry: Inquiry,
): CniError | null {
  const error = conf.sysctls.writeIn(session.netns);
  if (error) return error;
  const request = new MessageWriter();
  setLinkUp(request, link.index, link.alias);
  const failure = bringUp(session.container, request, 0);
  if (!failure) return null;
  return inquiry.ofSetUp(configureError(`set "${link.name}" up`, failure), failure, link);
}

/** IPAM runs while the link is there but down: a DHCP client needs it, and nobody else sees it. */
function addLayer3(
  ipam: Ipam,
  session: Session,
  conf: MacvlanConf,
  link: Link,
  access: HostAccess | null,
  inquiry: Inquiry,
  undo: UndoStack,
  result: Result,
): CniError | null {
  const offers = new Offers(ipam, conf.detection.nextAddress);
  undo.push(new ReleaseLease(ipam));
  let error: CniError | null = null;
  let refusal: NetlinkError | null = null;
  do {
    error = offers.take();
    // The interface's own table has a default route whatever becomes of that in main.
    conf.sources.plan(offers.result);
    conf.defaultRoute.apply(offers.result);
    const configurator = new Configurator(
      session.netns,
      session.container,
      link,
      conf.sysctls,
      conf.sources,
      undo,
      conf.announce,
      conf.detection,
    );
    if (!error) error = configurator.apply(offers.result);
    refusal = configurator.refusal;
  } while (offers.isRefused(error));
  if (error && refusal) return inquiry.ofSetUp(error, refusal, link);
  const own = offers.result;
  if (!error && access) {
    undo.push(new CloseHostAccess(access));
    error = access.open(session.container, link, own);
  }
  if (error) return error;
  const index = result.interfaces.length - 1;
  for (let i = 0; i < own.ips.length; i++) {
    own.ips[i].interface = index;
    result.ips.push(own.ips[i]);
  }
  for (let i = 0; i < own.routes.length; i++) result.routes.push(own.routes[i]);
  result.dns.overrideBy(own.dns);
  return null;
}
