import { CniError, CONFIGURE_REFUSED, systemError } from "../cni/error";
import { IFA_F_DADFAILED, IFA_F_TENTATIVE } from "../linux/if_addr";
import { RTNLGRP_IPV6_IFADDR } from "../linux/rtnetlink";
import { AF_INET6 } from "../linux/socket";
import { formatIp } from "../net/ip";
import { AddressConflict, netlinkError } from "./failure";
import { AddressList } from "../rtnetlink/query";
import { RtnlSocket } from "../rtnetlink/socket";
import { monotonicMs } from "../sys/clock";

/** How long detection may take before ADD gives up, in milliseconds; usually it takes 60. */
const TIMEOUT: i64 = 5000;

/**
 * How many notifications are followed up at most: somebody else may change addresses all the time.
 */
const ROUNDS: i32 = 1000;

/**
 * Waits for duplicate address detection (RFC 4862) of an interface, by the kernel's notifications.
 */
export class DadWatch {
  private events: RtnlSocket = new RtnlSocket();

  constructor(
    private ifname: string,
    private index: i32,
  ) {}

  /** To be called in the container's namespace, before an address is added: no change is missed. */
  open(): CniError | null {
    let errno = this.events.open();
    if (errno == 0) errno = this.events.listen(RTNLGRP_IPV6_IFADDR);
    return errno < 0 ? systemError(CONFIGURE_REFUSED, "listen for IPv6 addresses", errno) : null;
  }

  close(): void {
    this.events.close();
  }

  /** Returns when no address of the interface is tentative any more; an error if one is taken. */
  wait(socket: RtnlSocket): CniError | null {
    const deadline = monotonicMs() + TIMEOUT;
    let tentative = "";
    for (let i = 0; i < ROUNDS; i++) {
      const list = new AddressList(this.index);
      const failure = list.load(socket, AF_INET6);
      if (failure) {
        return netlinkError(CONFIGURE_REFUSED, `list the addresses of "${this.ifname}"`, failure);
      }
      tentative = "";
      for (let j = 0; j < list.addresses.length; j++) {
        const address = list.addresses[j];
        const ip = address.cidr.ip;
        if ((address.flags & IFA_F_DADFAILED) != 0) {
          return new AddressConflict(ip, this.ifname, "IPv6 duplicate address detection failed");
        }
        if ((address.flags & IFA_F_TENTATIVE) != 0) tentative = formatIp(ip);
      }
      if (tentative.length == 0) return null;
      const rest = deadline - monotonicMs();
      const changed = rest > 0 ? this.events.waitForNotification(<i32>rest) : 0;
      if (changed == 0) break;
      if (changed < 0) {
        return systemError(CONFIGURE_REFUSED, "wait for duplicate address detection", changed);
      }
    }
    return this.timeout(tentative);
  }

  private timeout(address: string): CniError {
    return new CniError(
      CONFIGURE_REFUSED,
      `address ${address} of "${this.ifname}" is still tentative after ${TIMEOUT.toString()} ms: ` +
        "IPv6 duplicate address detection did not end",
    );
  }
}
