import { formatIp, parseMac } from "./text.ts";
import {
  ARPHRD_ETHER,
  ARPOP_REPLY,
  ARPOP_REQUEST,
  ETH_P_ARP,
  ETH_P_IP,
  ETH_P_IPV6,
  IPPROTO_ICMPV6,
  ND_NEIGHBOR_ADVERT,
  ND_OPT_TARGET_LINKADDR,
} from "./uapi.ts";

// Frames of Ethernet as the machines on a wire read and write them. Written for the simulated
// machine alone: the core has its own codec, and the two must not share a mistake.

export const HEADER = 14;
const MAC = 6;
const ARP = 28;
const ICMP = HEADER + 40;
const EVERYBODY = "ff:ff:ff:ff:ff:ff";
/** Replaces what is known. */
const OVERRIDE = 0x20;

/** An ARP packet (RFC 826) that says or asks something about IPv4. */
export interface Arp {
  readonly isRequest: boolean;
  readonly senderMac: Uint8Array;
  readonly senderIp: string;
  readonly targetIp: string;
}

export function destinationOf(frame: Uint8Array): Uint8Array {
  return frame.subarray(0, MAC);
}

export function typeOf(frame: Uint8Array): number {
  return ((frame[12] ?? 0) << 8) | (frame[13] ?? 0);
}

/** Broadcast and multicast. */
export function isForMany(frame: Uint8Array): boolean {
  return ((frame[0] ?? 0) & 1) !== 0;
}

/** The ARP packet in a frame; undefined where there is none. */
export function arpIn(frame: Uint8Array): Arp | undefined {
  if (typeOf(frame) !== ETH_P_ARP || frame.length < HEADER + ARP) return undefined;
  const view = new DataView(frame.buffer, frame.byteOffset + HEADER, ARP);
  const isOfIpv4 = view.getUint16(0) === ARPHRD_ETHER && view.getUint16(2) === ETH_P_IP;
  if (!isOfIpv4 || view.getUint16(4) !== 0x0604) return undefined;
  const bytes = frame.slice(HEADER, HEADER + ARP);
  return {
    isRequest: view.getUint16(6) === ARPOP_REQUEST,
    senderMac: bytes.subarray(8, 14),
    senderIp: formatIp(bytes.subarray(14, 18)),
    targetIp: formatIp(bytes.subarray(24, 28)),
  };
}

/** "I have it": the answer to a request. */
export function arpAnswer(mac: Uint8Array, ip: Uint8Array, { senderMac, senderIp }: Arp) {
  const asking = Uint8Array.from(senderIp.split(".").map(Number));
  return arpFrame(ARPOP_REPLY, senderMac, mac, ip, senderMac, asking);
}

/** "Has anybody this address? I am about to take it": a probe (RFC 5227). */
export function arpProbe(mac: Uint8Array, ip: Uint8Array): Uint8Array {
  const nobody = new Uint8Array(4);
  return arpFrame(ARPOP_REQUEST, parseMac(EVERYBODY), mac, nobody, new Uint8Array(MAC), ip);
}

function arpFrame(
  operation: number,
  destination: Uint8Array,
  senderMac: Uint8Array,
  senderIp: Uint8Array,
  targetMac: Uint8Array,
  targetIp: Uint8Array,
): Uint8Array {
  return Uint8Array.of(
    ...[...destination, ...senderMac, ...[ETH_P_ARP >> 8, ETH_P_ARP & 0xff]],
    ...[0, ARPHRD_ETHER, ETH_P_IP >> 8, 0, 6, 4, 0, operation],
    ...[...senderMac, ...senderIp, ...targetMac, ...targetIp],
  );
}

/**
 * "I have it": the neighbour advertisement (RFC 4861) that answers duplicate address detection, to
 * all nodes. Its checksum is left out: nobody here looks at it.
 */
export function advertisement(mac: Uint8Array, ip: Uint8Array): Uint8Array {
  const frame = new Uint8Array(ICMP + 32);
  frame.set([0x33, 0x33, 0, 0, 0, 1, ...mac, ETH_P_IPV6 >> 8, ETH_P_IPV6 & 0xff]);
  frame.set([0x60, 0, 0, 0, 0, 32, IPPROTO_ICMPV6, 255, ...ip], HEADER);
  frame.set([0xff, 2], HEADER + 24);
  frame[ICMP - 1] = 1;
  frame.set([ND_NEIGHBOR_ADVERT, 0, 0, 0, OVERRIDE, 0, 0, 0, ...ip], ICMP);
  frame.set([ND_OPT_TARGET_LINKADDR, 1, ...mac], ICMP + 24);
  return frame;
}
