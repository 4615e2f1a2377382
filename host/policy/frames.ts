import {
  IPPROTO_ICMPV6,
  ND_NEIGHBOR_ADVERT,
  ND_OPT_TARGET_LINKADDR,
} from "../../assembly/linux/icmp6.ts";
import { ARPHRD_ETHER, ARPOP_REPLY, ARPOP_REQUEST } from "../../assembly/linux/if_arp.ts";
import { ETH_P_ARP, ETH_P_IP, ETH_P_IPV6 } from "../../assembly/linux/if_ether.ts";
import { AF_PACKET } from "../../assembly/linux/socket.ts";

// What goes out of a packet socket, and what it may be bound to (packet(7)).

const SOCKADDR_LL = 20;
/** What may be listened to, in this order of bytes; 0 is nothing. */
const HEARD = [0, ETH_P_ARP, ETH_P_IPV6];
const ARP_LENGTH = 42;
const ADVERTISEMENT_LENGTH = 86;
const MAC = 6;
const SOURCE = 6;
const TYPE = 12;
const PAYLOAD = 14;
const EVERYBODY = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
const NOBODY = [0, 0, 0, 0, 0, 0];
/** What an ARP packet begins with: Ethernet, IPv4, and the lengths of both kinds of addresses. */
const ARP_START = [0, ARPHRD_ETHER, ETH_P_IP >> 8, 0, 6, 4, 0];
const ARP_OPERATION = 21;
const ARP_SENDER_MAC = 22;
const ARP_SENDER_IP = 28;
const ARP_TARGET_MAC = 32;
const ARP_TARGET_IP = 38;
/** What is received of a frame at most: enough for ARP and for neighbour discovery. */
const HEARD_LENGTH = 256;
/** ff02::1 and its MAC address: all nodes. */
const ALL_NODES = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
const ALL_NODES_MAC = [0x33, 0x33, 0, 0, 0, 1];
/** From the version to the hop limit, which says that nobody has routed it. */
const IPV6_START = [0x60, 0, 0, 0, 0, 32, IPPROTO_ICMPV6, 255];
const SENDER = 22;
const DESTINATION = 38;
const ICMP = 54;
const ICMP_FLAGS = 58;
const OVERRIDE = [0x20, 0, 0, 0];
const TARGET = 62;
const OPTION = 78;

/** To one interface, and for ARP, IPv6 or nothing; or to none, for nothing. */
export function mayListen(address: Uint8Array): boolean {
  if (address.length !== SOCKADDR_LL) return false;
  const view = new DataView(address.buffer, address.byteOffset, address.length);
  if (view.getUint16(0, true) !== AF_PACKET || !HEARD.includes(view.getUint16(2))) return false;
  return !listens(address) || view.getInt32(4, true) > 0;
}

/** Whether a socket that is bound so hears anything. */
export function listens(address: Uint8Array): boolean {
  return address[2] !== 0 || address[3] !== 0;
}

/** So much of a frame at once, that of what else is heard its beginning is all there is. */
export function mayHear(length: number): boolean {
  return length <= HEARD_LENGTH;
}

/** Whether a frame is one of those that an address is probed for and announced with. */
export function isFrameOfOurs(frame: Uint8Array): boolean {
  // the sender is one interface, and no group of them
  if (frame.length < PAYLOAD || ((frame[SOURCE] ?? 1) & 1) !== 0) return false;
  const type = ((frame[TYPE] ?? 0) << 8) | (frame[TYPE + 1] ?? 0);
  if (type === ETH_P_ARP) return isAboutIpv4(frame);
  return type === ETH_P_IPV6 && isAboutIpv6(frame);
}

/**
 * To everybody: a probe, which names no address as the sender's, or an announcement, which is a
 * request to nobody or a reply to oneself.
 */
function isAboutIpv4(frame: Uint8Array): boolean {
  const isRequest = frame[ARP_OPERATION] === ARPOP_REQUEST;
  const isProbe = isRequest && has(frame, ARP_SENDER_IP, [0, 0, 0, 0]);
  return (
    frame.length === ARP_LENGTH &&
    has(frame, 0, EVERYBODY) &&
    has(frame, PAYLOAD, ARP_START) &&
    (isRequest || frame[ARP_OPERATION] === ARPOP_REPLY) &&
    isSame(frame, SOURCE, ARP_SENDER_MAC, MAC) &&
    (isProbe || isSame(frame, ARP_SENDER_IP, ARP_TARGET_IP, 4)) &&
    (isRequest ? has(frame, ARP_TARGET_MAC, NOBODY) : isSame(frame, SOURCE, ARP_TARGET_MAC, MAC))
  );
}

/** To all nodes: an unsolicited neighbour advertisement of the sender's own address. */
function isAboutIpv6(frame: Uint8Array): boolean {
  return (
    frame.length === ADVERTISEMENT_LENGTH &&
    has(frame, 0, ALL_NODES_MAC) &&
    has(frame, PAYLOAD, IPV6_START) &&
    has(frame, DESTINATION, ALL_NODES) &&
    has(frame, ICMP, [ND_NEIGHBOR_ADVERT, 0]) &&
    has(frame, ICMP_FLAGS, OVERRIDE) &&
    isSame(frame, SENDER, TARGET, 16) &&
    has(frame, OPTION, [ND_OPT_TARGET_LINKADDR, 1]) &&
    isSame(frame, SOURCE, OPTION + 2, MAC)
  );
}

function has(frame: Uint8Array, at: number, bytes: readonly number[]): boolean {
  return bytes.every((byte, i) => frame[at + i] === byte);
}

function isSame(frame: Uint8Array, at: number, other: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (frame[at + i] !== frame[other + i]) return false;
  return true;
}
