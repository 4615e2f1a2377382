import { CniError, CONFIGURE_REFUSED, INVALID_CONFIG, MASTER_UNUSABLE } from "../cni/error";
import { IpConfig } from "../cni/result";
import { see } from "../cni/troubleshooting";
import { AddressConflict, netlinkError } from "../ipam/failure";
import { IFF_UP } from "../linux/if";
import { BOND_MODE_ALB } from "../linux/if_bonding";
import { AF_UNSPEC } from "../linux/socket";
import { equalBytes } from "../net/ip";
import { Link, setLinkUp } from "../rtnetlink/link";
import { MessageWriter } from "../rtnetlink/message";
import { AddressList, findLinkByIndex, findLinkByName } from "../rtnetlink/query";
import { RtnlSocket } from "../rtnetlink/socket";
import { log } from "../sys/io";
import { Candidates } from "./candidates";
import { MacvlanConf } from "./conf";
import { DefaultRoutes } from "./default-route";
import { flawOf, reasonAgainst } from "./flaw";
import { missingMaster } from "./missing-master";
import { Session } from "./session";

/** So much of what was considered goes into a message, in UTF-16 units. */
const CONSIDERED_MAX: i32 = 700;

/** The lower device that is to carry the macvlan, or why there is none. */
export class Master {
  link: Link = new Link();
  error: CniError | null = null;
  private socket: RtnlSocket;
  /** What was looked at in vain. */
  private considered: string[] = [];

  /** @param ifname the interface that is to be on it. */
  constructor(
    private session: Session,
    private conf: MacvlanConf,
    private ifname: string,
  ) {
    this.socket = conf.linkInContainer ? session.container : session.host;
  }

  /** Finds it by name, selection or default route, and checks that it can carry the macvlan. */
  find(): CniError | null {
    const selectors = this.conf.master;
    if (selectors.length == 0) this.findByDefaultRoute();
    else if (selectors.length == 1 && selectors[0].isName) this.findByName(selectors[0].text);
    else this.select();
    if (!this.error) this.error = this.checkMtu();
    return this.error;
  }

  /** Sets it up where it is down, which `find` lets pass only with `masterUp`. */
  bringUp(): CniError | null {
    if ((this.link.flags & IFF_UP) != 0) return null;
    const request = new MessageWriter();
    setLinkUp(request, this.link.index, "");
    const failure = this.socket.execute(request);
    const what = `set master "${this.link.name}" up`;
    return failure ? netlinkError(MASTER_UNUSABLE, what, failure) : null;
  }

  /**
   * One of these addresses, if the master has it. It does not answer its macvlans when they ask for
   * it: they do not hear each other.
   */
  conflictWith(ips: IpConfig[]): CniError | null {
    const list = new AddressList(this.link.index);
    const failure = list.load(this.socket, AF_UNSPEC);
    const name = this.link.name;
    if (failure) {
      return netlinkError(CONFIGURE_REFUSED, `list the addresses of "${name}"`, failure);
    }
    for (let i = 0; i < list.addresses.length; i++) {
      const ip = list.addresses[i].cidr.ip;
      for (let j = 0; j < ips.length; j++) {
        if (!equalBytes(ip, ips[j].address.ip)) continue;
        return new AddressConflict(ip, this.ifname, `the master "${name}" of this node has it`);
      }
    }
    return null;
  }

  /** Tells what keeps a macvlan from working although the kernel makes it. */
  warn(): void {
    const link = this.link;
    if (link.bondMode == BOND_MODE_ALB) {
      const what = `bond "${link.name}" is in mode balance-alb, which replaces MAC addresses`;
      log(see(`${what} of macvlans by its own: choose another`, "bond-in-mode-balance-alb"));
    }
    // The kernel tells of Wi-Fi in other places only; it names these wlan0, and udev wlp3s0.
    if (link.kind.length == 0 && link.name.startsWith("wl")) {
      const what = `master "${link.name}" has the name of a Wi-Fi card`;
      log(see(`${what}: access points take frames from its own MAC address only`, "wi-fi"));
    }
  }

  private findByName(name: string): void {
    const reply = findLinkByName(this.socket, name);
    const failure = reply.error;
    if (reply.isMissing) {
      this.error = missingMaster(this.session, name, this.conf.linkInContainer);
    } else if (failure) {
      this.error = netlinkError(MASTER_UNUSABLE, `look up master "${name}"`, failure);
    }
    const link = reply.link;
    if (!link) return;
    this.link = link;
    const flaw = flawOf(link, this.conf.masterUp);
    if (flaw) this.fail(`master "${name}" ${flaw.what}`, see(flaw.cure, flaw.anchor));
  }

  /** The first that can carry the macvlan, of those that the selectors mean, one by one. */
  private select(): void {
    const selectors = this.conf.master;
    const candidates = new Candidates();
    const failure = candidates.load(this.socket, selectors);
    if (failure) {
      this.error = netlinkError(MASTER_UNUSABLE, "list the interfaces for a master", failure);
      return;
    }
    for (let i = 0; i < selectors.length; i++) {
      const links = candidates.of(selectors[i]);
      if (links.length == 0) this.considered.push(`"${selectors[i].text}" means no interface`);
      for (let j = 0; j < links.length; j++) {
        const reason = reasonAgainst(links[j], selectors[i], this.conf);
        if (this.take(links[j], `"${links[j].name}"`, reason)) return;
      }
    }
    this.fail(
      `no interface is fit to be the master: ${this.why("there is none")}`,
      see('make one of them fit, or change "master"', "no-interface-is-selected"),
    );
  }

  private findByDefaultRoute(): void {
    const routes = new DefaultRoutes();
    const failure = routes.load(this.socket);
    if (failure) {
      this.error = failure;
      return;
    }
    for (let i = 0; i < routes.interfaces.length; i++) {
      const link = findLinkByIndex(this.socket, routes.interfaces[i]).link;
      if (!link) continue;
      const what = `"${link.name}" (metric ${routes.metrics[i].toString()})`;
      const flaw = flawOf(link, false);
      if (this.take(link, what, flaw ? flaw.what : "")) return;
    }
    const why = this.why("there is no default route");
    this.fail(
      `no default route interface found to be the master: ${why}; set the key "master"`,
      see('"master" names the interface, or says how to choose it', "no-default-route"),
    );
  }

  /** Takes a link that nothing is against; else notes what is. */
  private take(link: Link, what: string, reason: string): bool {
    if (reason.length > 0) this.considered.push(`${what} ${reason}`);
    else this.link = link;
    return reason.length == 0;
  }

  private why(nothing: string): string {
    const list = this.considered;
    if (list.length == 0) return nothing;
    let text = list[0];
    for (let i = 1; i < list.length; i++) {
      if (text.length > CONSIDERED_MAX) return `${text}; and ${(list.length - i).toString()} more`;
      text += `; ${list[i]}`;
    }
    return text;
  }

  private checkMtu(): CniError | null {
    if (this.conf.mtu <= this.link.mtu) return null;
    return new CniError(
      INVALID_CONFIG,
      `invalid MTU ${this.conf.mtu.toString()}, must be at most ${this.link.mtu.toString()}, ` +
        `the MTU of master "${this.link.name}"`,
      see(`lower "mtu", or: ip link set dev ${this.link.name} mtu MTU`, "mtu-above-the-masters"),
    );
  }

  private fail(msg: string, details: string): void {
    this.error = new CniError(MASTER_UNUSABLE, msg, details);
  }
}
