import {
  addLinkLocal,
  connectAddresses,
  disconnectAddresses,
  removeAddress,
  settleAddresses,
} from "./address.ts";
import { Errno } from "./errno.ts";
import { checkMtu, type Link, validateMac } from "./link.ts";
import { openMacvlan } from "./macvlan.ts";
import { EOPNOTSUPP } from "./uapi.ts";

// What happens to an interface, with everything that follows from it (net/core/dev.c).

function tell(link: Link): void {
  link.netns.tell({ what: "link", link, gone: false });
}

/** ip link set up, or down. */
export function setUp(link: Link, up: boolean): void {
  if (link.up === up) return;
  if (up && link.macvlan) openMacvlan(link);
  link.up = up;
  if (up) {
    connectAddresses(link);
  } else {
    disconnectAddresses(link);
    link.netns.routes.removeDown(link);
    link.neighbours.clear();
  }
  tell(link);
  for (const upper of link.uppers) carrierChanged(upper);
}

/** Puts the cable of a master in, or pulls it out. */
export function setCable(link: Link, cable: boolean): void {
  if (link.cable === cable) return;
  link.cable = cable;
  carrierChanged(link);
}

function carrierChanged(link: Link): void {
  if (link.ready) {
    addLinkLocal(link);
    settleAddresses(link);
  }
  if (link.up) tell(link);
  for (const upper of link.uppers) carrierChanged(upper);
}

export function rename(link: Link, name: string): void {
  if (link.name === name) return;
  link.name = link.netns.freeName(name);
  tell(link);
}

export function setMtu(link: Link, mtu: number): void {
  checkMtu(mtu, link.lower);
  link.mtu = mtu;
  tell(link);
  for (const upper of link.uppers) {
    if (upper.mtu > mtu) setMtu(upper, mtu);
  }
}

export function setMac(link: Link, mac: Uint8Array): void {
  validateMac(mac);
  link.mac = mac;
  tell(link);
}

/** RTM_DELLINK: rtnl_delete_link() of the kernel. */
export function deleteLink(link: Link): void {
  if (link.kind === "") throw new Errno(EOPNOTSUPP);
  for (const upper of [...link.uppers]) deleteLink(upper);
  link.up = false;
  for (const address of [...link.addresses]) removeAddress(address);
  link.netns.routes.removeLink(link);
  link.netns.remove(link);
  link.netns.tell({ what: "link", link, gone: true });
}
