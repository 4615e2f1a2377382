import { CniError, MASTER_UNUSABLE } from "../cni/error";
import { see } from "../cni/troubleshooting";
import { findLinkByName, LinkList } from "../rtnetlink/query";
import { Session } from "./session";

/** So many of the interfaces that there are, are named. */
const NAMED_MAX: i32 = 8;

/** The error for a master that is not there: what is there, and where it is instead. */
export function missingMaster(session: Session, name: string, isInContainer: bool): CniError {
  const here = isInContainer ? "container" : "host";
  const there = isInContainer ? "host" : "container";
  const error = new CniError(
    MASTER_UNUSABLE,
    `master "${name}" not found in the ${here}'s network namespace`,
  );
  const other = isInContainer ? session.host : session.container;
  if (other.isOpen && findLinkByName(other, name).link) {
    const value = isInContainer ? "false" : "true";
    const what = `the ${there} has an interface of this name`;
    const cure = `if that is meant, set "linkInContainer" to ${value}`;
    error.details = see(`${what}: ${cure}`, "master-in-another-namespace");
  } else {
    const list = new LinkList();
    list.load(isInContainer ? session.container : session.host);
    error.details = see(`the ${here} has ${namesIn(list)}`, "master-not-found");
  }
  return error;
}

function namesIn(list: LinkList): string {
  const names: string[] = [];
  for (let i = 0; i < list.links.length; i++) names.push(`"${list.links[i].name}"`);
  const more = names.length - NAMED_MAX;
  const some = names.slice(0, NAMED_MAX).join(", ");
  return more > 0 ? `${some} and ${more.toString()} more` : some;
}
