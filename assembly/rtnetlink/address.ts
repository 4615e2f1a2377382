import { IFA_ADDRESS, IFA_BROADCAST, IFA_FLAGS, IFA_LOCAL } from "../linux/if_addr";
import { NLM_F_CREATE, NLM_F_EXCL } from "../linux/netlink";
import { RT_SCOPE_UNIVERSE, RTM_DELADDR, RTM_GETADDR, RTM_NEWADDR } from "../linux/rtnetlink";
import { AF_INET, AF_INET6 } from "../linux/socket";
import { Cidr } from "../net/cidr";
import { MessageReader, MessageWriter } from "./message";

// struct ifaddrmsg (linux/if_addr.h):
//
//   0        1          2       3       4          8
//   +--------+----------+-------+-------+----------+
//   | family | prefix   | flags | scope | index    |
//   +--------+----------+-------+-------+----------+
const HEADER: i32 = 8;

/** A point-to-point network (RFC 3021) and a single address have no broadcast address. */
const LONGEST_WITH_BROADCAST: i32 = 30;

/**
 * `ip address add ADDRESS broadcast + dev INDEX`.
 *
 * @param flags IFA_F_*, those below 256.
 */
export function newAddress(writer: MessageWriter, index: i32, address: Cidr, flags: u32): void {
  writer.begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
  describe(writer, index, address, flags);
  if (address.isIpv4 && address.prefix <= LONGEST_WITH_BROADCAST) {
    writer.bytes(IFA_BROADCAST, address.last);
  }
  writer.end();
}

/** `ip address delete ADDRESS dev INDEX`. */
export function deleteAddress(writer: MessageWriter, index: i32, address: Cidr): void {
  writer.begin(RTM_DELADDR, 0);
  describe(writer, index, address, 0);
  writer.end();
}

function describe(writer: MessageWriter, index: i32, address: Cidr, flags: u32): void {
  writer.rawU8(address.isIpv4 ? AF_INET : AF_INET6);
  writer.rawU8(address.prefix);
  writer.rawU8(flags);
  writer.rawU8(RT_SCOPE_UNIVERSE);
  writer.rawU32(index);
  writer.bytes(IFA_ADDRESS, address.ip);
  writer.bytes(IFA_LOCAL, address.ip);
}

/**
 * `ip address show dev INDEX` of one family. A kernel before 4.20 ignores the index: readers look
 * at it.
 *
 * @param family AF_INET, AF_INET6, or AF_UNSPEC for both.
 */
export function dumpAddresses(writer: MessageWriter, family: i32, index: i32): void {
  writer.beginDump(RTM_GETADDR);
  writer.rawU8(family);
  writer.rawU8(0);
  writer.rawU8(0);
  writer.rawU8(0);
  writer.rawU32(index);
  writer.end();
}

/** An address of an interface, as RTM_NEWADDR describes it. */
export class Address {
  index: i32 = 0;
  /** IFA_F_*. */
  flags: u32 = 0;
  cidr: Cidr = new Cidr(new Uint8Array(0), 0);
}

/** Reads an RTM_NEWADDR message; its `cidr` is empty if it holds no address. */
export function readAddress(message: MessageReader): Address {
  const address = new Address();
  let local: Uint8Array | null = null;
  let peer: Uint8Array | null = null;
  address.flags = message.u8(2);
  address.index = <i32>message.u32(4);
  const attributes = message.attributes(HEADER);
  while (attributes.next()) {
    switch (attributes.type) {
      case IFA_ADDRESS:
        peer = attributes.bytes;
        break;
      case IFA_LOCAL:
        local = attributes.bytes;
        break;
      case IFA_FLAGS:
        address.flags = attributes.u32;
        break;
    }
  }
  // IPv6 has no IFA_LOCAL unless there is a peer, whose address IFA_ADDRESS is then.
  const own = local ? local : peer;
  if (own) address.cidr = new Cidr(own, message.u8(1));
  return address;
}
