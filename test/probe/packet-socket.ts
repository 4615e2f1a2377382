// Asks a kernel about packet sockets, and prints its answers; test/abi/packet-answers.ts has the
// right ones, which are the same for Linux and for the simulated machine. The environment names
// three macvlans on one master by their indexes: FIRST and SECOND, in mode bridge and up, and DOWN;
// and another one, up, in mode private: PRIVATE.
import "../../assembly/abort";
import {
  AF_NETLINK,
  AF_PACKET,
  MSG_DONTWAIT,
  MSG_TRUNC,
  SOCK_RAW,
} from "../../assembly/linux/socket";
import { POLLIN } from "../../assembly/linux/poll";
import * as host from "../../assembly/sys/host";
import { print, put, report, room } from "./report";

const SOCK_STREAM: i32 = 1;
const ETH_P_ALL: i32 = 3;
/** For experiments, so that no kernel says anything by itself (IEEE 802). */
const OURS: i32 = 0x88b5;
const OTHERS: i32 = 0x88b6;
const MTU: i32 = 1500;
const HEADER: i32 = 14;
/** For what is not to come. */
const BRIEF: i32 = 50;
const LONG: i32 = 2000;

const frame: usize = changetype<usize>(new ArrayBuffer(MTU + HEADER + 8));
const heard: usize = changetype<usize>(new ArrayBuffer(2048));

export function run(): i32 {
  const first = indexOf("FIRST");
  const second = indexOf("SECOND");
  const down = indexOf("DOWN");
  report("socket: a stream", host.socket(AF_PACKET, SOCK_STREAM, 0));
  binding(first, down);
  const sender = open(0, first);
  sending(sender);
  hearing(sender, second);
  between(sender, first, second, indexOf("PRIVATE"));
  return print() == 0 ? 0 : 1;
}

/** Every core has it; nothing is begun here that could be taken back. */
export function rescue(): void {}

function indexOf(variable: string): i32 {
  const length = host.getenv(room, put(room, variable), room + 64, 16);
  return <i32>parseInt(String.UTF8.decodeUnsafe(room + 64, length));
}

function open(protocol: i32, index: i32): i32 {
  const fd = host.socket(AF_PACKET, SOCK_RAW, 0);
  bind(fd, protocol, index);
  return fd;
}

function bind(fd: i32, protocol: i32, index: i32, length: i32 = 20, family: i32 = AF_PACKET): i32 {
  memory.fill(room, 0, 32);
  store<u16>(room, family);
  store<u16>(room, bswap<u16>(<u16>protocol), 2);
  store<i32>(room, index, 4);
  return host.bind(fd, room, length);
}

function binding(index: i32, down: i32): void {
  const fd = host.socket(AF_PACKET, SOCK_RAW, 0);
  report("socket", fd > 2 ? 1 : fd);
  fill(0xff, OURS);
  report("send: before it is bound", send(fd, 60));
  report("recvfrom: before it is bound", receive(fd, 64));
  report("bind: an address cut short", bind(fd, OURS, index, 12));
  report("bind: another family", bind(fd, OURS, index, 20, AF_NETLINK));
  report("bind: no such interface", bind(fd, OURS, 99_999));
  report("bind: a negative index", bind(fd, OURS, -1));
  report("bind: for no protocol", bind(fd, 0, index));
  report("bind: for one", bind(fd, OURS, index));
  report("bind: the same again", bind(fd, OURS, index));
  report("bind: an interface that is down, for no protocol", bind(fd, 0, down));
  report("poll: it listens as before", poll(fd, 0));
  report("send: on an interface that is down", send(fd, 60));
  report("bind: there, for the protocol of before", bind(fd, OURS, down));
  report("poll: there is something to be told", poll(fd, 0));
  report("send: meanwhile", send(fd, 60));
  report("recvfrom: the interface is down", receive(fd, 64));
  report("recvfrom: that was all", receive(fd, 64));
  report("bind: there once more", bind(fd, OURS, down));
  report("recvfrom: nothing new", receive(fd, 64));
  report("bind: to none", bind(fd, 0, 0));
  report("send: when it is unbound", send(fd, 60));
  report("close", host.close(fd));
}

