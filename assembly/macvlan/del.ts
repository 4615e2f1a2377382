import { CmdArgs } from "../cni/cmdargs";
import { CniError } from "../cni/error";
import { NetConf } from "../cni/netconf";
import { DHCP, Ipam } from "../ipam/ipam";
import { removeRules } from "../ipam/source-rules";
import { SourceRouting } from "../ipam/source-routing";
import { Fields, Problem } from "../json/fields";
import { closeHostAccess } from "./host-access/removal";
import { MacvlanLink } from "./link";
import { Session } from "./session";

/**
 * Removes what ADD brought about, as far as it is there. No failure keeps the rest from being done;
 * all of them are reported at the end.
 *
 * Rules go before the link, by whose addresses they may have to be known. The link goes before the
 * lease, so that an address is never free while its old interface still answers; only
 * DHCP needs the interface to release its lease.
 */
export function deleteMacvlan(args: CmdArgs, conf: NetConf, session: Session): CniError | null {
  const type = conf.ipamType;
  const isSynchronous = conf.fields.flag("synchronousDelete");
  const sources = new SourceRouting();
  // As far as it can be read: DEL wants to know no more than whether and where to look for rules.
  sources.load(new Fields(conf.fields.value, "", new Problem()), args.ifname);
  const errors: CniError[] = [];
  if (conf.error) errors.push(conf.error!);
  if (type == DHCP) collect(errors, new Ipam(type, args, conf).call("DEL"));
  collect(errors, closeHostAccess(args, conf, session, isSynchronous));
  removeLink(args, session, sources, isSynchronous, errors);
  if (type.length > 0 && type != DHCP) collect(errors, new Ipam(type, args, conf).call("DEL"));
  return join(errors);
}

/** A namespace that is gone, or a path that is none any more, has taken the interface with it. */
function removeLink(
  args: CmdArgs,
  session: Session,
  sources: SourceRouting,
  isSynchronous: bool,
  errors: CniError[],
): void {
  if (args.netns.length == 0) return;
  const error = session.openContainer(args.netns);
  if (error && !session.isGone) errors.push(error);
  if (error) return;
  const socket = session.container;
  if (sources.isOn) collect(errors, removeRules(socket, sources.table, args.ifname));
  collect(errors, new MacvlanLink(socket, args.ifname, args.containerId).remove(isSynchronous));
}

function collect(errors: CniError[], error: CniError | null): void {
  if (error) errors.push(error);
}

/** The first error, with the others in its details. */
function join(errors: CniError[]): CniError | null {
  if (errors.length == 0) return null;
  const first = errors[0];
  const texts: string[] = [];
  if (first.details.length > 0) texts.push(first.details);
  for (let i = 1; i < errors.length; i++) texts.push(`also: ${errors[i].msg}`);
  return new CniError(first.code, first.msg, texts.join("\n"));
}
