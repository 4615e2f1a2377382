import type { Address } from "./address.ts";
import { type Arp, arpAnswer, arpIn, destinationOf, isForMany } from "./frame.ts";
import type { Link } from "./link.ts";
import { equalBytes, parseIp, parseMac } from "./text.ts";
import { AF_INET, MACVLAN_MODE_BRIDGE } from "./uapi.ts";

// The wire that a master is plugged into, and its macvlans with it: who gets which frame
// (drivers/net/macvlan.c), and who answers.

/** How long a neighbour needs to answer, in milliseconds. */
export const ANSWER_MS = 1;

/** A frame that left an interface. */
export interface Frame {
  readonly link: Link;
  /** When, in milliseconds of the machine's clock. */
  readonly time: number;
  readonly bytes: Uint8Array;
}

/** A frame goes out of an interface. Without a carrier it is lost, and nobody is told. */
export function transmit(link: Link, bytes: Uint8Array): void {
  if (!link.ready) return;
  const { root } = link;
  root.frames.push({ link, time: link.netns.kernel.clock.now, bytes });
  for (const other of neighbours(link)) {
    if (isForMany(bytes) || equalBytes(other.mac, destinationOf(bytes))) receive(other, bytes);
  }
  const arp = arpIn(bytes);
  if (!arp?.isRequest) return;
  const mac = root.stations.macOf(arp.targetIp);
  if (mac !== undefined) answer(link, parseMac(mac), arp);
}

/** A frame comes in from the wire: to the master, and to its macvlans, by its destination. */
export function deliver(master: Link, bytes: Uint8Array): void {
  for (const link of [master, ...master.uppers]) {
    if (isForMany(bytes) || equalBytes(link.mac, destinationOf(bytes))) receive(link, bytes);
  }
}

/** An interface gets a frame: so do the sockets on it, and it answers for its IPv4 addresses. */
export function receive(link: Link, bytes: Uint8Array): void {
  if (!link.ready) return;
  for (const hear of link.listeners) hear(bytes);
  const arp = arpIn(bytes);
  const isOwn = ({ family, text }: Address) => family === AF_INET && text === arp?.targetIp;
  if (!arp?.isRequest || !link.addresses.some(isOwn)) return;
  const asking = neighbours(link).find(({ mac }) => equalBytes(mac, arp.senderMac));
  if (asking) answer(asking, link.mac, arp);
}

function answer(asking: Link, mac: Uint8Array, arp: Arp): void {
  const frame = arpAnswer(mac, parseIp(arp.targetIp), arp);
  asking.netns.kernel.clock.after(ANSWER_MS, () => receive(asking, frame));
}

/** The interfaces on the same master that hear what this one sends: both must be in bridge mode. */
export function neighbours(link: Link): Link[] {
  if (link.macvlan?.mode !== MACVLAN_MODE_BRIDGE) return [];
  return [...link.root.uppers].filter(
    (other) => other !== link && other.ready && other.macvlan?.mode === MACVLAN_MODE_BRIDGE,
  );
}
