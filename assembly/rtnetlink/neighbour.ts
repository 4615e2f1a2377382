import { NDA_DST, NDA_LLADDR, NUD_PERMANENT } from "../linux/neighbour";
import { NLM_F_CREATE, NLM_F_REPLACE } from "../linux/netlink";
import { RTM_DELNEIGH, RTM_NEWNEIGH } from "../linux/rtnetlink";
import { AF_INET, AF_INET6 } from "../linux/socket";
import { isIpv4 } from "../net/ip";
import { MessageWriter } from "./message";

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

/** A struct ndmsg: u8 family, 24 bits of padding, i32 index, u16 state, u8 flags, u8 type. */
function begin(writer: MessageWriter, type: i32, flags: i32, index: i32, ip: Uint8Array): void {
  writer.begin(type, flags);
  writer.rawU32(isIpv4(ip) ? AF_INET : AF_INET6);
  writer.rawU32(index);
  writer.rawU32(NUD_PERMANENT);
  writer.bytes(NDA_DST, ip);
}
