import { IFF_UP } from "../linux/if";
import { MACVLAN_MODE_PASSTHRU } from "../linux/if_link";
import { equalBytes } from "../net/ip";
import { Link } from "../rtnetlink/link";
import { LinkList } from "../rtnetlink/query";
import { RtnlSocket } from "../rtnetlink/socket";
import { ON_A_MASTER } from "./flaw";

/** So many of them are named. */
const NAMED_MAX: i32 = 4;

/**
 * What else is on a master, as far as it can be seen: in the master's own namespace and in the
 * container's. The kernel does not tell what is in other ones.
 */
export class Neighbours {
  private links: Link[] = [];
  /** As people find them: `macvlan "mv9"`, `macvlan "net1" of this container`. */
  private names: string[] = [];

  constructor(private lower: Link) {}

  /**
   * Looks in one namespace; what cannot be listed is not there.
   *
   * @param isElsewhere true if it is another one than the master's.
   * @param where what follows a name.
   */
  look(socket: RtnlSocket, isElsewhere: bool, where: string): void {
    const list = new LinkList();
    list.load(socket);
    for (let i = 0; i < list.links.length; i++) {
      const link = list.links[i];
      const isOnIt = link.lower == this.lower.index && link.isLowerElsewhere == isElsewhere;
      if (!isOnIt || !ON_A_MASTER.includes(link.kind)) continue;
      this.links.push(link);
      this.names.push(`${link.kind} "${link.name}"${where}`);
    }
  }

  /** Those of two kinds, in words. */
  ofKind(kind: string, other: string): string {
    const found: string[] = [];
    for (let i = 0; i < this.links.length; i++) {
      const own = this.links[i].kind;
      if (own == kind || own == other) found.push(this.names[i]);
    }
    const more = found.length - NAMED_MAX;
    const some = found.slice(0, NAMED_MAX).join(", ");
    return more > 0 ? `${some} and ${more.toString()} more` : some;
  }

  /** The macvlan that has the master for itself, or the empty string. */
  get passthru(): string {
    for (let i = 0; i < this.links.length; i++) {
      if (this.links[i].macvlan.mode == MACVLAN_MODE_PASSTHRU) return this.names[i];
    }
    return "";
  }

  /** Who, of those that are up, has the MAC address of a link, which is down; empty: nobody. */
  withMac(link: Link): string {
    for (let i = 0; i < this.links.length; i++) {
      const other = this.links[i];
      const isUp = (other.flags & IFF_UP) != 0;
      if (isUp && equalBytes(other.mac, link.mac)) return this.names[i];
    }
    return "";
  }
}
