import { type Address, addAddress, removeAddress } from "../address.ts";
import { Errno } from "../errno.ts";
import { equalBytes } from "../text.ts";
import {
  AF_INET,
  AF_INET6,
  AF_UNSPEC,
  EADDRNOTAVAIL,
  EAFNOSUPPORT,
  EINVAL,
  ENODEV,
  IFA_ADDRESS,
  IFA_BROADCAST,
  IFA_CACHEINFO,
  IFA_FLAGS,
  IFA_LABEL,
  IFA_LOCAL,
} from "../uapi.ts";
import { Attributes, header, type Message, Writer } from "../wire.ts";
import type { Context } from "./index.ts";

/** sizeof(struct ifaddrmsg) */
const IFADDRMSG = 8;
const FOREVER = 0xffff_ffff;

/** RTM_NEWADDR: inet_rtm_newaddr() and inet6_rtm_newaddr() of the kernel. */
export function newAddress({ payload }: Message, { netns }: Context): undefined {
  const view = header(payload, IFADDRMSG);
  const attributes = new Attributes(payload.slice(IFADDRMSG));
  const family = view.getUint8(0);
  if (family !== AF_INET && family !== AF_INET6) throw new Errno(EAFNOSUPPORT);
  const peer = attributes.bytes(IFA_ADDRESS);
  const local = attributes.bytes(IFA_LOCAL) ?? (family === AF_INET6 ? peer : undefined);
  if (local === undefined) throw new Errno(EINVAL, "ipv4: Local address is not supplied");
  if (local.length !== (family === AF_INET ? 4 : 16)) throw new Errno(EINVAL);
  const link = netns.links.get(view.getUint32(4, true));
  if (link === undefined) throw new Errno(ENODEV, "Device not found");
  addAddress(link, {
    family,
    bytes: local,
    prefixLength: view.getUint8(1),
    scope: view.getUint8(3),
    flags: attributes.u32(IFA_FLAGS) ?? view.getUint8(2),
    broadcast: attributes.bytes(IFA_BROADCAST),
  });
}

/** RTM_DELADDR: inet_rtm_deladdr() and inet6_rtm_deladdr() of the kernel. */
export function delAddress({ payload }: Message, { netns }: Context): undefined {
  const view = header(payload, IFADDRMSG);
  const attributes = new Attributes(payload.slice(IFADDRMSG));
  const family = view.getUint8(0);
  const link = netns.links.get(view.getUint32(4, true));
  if (link === undefined) throw new Errno(ENODEV);
  const local = attributes.bytes(IFA_LOCAL) ?? attributes.bytes(IFA_ADDRESS);
  const address = link.addresses.find(
    (other) =>
      other.family === family &&
      other.prefixLength === view.getUint8(1) &&
      local !== undefined &&
      equalBytes(other.bytes, local),
  );
  if (address === undefined) {
    const what = family === AF_INET ? "ipv4: Address not found" : "ipv6: address not found";
    throw new Errno(EADDRNOTAVAIL, what);
  }
  removeAddress(address);
}

/** RTM_GETADDR with NLM_F_DUMP. */
export function dumpAddresses({ payload }: Message, { netns, strict }: Context): Uint8Array[] {
  // without NETLINK_GET_STRICT_CHK a request of one byte, the family, is enough
  const family = header(payload, 1).getUint8(0);
  const index = strict ? filterOf(payload) : 0;
  if (index !== 0 && !netns.links.has(index)) throw new Errno(ENODEV);
  const links = [...netns.links.values()].filter((link) => index === 0 || link.index === index);
  return links
    .flatMap((link) => link.addresses)
    .filter((address) => family === AF_UNSPEC || address.family === family)
    .map(encodeAddress);
}

function filterOf(payload: Uint8Array): number {
  const view = header(payload, IFADDRMSG);
  if (view.getUint8(1) !== 0 || view.getUint8(2) !== 0 || view.getUint8(3) !== 0) {
    throw new Errno(EINVAL, "Invalid values in header for address dump request");
  }
  if (new Attributes(payload.slice(IFADDRMSG)).types.length > 0) {
    throw new Errno(EINVAL, "Unsupported attribute in dump request");
  }
  return view.getUint32(4, true);
}

/** struct ifaddrmsg and the attributes of one address. */
export function encodeAddress(address: Address): Uint8Array {
  const { family, bytes, flags, link } = address;
  const writer = new Writer().u8(family, address.prefixLength, flags, address.scope);
  writer.u32(link.index).attr(IFA_ADDRESS, bytes);
  if (family === AF_INET) {
    writer.attr(IFA_LOCAL, bytes);
    if (address.broadcast) writer.attr(IFA_BROADCAST, address.broadcast);
    writer.attrString(IFA_LABEL, link.name);
  }
  writer.attrU32(IFA_FLAGS, flags);
  writer.nest(IFA_CACHEINFO, (info) => info.u32(FOREVER).u32(FOREVER).u32(0).u32(0));
  return writer.take();
}
