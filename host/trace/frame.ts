import {
  IPPROTO_ICMPV6,
  ND_NEIGHBOR_ADVERT,
  ND_NEIGHBOR_SOLICIT,
} from "../../assembly/linux/icmp6.ts";
import { ARPHRD_ETHER, ARPOP_REPLY, ARPOP_REQUEST } from "../../assembly/linux/if_arp.ts";
import { ETH_P_ARP, ETH_P_IP, ETH_P_IPV6 } from "../../assembly/linux/if_ether.ts";
import { formatIp, formatMac } from "../sim/text.ts";
import { quoted } from "./bytes.ts";

const HEADER = 14;
const ARP_END = 42;
/** Ethernet, IPv4, and the lengths of both kinds of addresses. */
const ARP_START = [0, ARPHRD_ETHER, ETH_P_IP >> 8, 0, 6, 4];
const NEXT_HEADER = 20;
const ICMP = 54;
const TARGET_END = 78;

/** A frame of a packet socket: who sent it to whom, and what it says. */
export function frameOf(bytes: Uint8Array): string {
  if (bytes.length < HEADER) return quoted(bytes);
  const [to, from] = [bytes.subarray(0, 6), bytes.subarray(6, 12)].map(formatMac);
  return `[${from} > ${to} ${textOf(bytes)}]`;
}

function textOf(bytes: Uint8Array): string {
  const type = ((bytes[12] ?? 0) << 8) | (bytes[13] ?? 0);
  const isArp = type === ETH_P_ARP && ARP_START.every((byte, i) => bytes[HEADER + i] === byte);
  if (isArp && bytes.length >= ARP_END) return arpOf(bytes);
  if (type === ETH_P_IPV6 && bytes.length >= TARGET_END) return neighbourOf(bytes);
  return `type 0x${type.toString(16)}`;
}

/** ARP (RFC 826), by what RFC 5227 calls it. */
function arpOf(bytes: Uint8Array): string {
  const sender = formatIp(bytes.subarray(28, 32));
  const target = formatIp(bytes.subarray(38, 42));
  const operation = ((bytes[20] ?? 0) << 8) | (bytes[21] ?? 0);
  if (operation === ARPOP_REPLY) return `arp ${sender} is at ${formatMac(bytes.subarray(22, 28))}`;
  if (operation !== ARPOP_REQUEST) return `arp operation ${operation}`;
  if (sender === "0.0.0.0") return `arp probe ${target}`;
  return sender === target ? `arp announcement ${target}` : `arp who has ${target}, for ${sender}`;
}

function neighbourOf(bytes: Uint8Array): string {
  const target = formatIp(bytes.subarray(62, TARGET_END));
  if (bytes[NEXT_HEADER] !== IPPROTO_ICMPV6) return "IPv6";
  if (bytes[ICMP] === ND_NEIGHBOR_ADVERT) return `neighbour advertisement ${target}`;
  return bytes[ICMP] === ND_NEIGHBOR_SOLICIT ? `neighbour solicitation ${target}` : "IPv6";
}
