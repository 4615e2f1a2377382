import * as host from "../../../assembly/sys/host";
import { ETH_P_ARP, ETH_P_IP, ETH_P_IPV6 } from "../../../assembly/linux/if_ether";
import { AF_NETLINK, AF_PACKET, SOCK_RAW } from "../../../assembly/linux/socket";
import { CLONE_NEWNET } from "../../../assembly/linux/sched";
import { arpAnnouncement, arpProbe, arpReply } from "../../../assembly/packet/arp";
import { neighbourAdvertisement } from "../../../assembly/packet/ndp";
import { parseIp } from "../../../assembly/net/ip";
import { deleteLink } from "../../../assembly/rtnetlink/link";
import { MessageWriter } from "../../../assembly/rtnetlink/message";
import { report, room } from "../report";
import { inContainer, keep, variable } from "./try";

/** Goes before the names of what an ADD needs, and no other command. */
const WITHIN: string = "ADD: ";
const SOCK_DGRAM: i32 = 2;
const SOCK_PACKET: i32 = 10;
const SOL_SOCKET: i32 = 1;
const SO_ATTACH_FILTER: i32 = 26;
const SOL_PACKET: i32 = 263;
const PACKET_ADD_MEMBERSHIP: i32 = 1;
const ETH_P_ALL: i32 = 3;
/** The container's loopback, on which nothing is heard of what others say. */
const INDEX: i32 = 1;
const EINVAL: i32 = 22;

let fd: i32 = -EINVAL;

/** What a packet socket is for, and what comes near to it. */
export function packets(): void {
  others();
  report(
    WITHIN + "open a packet socket in the container",
    inContainer(() => {
      fd = host.socket(AF_PACKET, SOCK_RAW, 0);
      return fd;
    }),
  );
  // whatever the namespace that the thread is in by now
  binding();
  ipv4();
  ipv6();
  around();
  host.close(fd);
}

/** Packet sockets of other kinds, or elsewhere. */
function others(): void {
  const arp = bswap<u16>(<u16>ETH_P_ARP);
  report("socket AF_PACKET in the host, for ARP", host.socket(AF_PACKET, SOCK_RAW, arp));
  const home = keep("/proc/thread-self/ns/net", 0);
  const pod = keep(variable("CNI_NETNS"), 0);
  host.setns(pod, CLONE_NEWNET);
  report("socket AF_PACKET, at once for ARP", host.socket(AF_PACKET, SOCK_RAW, arp));
  const all = bswap<u16>(<u16>ETH_P_ALL);
  report("socket AF_PACKET, at once for all", host.socket(AF_PACKET, SOCK_RAW, all));
  report("socket AF_PACKET, datagrams", host.socket(AF_PACKET, SOCK_DGRAM, 0));
  report("socket AF_PACKET, of old", host.socket(AF_PACKET, SOCK_PACKET, 0));
  host.setns(home, CLONE_NEWNET);
  host.close(pod);
  host.close(home);
  report("socket AF_PACKET, back in the host", host.socket(AF_PACKET, SOCK_RAW, 0));
}

function binding(): void {
  report("bind to all frames", bind(ETH_P_ALL, INDEX));
  report("bind to IPv4", bind(ETH_P_IP, INDEX));
  report("bind to ARP on all interfaces", bind(ETH_P_ARP, 0));
  report("bind to IPv6 on all interfaces", bind(ETH_P_IPV6, 0));
  report("bind to ARP on no interface", bind(ETH_P_ARP, -1));
  report("bind as another family", bind(ETH_P_ARP, INDEX, AF_NETLINK));
  report("bind by a longer address", bind(ETH_P_ARP, INDEX, AF_PACKET, 24));
  report("bind by a shorter address", bind(ETH_P_ARP, INDEX, AF_PACKET, 16));
  report(WITHIN + "bind to nothing", bind(0, INDEX));
  report(WITHIN + "bind to nothing on no interface", bind(0, 0));
  report(WITHIN + "bind to ARP on one interface", bind(ETH_P_ARP, INDEX));
  report("bind what listens, to no interface", bind(0, 0));
  report("bind what listens, to IPv6", bind(ETH_P_IPV6, INDEX));
}

function bind(protocol: i32, index: i32, family: i32 = AF_PACKET, length: i32 = 20): i32 {
  memory.fill(room, 0, 32);
  store<u16>(room, family);
  store<u16>(room, bswap<u16>(<u16>protocol), 2);
  store<i32>(room, index, 4);
  return host.bind(fd, room, length);
}

