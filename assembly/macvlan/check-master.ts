import { CniError, SYSTEM_FAILURE } from "../cni/error";
import { netlinkError } from "../ipam/failure";
import { Link, MACVLAN } from "../rtnetlink/link";
import { findLinkByIndex, findLinkByName } from "../rtnetlink/query";
import { RtnlSocket } from "../rtnetlink/socket";
import { log } from "../sys/io";
import { Candidates } from "./candidates";
import { MacvlanConf } from "./conf";
import { differs, unseen } from "./difference";
import { Selector } from "./selector";
import { Session } from "./session";

/** So many of the interfaces that could be the master are named. */
const MEANT_MAX: i32 = 8;

/** The master must be there; one that was renamed since ADD still carries the interface. */
export function checkMaster(link: Link, conf: MacvlanConf, session: Session): CniError | null {
  // A macvlan in the container as master: its own lower device, out of sight, carries this one too.
  if (conf.linkInContainer && link.isLowerElsewhere) return null;
  const socket = conf.linkInContainer ? session.container : session.host;
  const reply = findLinkByIndex(socket, link.lower);
  const lower = reply.link;
  if (reply.isMissing) return differs(`the master of "${link.name}" is gone`);
  if (!lower) return unseen(`look up the master of "${link.name}"`, reply);
  const selectors = conf.master;
  if (selectors.length == 0) return null;
  const isNamed = selectors.length == 1 && selectors[0].isName;
  return isNamed
    ? checkName(socket, link, lower, selectors[0].text)
    : checkSelection(socket, link, lower, selectors);
}

function checkName(socket: RtnlSocket, link: Link, lower: Link, wanted: string): CniError | null {
  const reply = findLinkByName(socket, wanted);
  const named = reply.link;
  if (!named && !reply.isMissing) return unseen(`look up "${wanted}"`, reply);
  if (named && lowerIndex(named) != lower.index) {
    return differs(`"${link.name}" is on master "${lower.name}", not on "${wanted}"`);
  }
  if (!named) log(`master "${wanted}" of "${link.name}" is now called "${lower.name}"`);
  return null;
}

/** The master must be one that is meant, whichever ADD would choose now. */
function checkSelection(
  socket: RtnlSocket,
  link: Link,
  lower: Link,
  selectors: Selector[],
): CniError | null {
  const candidates = new Candidates();
  const failure = candidates.load(socket, selectors);
  if (failure) return netlinkError(SYSTEM_FAILURE, "list the interfaces for a master", failure);
  const meant: string[] = [];
  for (let i = 0; i < selectors.length; i++) {
    const links = candidates.of(selectors[i]);
    for (let j = 0; j < links.length; j++) {
      if (lowerIndex(links[j]) == lower.index) return null;
      meant.push(`"${links[j].name}"`);
    }
  }
  const what = `"${link.name}" is on master "${lower.name}"`;
  if (meant.length > 0) return differs(`${what}, not on ${meant.slice(0, MEANT_MAX).join(", ")}`);
  log(`${what}, and "master" means no interface any more`);
  return null;
}

/**
 * A macvlan that is named as master is passed over by the kernel: its own lower device carries
 * both.
 */
function lowerIndex(named: Link): i32 {
  return named.kind == MACVLAN ? named.lower : named.index;
}
