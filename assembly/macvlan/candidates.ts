import { AF_UNSPEC } from "../linux/socket";
import { compareNatural } from "../net/natural";
import { Link } from "../rtnetlink/link";
import { AddressList, LinkList } from "../rtnetlink/query";
import { NetlinkError, RtnlSocket } from "../rtnetlink/socket";
import { Selector } from "./selector";

/** The interfaces of a namespace, and which of them selectors mean. */
export class Candidates {
  private links: LinkList = new LinkList();
  private addresses: AddressList = new AddressList(0);

  /** Lists the interfaces, and their addresses if a selector is a subnet. */
  load(socket: RtnlSocket, selectors: Selector[]): NetlinkError | null {
    const failure = this.links.load(socket);
    if (failure) return failure;
    for (let i = 0; i < selectors.length; i++) {
      if (selectors[i].subnet) return this.addresses.load(socket, AF_UNSPEC);
    }
    return null;
  }

  /**
   * Those that a selector means: the one that has it for a name, else all that it matches, in the
   * natural order of their names.
   */
  of(selector: Selector): Link[] {
    const all = this.links.links;
    const found: Link[] = [];
    for (let i = 0; i < all.length; i++) {
      if (all[i].isNamed(selector.text)) return [all[i]];
      if (selector.matches(all[i], this.addresses.addresses)) insert(found, all[i]);
    }
    return found;
  }
}

function insert(list: Link[], link: Link): void {
  let at = list.length;
  list.push(link);
  for (; at > 0 && compareNatural(list[at - 1].name, link.name) > 0; at--) list[at] = list[at - 1];
  list[at] = link;
}