function ipv4(): void {
  const mac = ownMac();
  const ip = parseIp("10.9.9.9")!;
  const probe = arpProbe(mac, ip);
  const announcement = arpAnnouncement(mac, ip);
  const reply = arpReply(mac, ip);
  report(WITHIN + "send a probe", send(probe));
  report(WITHIN + "send an announcement", send(announcement));
  report(WITHIN + "send an announcement as a reply", send(reply));
  report("send IPv4", send(altered(announcement, 12, [8, 0])));
  report("send a frame of VLAN", send(altered(announcement, 12, [0x81, 0])));
  report("send a frame with a length for its type", send(altered(announcement, 12, [0, 28])));
  report("send ARP to one station", send(altered(announcement, 0, [2, 0, 0, 0, 0, 9])));
  report("send ARP to a group", send(altered(announcement, 0, [1, 0, 0x5e, 0, 0, 1])));
  report("send ARP from a group", send(altered(announcement, 6, [3])));
  report("send ARP of another sender", send(altered(announcement, 27, [9])));
  report("send ARP of other hardware", send(altered(announcement, 14, [0, 6])));
  report("send ARP of another protocol", send(altered(announcement, 16, [0x86, 0xdd])));
  report("send ARP of other lengths", send(altered(announcement, 18, [8, 4])));
  report("send reverse ARP", send(altered(announcement, 20, [0, 3])));
  report("ask somebody for an address", send(altered(announcement, 38, [10, 9, 9, 1])));
  report("announce to one station", send(altered(announcement, 32, [2])));
  report("answer somebody", send(altered(reply, 38, [10, 9, 9, 1])));
  report("answer a probe", send(altered(reply, 38, [0, 0, 0, 0])));
  report("answer without an address", send(altered(reply, 28, [0, 0, 0, 0])));
  report("answer to another station", send(altered(reply, 32, [2, 0, 0, 0, 0, 9])));
  report("send ARP cut short", send(announcement.slice(0, 41)));
  report("send ARP and more", send(longer(announcement, 43)));
  report("send ARP and much more", send(longer(announcement, 1514)));
  report("send a header alone", send(announcement.slice(0, 14)));
  report("send nothing", host.send(fd, room, 0, 0));
}

function ipv6(): void {
  const frame = neighbourAdvertisement(ownMac(), parseIp("2001:db8::9")!);
  report(WITHIN + "send an advertisement", send(frame));
  report("send a solicitation", send(altered(frame, 54, [135])));
  report("send a router advertisement", send(altered(frame, 54, [134])));
  report("send a redirect", send(altered(frame, 54, [137])));
  report("send an echo request", send(altered(frame, 54, [128])));
  report("send another code", send(altered(frame, 55, [1])));
  report("advertise as a router", send(altered(frame, 58, [0xa0])));
  report("advertise as if asked", send(altered(frame, 58, [0x60])));
  report("advertise another's address", send(altered(frame, 77, [8])));
  report("advertise another's MAC address", send(altered(frame, 85, [8])));
  report("advertise from another's MAC address", send(altered(frame, 11, [8])));
  report("advertise to one station", send(altered(frame, 0, [2, 0, 0, 0, 0, 9])));
  report("advertise to one address", send(altered(frame, 38, [0x20, 1])));
  report("advertise to all routers", send(altered(frame, 53, [2])));
  report("advertise what has been routed", send(altered(frame, 21, [64])));
  report("advertise behind other headers", send(altered(frame, 20, [0])));
  report("send UDP", send(altered(frame, 20, [17])));
  report("advertise by another option", send(altered(frame, 78, [1])));
  report("advertise by a longer option", send(altered(frame, 79, [2])));
  report("advertise another length", send(altered(frame, 19, [40])));
  report("advertise and more", send(longer(frame, 94)));
  report("advertise cut short", send(frame.slice(0, 78)));
}

/** By other calls, other sizes, other sockets. */
function around(): void {
  const frame = altered(arpAnnouncement(ownMac(), parseIp("10.9.9.9")!), 12, [8, 0]);
  const start = frame.dataStart;
  report("send IPv4 in the background", host.start_send(fd, start, frame.length, 0));
  report("write a frame", host.write(fd, start, frame.length));
  const good = arpAnnouncement(ownMac(), parseIp("10.9.9.9")!);
  report("write a frame that may be sent", host.write(fd, good.dataStart, good.length));
  memory.fill(room, 0, 32);
  report("read a frame", host.read(fd, room, 64));
  report("hear whole frames", receive(2048));
  report("hear a little more than there is to hear", receive(257));
  report(WITHIN + "hear the beginning of a frame", receive(256));
  store<u32>(room, INDEX);
  store<u16>(room, 1, 4);
  const promiscuous = host.setsockopt(fd, SOL_PACKET, PACKET_ADD_MEMBERSHIP, room, 16);
  report("hear what is for others", promiscuous);
  report("filter frames", host.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, room, 16));

  const link = host.socket(AF_NETLINK, SOCK_RAW, 0);
  const message = new MessageWriter();
  deleteLink(message, INDEX);
  const length = <i32>(message.addressOf(message.count) - message.addressOf(0));
  report("write a message to the host", host.write(link, message.addressOf(0), length));
  report("send a frame to the host's kernel", host.send(link, good.dataStart, good.length, 0));
  host.close(link);
}

/** Without waiting, whatever is there. */
function receive(length: i32): i32 {
  store<u32>(room + 4096, 0);
  return host.recvfrom(fd, room, length, 0x40, room + 4096, room + 4096);
}

function send(frame: Uint8Array): i32 {
  return host.send(fd, frame.dataStart, frame.length, 0);
}

function altered(frame: Uint8Array, at: i32, bytes: u8[]): Uint8Array {
  const other = frame.slice(0);
  for (let i = 0; i < bytes.length; i++) other[at + i] = bytes[i];
  return other;
}

function longer(frame: Uint8Array, length: i32): Uint8Array {
  const other = new Uint8Array(length);
  memory.copy(other.dataStart, frame.dataStart, frame.length);
  return other;
}

function ownMac(): Uint8Array {
  const mac = new Uint8Array(6);
  mac[0] = 2;
  mac[5] = 7;
  return mac;
}
