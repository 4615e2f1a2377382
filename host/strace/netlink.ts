import * as ifAddr from "../../assembly/linux/if_addr.ts";
import * as ifLink from "../../assembly/linux/if_link.ts";
import * as netlink from "../../assembly/linux/netlink.ts";
import * as rtnetlink from "../../assembly/linux/rtnetlink.ts";
import { hexOf, quoted } from "./bytes.ts";
import { flagsOf, type Names, nameOf, namesOf, resultOf } from "./names.ts";

const TYPES: Names = new Map([
  ...namesOf(netlink, "NLMSG_", ["NLMSG_ERR"]),
  [netlink.NLMSG_ERROR, "NLMSG_ERROR"],
  ...namesOf(rtnetlink, "RTM_"),
]);
/** Two flags have other names in an NLMSG_ERROR, where they mean something else. */
const ERROR_FLAGS = namesOf(netlink, "NLM_F_", ["NLM_F_EXCL", "NLM_F_DUMP"]);
const FLAGS = namesOf(netlink, "NLM_F_", ["NLM_F_ACK_TLVS", "NLM_F_CAPPED"]);

/** A kind of attributes, and the kinds that are nested in some of them. */
interface Kind {
  readonly names: Names;
  readonly nested: Readonly<Record<string, Kind>>;
}

const MACVLAN: Kind = { names: namesOf(ifLink, "IFLA_MACVLAN_"), nested: {} };
const INFO: Kind = { names: namesOf(ifLink, "IFLA_INFO_"), nested: { IFLA_INFO_DATA: MACVLAN } };
const LINK: Kind = {
  names: namesOf(ifLink, "IFLA_", ["IFLA_INFO_", "IFLA_MACVLAN_", "IFLA_INET"]),
  nested: { IFLA_LINKINFO: INFO },
};
const ADDRESS: Kind = { names: namesOf(ifAddr, "IFA_", ["IFA_F_"]), nested: {} };
const METRICS: Kind = { names: namesOf(rtnetlink, "RTAX_"), nested: {} };
const ROUTE: Kind = { names: namesOf(rtnetlink, "RTA_"), nested: { RTA_METRICS: METRICS } };
const ERROR: Kind = { names: namesOf(netlink, "NLMSGERR_ATTR_"), nested: {} };

const NLMSGHDR = 16;
const NLATTR = 4;

/**
 * By the first message type of each object (linux/rtnetlink.h): attributes, and the header before.
 */
const OBJECTS: readonly [first: number, size: number, kind: Kind][] = [
  [rtnetlink.RTM_NEWLINK, 16, LINK],
  [rtnetlink.RTM_NEWADDR, 8, ADDRESS],
  [rtnetlink.RTM_NEWROUTE, 12, ROUTE],
];
const TYPES_PER_OBJECT = 4;

/**
 * Every message of a datagram (netlink(7)), with the attributes that the core knows and the number
 * of the others; bytes that are no message as they are.
 */
export function messagesOf(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const messages: string[] = [];
  for (let at = 0; at + NLMSGHDR <= bytes.length; ) {
    const length = view.getUint32(at, true);
    if (length < NLMSGHDR || at + length > bytes.length) break;
    messages.push(message(bytes.subarray(at, at + length)));
    at += align(length);
  }
  return messages.length > 0 ? `[${messages.join(", ")}]` : quoted(bytes);
}

function message(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = view.getUint16(4, true);
  const isError = type === netlink.NLMSG_ERROR;
  const flags = flagsOf(isError ? ERROR_FLAGS : FLAGS, view.getUint16(6, true));
  const head = `${nameOf(TYPES, type)} flags=${flags} seq=${view.getUint32(8, true)}`;
  if (isError) return `{${head}${failure(bytes, view)}}`;
  const object = OBJECTS.find(([first]) => type >= first && type < first + TYPES_PER_OBJECT);
  if (!object) return `{${head}}`;
  const [, size, kind] = object;
  const header = hexOf(bytes.subarray(NLMSGHDR, NLMSGHDR + size));
  return `{${head} header=${header}${attributes(bytes.subarray(NLMSGHDR + size), kind)}}`;
}

/** struct nlmsgerr: the error, the message it is about (its header alone if capped), attributes. */
function failure(bytes: Uint8Array, view: DataView): string {
  const error = view.getInt32(NLMSGHDR, true);
  const capped = view.getUint16(6, true) & netlink.NLM_F_CAPPED;
  const about = capped ? NLMSGHDR : align(view.getUint32(NLMSGHDR + 4, true));
  return ` error=${resultOf(error)}${attributes(bytes.subarray(NLMSGHDR + 4 + about), ERROR)}`;
}

function attributes(bytes: Uint8Array, kind: Kind): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let text = "";
  let unnamed = 0;
  for (let at = 0; at + NLATTR <= bytes.length; ) {
    const length = view.getUint16(at, true);
    if (length < NLATTR || at + length > bytes.length) break;
    const name = kind.names.get(view.getUint16(at + 2, true) & netlink.NLA_TYPE_MASK);
    const payload = bytes.subarray(at + NLATTR, at + length);
    if (name === undefined) unnamed++;
    else text += `, ${name}${value(payload, kind.nested[name])}`;
    at += align(length);
  }
  return unnamed > 0 ? `${text}, +${unnamed}` : text;
}

function value(payload: Uint8Array, nested: Kind | undefined): string {
  if (nested) return ` {${attributes(payload, nested).replace(/^, /, "")}}`;
  const [, text] = /^([\x20-\x7e]{2,})\0?$/.exec(Buffer.from(payload).toString("latin1")) ?? [];
  return text === undefined ? `=${hexOf(payload)}` : `="${text}"`;
}

function align(length: number): number {
  return (length + 3) & ~3;
}