function sending(fd: i32): void {
  fill(0xff, OURS);
  report("send", send(fd, 60));
  report("send: a header alone", send(fd, HEADER));
  report("send: a header cut short", send(fd, HEADER - 1));
  report("send: nothing", send(fd, 0));
  report("send: as much as the interface takes", send(fd, MTU + HEADER));
  report("send: more", send(fd, MTU + HEADER + 1));
  report("send: much more", send(fd, MTU + HEADER + 8));
}

function hearing(sender: i32, second: i32): void {
  const fd = open(OURS, second);
  report("poll: nothing there", poll(fd, 0));
  report("recvfrom: nothing there", receive(fd, 64));
  fill(0xff, OURS);
  send(sender, 60);
  report("poll: a frame comes", poll(fd, LONG));
  report("recvfrom: its length", receive(fd, 64));
  report("recvfrom: its bytes", memory.compare(heard, frame, 60));
  report("recvfrom: the length of the sender", load<u32>(room + 64));
  report("recvfrom: its family", load<u16>(room));
  report("recvfrom: its protocol", bswap<u16>(load<u16>(room + 2)));
  report("recvfrom: its index", load<i32>(room + 4) == second ? 1 : 0);
  report("recvfrom: its hardware", load<u16>(room + 8));
  report("recvfrom: to everybody", load<u8>(room + 10));
  report("recvfrom: its MAC address", memory.compare(room + 12, frame + 6, 6));
  send(sender, 60);
  poll(fd, LONG);
  report("recvfrom: cut off", receive(fd, 20));
  report("recvfrom: the rest is gone", receive(fd, 64));
  send(sender, 60);
  poll(fd, LONG);
  report("recvfrom: the length of what did not fit", receive(fd, 20, MSG_TRUNC));
  send(sender, 60);
  poll(fd, LONG);
  report("bind: for no other protocol", bind(fd, 0, second));
  report("recvfrom: what came before", receive(fd, 64));
  send(sender, 60);
  report("poll: more comes", poll(fd, LONG));
  host.close(fd);
}

/** Who hears what goes out of the first interface. */
function between(sender: i32, first: i32, second: i32, lone: i32): void {
  const own = open(OURS, first);
  const all = open(ETH_P_ALL, second);
  const other = open(OTHERS, second);
  const apart = open(OURS, lone);
  fill(0xff, OURS);
  send(sender, 60);
  report("poll: all frames are heard", poll(all, LONG));
  report("poll: not those of another protocol", poll(other, 0));
  report("poll: not the own ones", poll(own, 0));
  report("poll: not by one that is private", poll(apart, BRIEF));
  report("recvfrom: one of all", receive(all, 64));
  fill(0xff, OTHERS);
  send(sender, 60);
  report("poll: those of the protocol", poll(other, LONG));
  // a locally administered address that nobody has
  fill(0x02, OURS);
  receive(all, 64);
  send(sender, 60);
  report("poll: not those to somebody else", poll(all, BRIEF));
  host.close(own);
  host.close(all);
  host.close(other);
  host.close(apart);
  host.close(sender);
}

/** A frame to a MAC address of equal bytes, from one that is none of the interfaces'. */
function fill(destination: u8, type: i32): void {
  memory.fill(frame, 0x5a, MTU + HEADER + 8);
  memory.fill(frame, destination, 6);
  store<u8>(frame, 0x02, 6);
  store<u16>(frame, bswap<u16>(<u16>type), 12);
}

function send(fd: i32, length: i32): i32 {
  return host.send(fd, frame, length, 0);
}

/** What came is then in `heard`, who sent it in the room, and how long that is behind. */
function receive(fd: i32, length: i32, flags: i32 = 0): i32 {
  store<u32>(room + 64, 32);
  return host.recvfrom(fd, heard, length, MSG_DONTWAIT | flags, room, room + 64);
}

function poll(fd: i32, timeout: i32): i32 {
  store<i32>(room, fd);
  store<u32>(room + 4, POLLIN);
  return host.poll(room, 1, timeout);
}
