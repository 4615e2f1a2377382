import { CniError } from "../cni/error";
import { IpConfig } from "../cni/result";
import { RT_TABLE_MAIN } from "../linux/rtnetlink";
import { formatIp } from "../net/ip";
import { deleteAddress, newAddress } from "../rtnetlink/address";
import { Link, setLinkDown, setLinkUp } from "../rtnetlink/link";
import { MessageWriter } from "../rtnetlink/message";
import { KernelRoute, newRoute } from "../rtnetlink/route";
import { KernelRule, newRule } from "../rtnetlink/rule";
import { NetlinkError, RtnlSocket } from "../rtnetlink/socket";
import { bringUp, isClash } from "./bring-up";
import { configureError } from "./failure";

/** What is done to an interface in one send; the kernel does it in this order. */
export class Steps {
  private request: MessageWriter = new MessageWriter();
  /** What each message is for, for the one that is refused. */
  private names: string[] = [];
  /** Which of them sets the interface up. */
  private up: i32 = -1;
  /** What the kernel has refused. */
  refusal: NetlinkError | null = null;

  constructor(private link: Link) {}

  /** @param flags IFA_F_*. */
  addAddress(ip: IpConfig, flags: u32): void {
    newAddress(this.request, this.link.index, ip.address, flags);
    this.names.push(`add address ${ip.address.toString()} to "${this.link.name}"`);
  }

  removeAddress(ip: IpConfig): void {
    deleteAddress(this.request, this.link.index, ip.address);
    this.names.push(`remove address ${ip.address.toString()} from "${this.link.name}"`);
  }

  /** @param mac another one than the link has, or empty. */
  setUp(mac: Uint8Array): void {
    if (mac.length > 0) this.link.mac = mac;
    this.up = this.request.count;
    setLinkUp(this.request, this.link.index, this.link.alias, mac);
    this.names.push(`set "${this.link.name}" up`);
  }

  setDown(): void {
    setLinkDown(this.request, this.link.index);
    this.names.push(`set "${this.link.name}" down`);
  }

  addRoutes(routes: KernelRoute[]): void {
    for (let i = 0; i < routes.length; i++) {
      newRoute(this.request, this.link.index, routes[i]);
      this.names.push(`add route ${describe(routes[i])} dev "${this.link.name}"`);
    }
  }

  addRules(rules: KernelRule[]): void {
    for (let i = 0; i < rules.length; i++) {
      newRule(this.request, rules[i]);
      this.names.push(`add rule ${rules[i].toString()} for "${this.link.name}"`);
    }
  }

  /** Whether what is wrong is the MAC address: it is in use on the master. */
  get isClash(): bool {
    return isClash(this.refusal, this.up);
  }

  /**
   * Sends all of it. The first refusal is named by its step.
   *
   * @param waits whether a MAC address that is in use is waited for.
   */
  run(socket: RtnlSocket, waits: bool = true): CniError | null {
    const failure = waits ? bringUp(socket, this.request, this.up) : socket.execute(this.request);
    this.refusal = failure;
    return failure ? configureError(this.names[failure.index], failure) : null;
  }
}

function describe(route: KernelRoute): string {
  let text = route.dst.toString();
  for (let i = 0; i < route.gateways.length; i++) text += ` via ${formatIp(route.gateways[i])}`;
  if (route.priority > 0) text += ` metric ${route.priority.toString()}`;
  return route.table == RT_TABLE_MAIN ? text : `${text} table ${route.table.toString()}`;
}
