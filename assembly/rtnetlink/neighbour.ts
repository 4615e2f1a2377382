import { NDA_DST, NDA_IFINDEX, NDA_LLADDR, NUD_PERMANENT } from "../linux/neighbour";
import { NLM_F_CREATE, NLM_F_REPLACE } from "../linux/netlink";
import { RTM_DELNEIGH, RTM_GETNEIGH, RTM_NEWNEIGH } from "../linux/rtnetlink";
import { AF_INET, AF_INET6 } from "../linux/socket";
import { isIpv4 } from "../net/ip";
import { MessageReader, MessageWriter } from "./message";

/** The length of struct ndmsg. */
const HEADER: i32 = 12;

/** Who has an address, as the kernel knows. */
export class Neighbour {
  /** Index of the interface behind which it is. */
  index: i32 = 0;
  /** NUD_*: how sure that is. */
  state: i32 = 0;
  ip: Uint8Array = new Uint8Array(0);
  mac: Uint8Array = new Uint8Array(0);
}

/** `ip neigh replace IP lladdr MAC dev INDEX nud permanent`. */
export function newNeighbour(
  writer: MessageWriter,
  index: i32,
  ip: Uint8Array,
  mac: Uint8Array,
): void {
  begin(writer, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, index, ip);
  writer.bytes(NDA_LLADDR, mac);
  writer.end();
}

/** `ip neigh delete IP dev INDEX`. */
export function deleteNeighbour(writer: MessageWriter, index: i32, ip: Uint8Array): void {
  begin(writer, RTM_DELNEIGH, 0, index, ip);
  writer.end();
}

/** `ip neigh show dev INDEX`, of both families. Old kernels show all: readers look. */
export function dumpNeighbours(writer: MessageWriter, index: i32): void {
  writer.beginDump(RTM_GETNEIGH);
  for (let i = 0; i < HEADER / 4; i++) writer.rawU32(0);
  writer.u32(NDA_IFINDEX, index);
  writer.end();
}

/** Reads an RTM_NEWNEIGH message. */
export function readNeighbour(message: MessageReader): Neighbour {
  const neighbour = new Neighbour();
  neighbour.index = <i32>message.u32(4);
  neighbour.state = message.u16(8);
  const attributes = message.attributes(HEADER);
  while (attributes.next()) {
    if (attributes.type == NDA_DST) neighbour.ip = attributes.bytes;
    else if (attributes.type == NDA_LLADDR) neighbour.mac = attributes.bytes;
  }
  return neighbour;
}

/** A struct ndmsg: u8 family, 24 bits of padding, i32 index, u16 state, u8 flags, u8 type. */
function begin(writer: MessageWriter, type: i32, flags: i32, index: i32, ip: Uint8Array): void {
  writer.begin(type, flags);
  writer.rawU32(isIpv4(ip) ? AF_INET : AF_INET6);
  writer.rawU32(index);
  writer.rawU32(NUD_PERMANENT);
  writer.bytes(NDA_DST, ip);
}
