// The right answers to the questions of test/probe/packet-socket.ts: what packet(7) sockets do, on
// Linux and on the simulated machine. A negative number is -errno; yes is 1.
import { EAGAIN, EINVAL, ENODEV } from "../../assembly/linux/errno.ts";
import { AF_PACKET } from "../../assembly/linux/socket.ts";

// asm-generic/errno.h; the core knows no name for them
const ENXIO = 6;
const EMSGSIZE = 90;
const ESOCKTNOSUPPORT = 94;
const ENETDOWN = 100;
const YES = 1;
const NO = 0;
const ARPHRD_ETHER = 1;
const PACKET_BROADCAST = 1;

export const packetAnswers: Readonly<Record<string, number>> = {
  "socket: a stream": -ESOCKTNOSUPPORT,
  socket: YES,
  "send: before it is bound": -ENXIO,
  "recvfrom: before it is bound": -EAGAIN,
  "bind: an address cut short": -EINVAL,
  "bind: another family": -EINVAL,
  "bind: no such interface": -ENODEV,
  "bind: a negative index": -ENODEV,
  "bind: for no protocol": 0,
  "bind: for one": 0,
  "bind: the same again": 0,
  "bind: an interface that is down, for no protocol": 0,
  "poll: it listens as before": YES,
  "send: on an interface that is down": -ENETDOWN,
  "bind: there, for the protocol of before": 0,
  "poll: there is something to be told": YES,
  "send: meanwhile": -ENETDOWN,
  "recvfrom: the interface is down": -ENETDOWN,
  "recvfrom: that was all": -EAGAIN,
  "bind: there once more": 0,
  "recvfrom: nothing new": -EAGAIN,
  "bind: to none": 0,
  "send: when it is unbound": -ENXIO,
  close: 0,
  send: 60,
  "send: a header alone": 14,
  "send: a header cut short": -EINVAL,
  "send: nothing": -EINVAL,
  "send: as much as the interface takes": 1514,
  "send: more": -EMSGSIZE,
  "send: much more": -EMSGSIZE,
  "poll: nothing there": NO,
  "recvfrom: nothing there": -EAGAIN,
  "poll: a frame comes": YES,
  "recvfrom: its length": 60,
  "recvfrom: its bytes": 0,
  "recvfrom: the length of the sender": 20,
  "recvfrom: its family": AF_PACKET,
  "recvfrom: its protocol": 0x88b5,
  "recvfrom: its index": YES,
  "recvfrom: its hardware": ARPHRD_ETHER,
  "recvfrom: to everybody": PACKET_BROADCAST,
  "recvfrom: its MAC address": 0,
  "recvfrom: cut off": 20,
  "recvfrom: the rest is gone": -EAGAIN,
  "recvfrom: the length of what did not fit": 60,
  "bind: for no other protocol": 0,
  "recvfrom: what came before": 60,
  "poll: more comes": YES,
  "poll: all frames are heard": YES,
  "poll: not those of another protocol": NO,
  "poll: not the own ones": NO,
  "poll: not by one that is private": NO,
  "recvfrom: one of all": 60,
  "poll: those of the protocol": YES,
  "poll: not those to somebody else": NO,
};
