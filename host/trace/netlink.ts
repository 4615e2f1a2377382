import * as netlink from "../../assembly/linux/netlink.ts";
import {
  RTM_NEWADDR,
  RTM_NEWLINK,
  RTM_NEWNEIGH,
  RTM_NEWROUTE,
  RTM_NEWRULE,
} from "../../assembly/linux/rtnetlink.ts";
import { addressAnswer, addressRequest } from "./address.ts";
import { Attributes, type Message, messagesIn, part } from "./attributes.ts";
import { quoted } from "./bytes.ts";
import type { Interfaces } from "./interfaces.ts";
import { linkAnswer, linkRequest } from "./link.ts";
import { resultOf } from "./names.ts";
import { neighbourAnswer, neighbourRequest } from "./neighbour.ts";
import { routeAnswer, routeRequest } from "./route.ts";
import { ruleAnswer, ruleRequest } from "./rule.ts";
import type { Words } from "./words.ts";

/** One kind of objects: its first message type, the size of its header, and its words. */
interface Kind {
  readonly first: number;
  readonly header: number;
  readonly request: (message: Message, interfaces: Interfaces) => Words;
  readonly answer: (message: Message, interfaces: Interfaces) => Words;
}

const KINDS: readonly Kind[] = [
  { first: RTM_NEWLINK, header: 16, request: linkRequest, answer: linkAnswer },
  { first: RTM_NEWADDR, header: 8, request: addressRequest, answer: addressAnswer },
  { first: RTM_NEWROUTE, header: 12, request: routeRequest, answer: routeAnswer },
  { first: RTM_NEWNEIGH, header: 12, request: neighbourRequest, answer: neighbourAnswer },
  { first: RTM_NEWRULE, header: 12, request: ruleRequest, answer: ruleAnswer },
];
const TYPES_PER_KIND = 4;
const NLMSGHDR = 16;

/** The requests in a datagram to the kernel, in the words of ip(8), each with its number. */
export function requestsOf(bytes: Uint8Array, interfaces: Interfaces): string {
  return all(bytes, (message, kind) => kind.request(message, interfaces));
}

/** The answers in a datagram of the kernel's. @param interfaces learns from them. */
export function answersOf(bytes: Uint8Array, interfaces: Interfaces): string {
  return all(bytes, (message, kind) => kind.answer(message, interfaces));
}

function all(bytes: Uint8Array, say: (message: Message, kind: Kind) => Words): string {
  const messages = messagesIn(bytes);
  if (messages.length === 0) return quoted(bytes);
  return `[${messages.map((message) => `#${message.sequence} ${text(message, say)}`).join("; ")}]`;
}

function text(message: Message, say: (message: Message, kind: Kind) => Words): string {
  const { type, payload } = message;
  if (type === netlink.NLMSG_ERROR && payload.byteLength >= 4) return acknowledgement(message);
  if (type === netlink.NLMSG_DONE) return end(message);
  const kind = KINDS.find(({ first }) => type >= first && type < first + TYPES_PER_KIND);
  if (kind === undefined || payload.byteLength < kind.header) return `message of type ${type}`;
  const { text, unknown } = say(message, kind);
  return unknown > 0 ? `${text} +${unknown}` : text;
}

/** Struct nlmsgerr: the error, the message it is about (its header alone if capped), attributes. */
function acknowledgement({ flags, payload }: Message): string {
  const error = payload.getInt32(0, true);
  if (error === 0) return "ok";
  const isCapped = (flags & netlink.NLM_F_CAPPED) !== 0 || payload.byteLength < 8;
  const about = isCapped ? NLMSGHDR : (payload.getUint32(4, true) + 3) & ~3;
  return refusal(error, part(payload, 4 + about));
}

/** The end of a dump: an error, or 0, and attributes. */
function end({ payload }: Message): string {
  const error = payload.byteLength >= 4 ? payload.getInt32(0, true) : 0;
  return error === 0 ? "done" : refusal(error, part(payload, 4));
}

function refusal(error: number, attributes: DataView): string {
  const why = new Attributes(attributes).text(netlink.NLMSGERR_ATTR_MSG);
  return why ? `${resultOf(error)} "${why}"` : resultOf(error);
}
