import { ARPHRD_ETHER, ARPOP_REPLY, ARPOP_REQUEST } from "../linux/if_arp";
import { ETH_P_ARP, ETH_P_IP } from "../linux/if_ether";
import { IPV4_LENGTH } from "../net/ip";
import { MAC_LENGTH } from "../net/mac";
import { Claim } from "./claim";
import { holds, isFrame, newFrame, PAYLOAD, put, putU16, u16At } from "./ethernet";

// ARP of IPv4 over Ethernet (RFC 826), after the Ethernet header:
//
//   0       2       4    5    6           8            14          18           24          28
//   +-------+-------+----+----+-----------+------------+-----------+------------+-----------+
//   | htype | ptype | 6  | 4  | operation | sender MAC | sender IP | target MAC | target IP |
//   +-------+-------+----+----+-----------+------------+-----------+------------+-----------+
const HARDWARE: i32 = PAYLOAD;
const PROTOCOL: i32 = PAYLOAD + 2;
const LENGTHS: i32 = PAYLOAD + 4;
const OPERATION: i32 = PAYLOAD + 6;
const SENDER_MAC: i32 = PAYLOAD + 8;
const SENDER_IP: i32 = PAYLOAD + 14;
const TARGET_MAC: i32 = PAYLOAD + 18;
const TARGET_IP: i32 = PAYLOAD + 24;
const LENGTH: i32 = PAYLOAD + 28;

const BOTH_LENGTHS: i32 = (MAC_LENGTH << 8) | IPV4_LENGTH;
const UNKNOWN: Uint8Array = new Uint8Array(MAC_LENGTH);
const UNSPECIFIED: Uint8Array = new Uint8Array(IPV4_LENGTH);

/** Asks whether somebody has an address, without saying that we do (RFC 5227 section 1.1). */
export function arpProbe(mac: Uint8Array, ip: Uint8Array): Uint8Array {
  return broadcast(ARPOP_REQUEST, mac, UNSPECIFIED, UNKNOWN, ip);
}

/** Tells that we have an address: an ARP Announcement (RFC 5227 section 1.1). */
export function arpAnnouncement(mac: Uint8Array, ip: Uint8Array): Uint8Array {
  return broadcast(ARPOP_REQUEST, mac, ip, UNKNOWN, ip);
}

/** The same as a reply. Linux takes one for gratuitous if its target is the sender, MAC and all. */
export function arpReply(mac: Uint8Array, ip: Uint8Array): Uint8Array {
  return broadcast(ARPOP_REPLY, mac, ip, mac, ip);
}

function broadcast(
  operation: i32,
  mac: Uint8Array,
  senderIp: Uint8Array,
  targetMac: Uint8Array,
  targetIp: Uint8Array,
): Uint8Array {
  const everybody = new Uint8Array(MAC_LENGTH).fill(0xff);
  const frame = newFrame(LENGTH, everybody, mac, ETH_P_ARP);
  putU16(frame, HARDWARE, ARPHRD_ETHER);
  putU16(frame, PROTOCOL, ETH_P_IP);
  putU16(frame, LENGTHS, BOTH_LENGTHS);
  putU16(frame, OPERATION, operation);
  put(frame, SENDER_MAC, mac);
  put(frame, SENDER_IP, senderIp);
  put(frame, TARGET_MAC, targetMac);
  put(frame, TARGET_IP, targetIp);
  return frame;
}

/**
 * What a frame says about an address of ours, if it is ARP and from somebody else: whoever names it
 * as the sender's has it, and a probe for it comes from somebody who wants it (RFC 5227 section
 * 2.1.1).
 */
export function arpClaim(frame: Uint8Array, ip: Uint8Array, own: Uint8Array): Claim | null {
  if (!isFrame(frame, ETH_P_ARP, LENGTH)) return null;
  if (u16At(frame, PROTOCOL) != ETH_P_IP || u16At(frame, LENGTHS) != BOTH_LENGTHS) return null;
  if (holds(frame, SENDER_MAC, own)) return null;
  const has = holds(frame, SENDER_IP, ip);
  const probes =
    u16At(frame, OPERATION) == ARPOP_REQUEST &&
    holds(frame, SENDER_IP, UNSPECIFIED) &&
    holds(frame, TARGET_IP, ip);
  if (!has && !probes) return null;
  return new Claim(frame.slice(SENDER_MAC, SENDER_MAC + MAC_LENGTH), !has);
}
