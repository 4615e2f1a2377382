import { Fields } from "../json/fields";
import { IFALIASZ, IFF_ALLMULTI, IFF_PROMISC } from "../linux/if";
import { Link, MacvlanSpec } from "../rtnetlink/link";

/** Settings that any interface has, by the names that the plugin `tuning` and ip(8) give them. */
export class Knobs {
  /** IFF_PROMISC, IFF_ALLMULTI. */
  private flags: u32 = 0;
  private txQueueLen: u32 = 0;
  private group: u32 = 0;
  /** Empty for none. */
  alias: string = "";

  load(fields: Fields): void {
    if (fields.flag("promisc")) this.flags |= IFF_PROMISC;
    if (fields.flag("allmulti")) this.flags |= IFF_ALLMULTI;
    this.txQueueLen = <u32>fields.integer("txQLen", 0, u32.MAX_VALUE);
    this.group = <u32>fields.integer("group", 0, u32.MAX_VALUE);
    this.alias = fields.text("alias");
    const length = String.UTF8.byteLength(this.alias);
    if (length >= IFALIASZ || this.alias.includes("\0")) {
      fields.reject(
        "alias",
        `must be at most ${(IFALIASZ - 1).toString()} bytes, none of them NUL`,
      );
    }
  }

  fill(spec: MacvlanSpec): void {
    spec.flags = this.flags;
    spec.txQueueLen = this.txQueueLen;
    spec.group = this.group;
  }

  /** What the link has in another way than is said here, or the empty string. */
  difference(link: Link): string {
    const missing = this.flags & ~link.flags;
    if ((missing & IFF_PROMISC) != 0) return "promisc off, the configuration says on";
    if ((missing & IFF_ALLMULTI) != 0) return "allmulti off, the configuration says on";
    if (this.txQueueLen > 0 && link.txQueueLen != this.txQueueLen) {
      return differs("txQLen", link.txQueueLen.toString(), this.txQueueLen.toString());
    }
    if (this.group > 0 && link.group != this.group) {
      return differs("group", link.group.toString(), this.group.toString());
    }
    if (this.alias.length > 0 && link.alias != this.alias) {
      return differs("alias", `"${link.alias}"`, `"${this.alias}"`);
    }
    return "";
  }
}

function differs(key: string, found: string, wanted: string): string {
  return `${key} ${found}, the configuration says ${wanted}`;
}
