import type { Caller } from "../descriptor.ts";
import { Errno } from "../errno.ts";
import type { Change, Netns } from "../netns.ts";
import {
  EOPNOTSUPP,
  EPERM,
  NLM_F_DUMP,
  RTM_DELADDR,
  RTM_DELLINK,
  RTM_DELNEIGH,
  RTM_DELROUTE,
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
  RTNLGRP_IPV4_IFADDR,
  RTNLGRP_IPV6_IFADDR,
  RTNLGRP_LINK,
  AF_INET,
} from "../uapi.ts";
import type { Message } from "../wire.ts";
import { delAddress, dumpAddresses, encodeAddress, newAddress } from "./address.ts";
import { delLink, dumpLinks, encodeLink, getLink, newLink, setLink } from "./link.ts";
import { delRoute, getRoute } from "./host-route.ts";
import { delNeighbour, dumpNeighbours, newNeighbour } from "./neighbour.ts";
import { dumpRoutes, newRoute } from "./route.ts";
import { delRule, dumpRules, newRule } from "./rule.ts";

/** Where a request comes from. */
export interface Context {
  /** The namespace of the socket. */
  readonly netns: Netns;
  readonly caller: Caller;
  /** NETLINK_GET_STRICT_CHK: requests to get are looked at closely, and their filters count. */
  readonly strict: boolean;
}

export interface Answer {
  /** True: the messages are the parts of a dump. */
  readonly dump: boolean;
  readonly messages: readonly { readonly type: number; readonly payload: Uint8Array }[];
  /** Why a dump ended before its end; the message that ends it says so. */
  readonly error?: Errno | undefined;
}

type Doit = (message: Message, context: Context) => Uint8Array | undefined;
type Dump = (message: Message, context: Context) => Uint8Array[];

interface Handlers {
  readonly doit?: Doit;
  readonly dump?: Dump;
  /** The type of the messages that answer. */
  readonly reply?: number;
}

const HANDLERS: Readonly<Record<number, Handlers>> = {
  [RTM_NEWLINK]: { doit: newLink },
  [RTM_SETLINK]: { doit: setLink },
  [RTM_DELLINK]: { doit: delLink },
  [RTM_GETLINK]: { doit: getLink, dump: dumpLinks, reply: RTM_NEWLINK },
  [RTM_NEWADDR]: { doit: newAddress },
  [RTM_DELADDR]: { doit: delAddress },
  [RTM_GETADDR]: { dump: dumpAddresses, reply: RTM_NEWADDR },
  [RTM_NEWROUTE]: { doit: newRoute },
  [RTM_DELROUTE]: { doit: delRoute },
  [RTM_GETROUTE]: { doit: getRoute, dump: dumpRoutes, reply: RTM_NEWROUTE },
  [RTM_NEWNEIGH]: { doit: newNeighbour },
  [RTM_DELNEIGH]: { doit: delNeighbour },
  [RTM_GETNEIGH]: { dump: dumpNeighbours, reply: RTM_NEWNEIGH },
  [RTM_NEWRULE]: { doit: newRule },
  [RTM_DELRULE]: { doit: delRule },
  [RTM_GETRULE]: { dump: dumpRules, reply: RTM_NEWRULE },
};

/** RTM_GET*: the third of each group of four, and the only one that everybody may ask. */
function isGet(type: number): boolean {
  return (type & 3) === 2;
}

/**
 * rtnetlink_rcv_msg() of the kernel.
 *
 * @returns what answers the request besides its acknowledgement.
 * @throws Errno what the acknowledgement says.
 */
export function answer(message: Message, context: Context): Answer | undefined {
  const { type } = message;
  const { kernel, netAdmin } = context.netns;
  const handlers = HANDLERS[type];
  if (handlers === undefined) throw new Errno(EOPNOTSUPP);
  if (!isGet(type) && !(kernel.privileged && netAdmin)) throw new Errno(EPERM);
  refuse(type, context);
  const reply = handlers.reply ?? 0;
  if (isGet(type) && (message.flags & NLM_F_DUMP) !== 0) {
    if (handlers.dump === undefined) throw new Errno(EOPNOTSUPP);
    return dumpAll(handlers.dump, message, context, reply);
  }
  if (handlers.doit === undefined) throw new Errno(EOPNOTSUPP);
  const payload = handlers.doit(message, context);
  return payload && { dump: false, messages: [{ type: reply, payload }] };
}

function dumpAll(dump: Dump, message: Message, context: Context, reply: number): Answer {
  try {
    const parts = dump(message, context);
    return { dump: true, messages: parts.map((payload) => ({ type: reply, payload })) };
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return { dump: true, messages: [], error };
  }
}

/** The answers that a test has asked for. */
function refuse(type: number, { netns: { kernel } }: Context): void {
  const index = kernel.refusals.findIndex((refusal) => refusal.type === type);
  const refusal = kernel.refusals[index];
  if (refusal === undefined || refusal.skip-- > 0) return;
  kernel.refusals.splice(index, 1);
  throw new Errno(refusal.errno, refusal.extack);
}

/** A change as the message that its multicast group gets. */
export function describe(change: Change): { group: number; type: number; payload: Uint8Array } {
  if (change.what === "link") {
    const type = change.gone ? RTM_DELLINK : RTM_NEWLINK;
    return { group: RTNLGRP_LINK, type, payload: encodeLink(change.link) };
  }
  const { address, gone } = change;
  const group = address.family === AF_INET ? RTNLGRP_IPV4_IFADDR : RTNLGRP_IPV6_IFADDR;
  return { group, type: gone ? RTM_DELADDR : RTM_NEWADDR, payload: encodeAddress(address) };
}
