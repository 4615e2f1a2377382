import { IFF_UP } from "../../assembly/linux/if.ts";
import {
  IFLA_ADDRESS,
  IFLA_ALT_IFNAME,
  IFLA_EXT_MASK,
  IFLA_GROUP,
  IFLA_IFALIAS,
  IFLA_IFNAME,
  IFLA_LINK,
  IFLA_LINKINFO,
  IFLA_MTU,
  IFLA_NET_NS_FD,
  IFLA_TXQLEN,
} from "../../assembly/linux/if_link.ts";
import { NLA_TYPE_MASK, NLM_F_CREATE, NLM_F_EXCL } from "../../assembly/linux/netlink.ts";
import {
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_DELRULE,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_GETNEIGH,
  RTM_GETROUTE,
  RTM_GETRULE,
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWNEIGH,
  RTM_NEWROUTE,
  RTM_NEWRULE,
  RTM_SETLINK,
} from "../../assembly/linux/rtnetlink.ts";
import { align, attributeLength, isMacvlan, NLATTR, NLMSGHDR } from "./attributes.ts";
import { isAboutShim, type ShimRights } from "./shim.ts";

const IFINFOMSG = 16;
const NEW = NLM_F_CREATE | NLM_F_EXCL;

/** The messages that each namespace gets. */
const IN_HOST = [RTM_GETLINK, RTM_GETADDR, RTM_GETROUTE, RTM_NEWLINK];
const IN_CONTAINER = [
  ...IN_HOST,
  RTM_SETLINK,
  RTM_DELLINK,
  RTM_NEWADDR,
  RTM_DELADDR,
  RTM_NEWROUTE,
  RTM_NEWRULE,
  RTM_DELRULE,
  RTM_GETRULE,
  RTM_NEWNEIGH,
  RTM_GETNEIGH,
];
const IN_HOST_WITH_UP = [...IN_HOST, RTM_SETLINK];
const ABOUT_LINKS = [RTM_GETLINK, RTM_NEWLINK, RTM_SETLINK, RTM_DELLINK];

/** Attributes of links; of all those that name a namespace only the one by descriptor. */
const LINK_ATTRIBUTES = [
  IFLA_ADDRESS,
  IFLA_IFNAME,
  IFLA_ALT_IFNAME,
  IFLA_MTU,
  IFLA_LINK,
  IFLA_TXQLEN,
  IFLA_LINKINFO,
  IFLA_IFALIAS,
  IFLA_GROUP,
  IFLA_NET_NS_FD,
  IFLA_EXT_MASK,
];

/** What is known of a link's attributes: all are good ones, and some are there. */
interface LinkAttributes {
  isGood: boolean;
  hasNamespace: boolean;
  hasKind: boolean;
}

/**
 * Looks at messages before they go to the kernel by rtnetlink(7). What the kernel might read in
 * another way than it is read here, a length that does not fit, is refused.
 */
export class MessageFilter {
  readonly #isContainer: (fd: number) => boolean;
  readonly #rights: ShimRights;

  /** @param isContainer whether a descriptor is the container's namespace. */
  constructor(isContainer: (fd: number) => boolean, rights: ShimRights) {
    this.#isContainer = isContainer;
    this.#rights = rights;
  }

  /**
   * In the host's namespace: questions, a macvlan that is made in the container's, and the shim.
   *
   * @param mayRaise whether also, that a link is set up.
   */
  mayTellHost(bytes: Uint8Array, mayRaise: boolean): boolean {
    return this.#allows(bytes, mayRaise ? IN_HOST_WITH_UP : IN_HOST, true);
  }

  /** In the container's: questions, and what an interface is made, configured and removed with. */
  mayTellContainer(bytes: Uint8Array): boolean {
    return this.#allows(bytes, IN_CONTAINER, false);
  }

  #allows(bytes: Uint8Array, types: readonly number[], isHost: boolean): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    for (let at = 0; at < bytes.length; ) {
      if (at + NLMSGHDR > bytes.length) return false;
      const length = view.getUint32(at, true);
      const end = at + length;
      if (length < NLMSGHDR || end > bytes.length) return false;
      const type = view.getUint16(at + 4, true);
      const isShims =
        isHost &&
        isAboutShim(new Uint8Array(bytes.buffer, bytes.byteOffset + at, length), this.#rights);
      if (!isShims && !types.includes(type)) return false;
      if (!isShims && ABOUT_LINKS.includes(type)) {
        const attributes = this.#readLink(view, at + NLMSGHDR + IFINFOMSG, end);
        if (!attributes.isGood) return false;
        const isNew = (view.getUint16(at + 6, true) & NEW) === NEW;
        const isMade = isNew && attributes.hasKind && attributes.hasNamespace;
        if (isHost && type === RTM_NEWLINK && !isMade) return false;
        if (isHost && type === RTM_SETLINK && !isRaise(view, at, length)) return false;
      }
      at += align(length);
    }
    return true;
  }

  #readLink(view: DataView, start: number, end: number): LinkAttributes {
    const seen = { isGood: start <= end, hasNamespace: false, hasKind: false };
    // of an attribute that is there twice the kernel takes the last one: all have to be good
    for (let at = start; at < end && seen.isGood; ) {
      const length = attributeLength(view, at, end);
      const type = length && view.getUint16(at + 2, true) & NLA_TYPE_MASK;
      const value = at + NLATTR;
      if (length === 0 || !LINK_ATTRIBUTES.includes(type)) seen.isGood = false;
      else if (type === IFLA_LINKINFO) {
        seen.isGood = isMacvlan(view, value, at + length);
        seen.hasKind = true;
      } else if (type === IFLA_NET_NS_FD) {
        seen.isGood = length === NLATTR + 4 && this.#isContainer(view.getInt32(value, true));
        seen.hasNamespace = true;
      }
      at += align(length);
    }
    return seen;
  }
}

/** Whether a message about a link sets it up, and does nothing else: struct ifinfomsg alone. */
function isRaise(view: DataView, at: number, length: number): boolean {
  const body = at + NLMSGHDR;
  const [family, flags, change] = [view.getUint32(body, true), body + 8, body + 12];
  const isUp = view.getUint32(flags, true) === IFF_UP && view.getUint32(change, true) === IFF_UP;
  return length === NLMSGHDR + IFINFOMSG && family === 0 && isUp;
}
