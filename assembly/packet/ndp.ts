import {
  IPPROTO_ICMPV6,
  ND_NEIGHBOR_ADVERT,
  ND_NEIGHBOR_SOLICIT,
  ND_OPT_TARGET_LINKADDR,
} from "../linux/icmp6";
import { ETH_P_IPV6 } from "../linux/if_ether";
import { IPV6_LENGTH } from "../net/ip";
import { MAC_LENGTH } from "../net/mac";
import { Claim } from "./claim";
import { holds, isFrame, newFrame, PAYLOAD, put, putU16, SOURCE, u16At } from "./ethernet";

// IPv6 header (RFC 8200 section 3), after the Ethernet header:
//
//   0                    4        6      7           8        24            40
//   +--------------------+--------+------+-----------+--------+-------------+
//   | version, class ... | length | next | hop limit | source | destination |
//   +--------------------+--------+------+-----------+--------+-------------+
const PAYLOAD_LENGTH: i32 = PAYLOAD + 4;
const NEXT_HEADER: i32 = PAYLOAD + 6;
const HOP_LIMIT: i32 = PAYLOAD + 7;
const SENDER: i32 = PAYLOAD + 8;
const DESTINATION: i32 = PAYLOAD + 24;
const ICMP: i32 = PAYLOAD + 40;
const VERSION: u8 = 0x60;
/** What has been routed has less: so it comes from the link (RFC 4861 section 7.1). */
const HOP_LIMIT_MAX: u8 = 255;

// Neighbour solicitation and advertisement (RFC 4861 sections 4.3 and 4.4):
//
//   0      1      2          4       8        24        25           26    32
//   +------+------+----------+-------+--------+---------+------------+-----+
//   | type | code | checksum | flags | target | option  | length / 8 | MAC |
//   +------+------+----------+-------+--------+---------+------------+-----+
const CHECKSUM: i32 = ICMP + 2;
const FLAGS: i32 = ICMP + 4;
const TARGET: i32 = ICMP + 8;
const OPTION: i32 = ICMP + 24;
const LENGTH: i32 = ICMP + 32;
/** Takes the place of what a neighbour has in its cache. */
const OVERRIDE: u8 = 0x20;

const UNSPECIFIED: Uint8Array = new Uint8Array(IPV6_LENGTH);

/** Tells that we have an address, unasked (RFC 4861 section 7.2.6), to all nodes on the link. */
export function neighbourAdvertisement(mac: Uint8Array, ip: Uint8Array): Uint8Array {
  // ff02::1, and 33:33 with its last four bytes (RFC 2464 section 7)
  const everybody = new Uint8Array(IPV6_LENGTH);
  everybody[0] = 0xff;
  everybody[1] = 2;
  everybody[IPV6_LENGTH - 1] = 1;
  const destination = new Uint8Array(MAC_LENGTH);
  destination[0] = 0x33;
  destination[1] = 0x33;
  destination[MAC_LENGTH - 1] = 1;
  const frame = newFrame(LENGTH, destination, mac, ETH_P_IPV6);
  frame[PAYLOAD] = VERSION;
  putU16(frame, PAYLOAD_LENGTH, LENGTH - ICMP);
  frame[NEXT_HEADER] = <u8>IPPROTO_ICMPV6;
  frame[HOP_LIMIT] = HOP_LIMIT_MAX;
  put(frame, SENDER, ip);
  put(frame, DESTINATION, everybody);
  frame[ICMP] = <u8>ND_NEIGHBOR_ADVERT;
  frame[FLAGS] = OVERRIDE;
  put(frame, TARGET, ip);
  frame[OPTION] = <u8>ND_OPT_TARGET_LINKADDR;
  frame[OPTION + 1] = 1;
  put(frame, OPTION + 2, mac);
  putU16(frame, CHECKSUM, checksum(frame));
  return frame;
}

/**
 * The Internet checksum (RFC 1071) of an ICMPv6 message and the pseudo-header before it (RFC 8200
 * section 8.1): both addresses, the length, the next header.
 */
function checksum(frame: Uint8Array): i32 {
  let sum = LENGTH - ICMP + IPPROTO_ICMPV6;
  for (let at = SENDER; at < LENGTH; at += 2) sum += u16At(frame, at);
  sum = (sum & 0xffff) + (sum >> 16);
  return ~(sum + (sum >> 16)) & 0xffff;
}

/**
 * What a frame says about an address of ours, if it is neighbour discovery and from somebody else:
 * who advertises it has it, who solicits it without an address of their own wants it (RFC 4862
 * section 5.4).
 */
export function neighbourClaim(frame: Uint8Array, ip: Uint8Array, own: Uint8Array): Claim | null {
  if (!isFrame(frame, ETH_P_IPV6, OPTION) || frame[NEXT_HEADER] != <u8>IPPROTO_ICMPV6) return null;
  if (frame[HOP_LIMIT] != HOP_LIMIT_MAX || !holds(frame, TARGET, ip)) return null;
  if (holds(frame, SOURCE, own)) return null;
  const has = frame[ICMP] == <u8>ND_NEIGHBOR_ADVERT;
  const probes = frame[ICMP] == <u8>ND_NEIGHBOR_SOLICIT && holds(frame, SENDER, UNSPECIFIED);
  if (!has && !probes) return null;
  return new Claim(frame.slice(SOURCE, SOURCE + MAC_LENGTH), !has);
}
