import { CniError, CONFIGURE_REFUSED } from "../cni/error";
import { formatMac } from "../net/mac";
import { Link } from "../rtnetlink/link";
import { KernelRoute } from "../rtnetlink/route";
import { NetlinkError, RtnlSocket } from "../rtnetlink/socket";
import { log } from "../sys/io";
import { netlinkError } from "./failure";
import { MacPolicy } from "./mac-policy";
import { Steps } from "./steps";

/** Sets an interface up, if need be with one MAC address after the other. */
export class Raise {
  /** What the kernel has refused, where its cause is not known yet. */
  refusal: NetlinkError | null = null;

  /** @param policy says which addresses. */
  constructor(
    private socket: RtnlSocket,
    private link: Link,
    private policy: MacPolicy,
  ) {}

  /**
   * Does what there is to do, sets the link up, and adds the routes, which need a link that is up.
   *
   * @param before what there is to do, to which the rest is added.
   * @param first the MAC address that it is to have; empty for that which it has.
   */
  run(before: Steps, first: Uint8Array, routes: KernelRoute[]): CniError | null {
    let steps = before;
    let mac = first;
    while (true) {
      steps.setUp(mac);
      steps.addRoutes(routes);
      const error = steps.run(this.socket, steps == before);
      this.refusal = steps.refusal;
      if (!steps.isClash) return error;
      mac = this.policy.next();
      if (mac.length == 0) break;
      const used = formatMac(this.link.mac);
      log(
        `MAC address ${used} is in use on the master: "${this.link.name}" gets ${formatMac(mac)}`,
      );
      // What came before is done, and of what comes after nothing.
      steps = new Steps(this.link);
    }
    return this.clash();
  }

  private clash(): CniError {
    const what = `set "${this.link.name}" up with MAC address ${formatMac(this.link.mac)}`;
    const error = netlinkError(CONFIGURE_REFUSED, what, this.refusal!);
    error.details = this.policy.remedy;
    // Where it is the policy's own doing, nobody has to look for the cause.
    if (error.details.length > 0) this.refusal = null;
    return error;
  }
}
