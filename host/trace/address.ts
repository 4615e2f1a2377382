import {
  IFA_ADDRESS,
  IFA_BROADCAST,
  IFA_F_DADFAILED,
  IFA_F_NODAD,
  IFA_F_OPTIMISTIC,
  IFA_F_TENTATIVE,
  IFA_FLAGS,
  IFA_LOCAL,
} from "../../assembly/linux/if_addr.ts";
import { RTM_GETADDR, RTM_NEWADDR } from "../../assembly/linux/rtnetlink.ts";
import { formatIp } from "../sim/text.ts";
import { Attributes, type Message } from "./attributes.ts";
import type { Interfaces } from "./interfaces.ts";
import { familyOf, type Words, words } from "./words.ts";

const IFADDRMSG = 8;

/** A request about addresses in the words of ip-address(8). */
export function addressRequest(message: Message, interfaces: Interfaces): Words {
  const { payload, type } = message;
  const index = payload.getInt32(4, true);
  const dev = ["dev", index > 0 ? interfaces.nameOf(index) : undefined] as const;
  const attributes = new Attributes(payload, IFADDRMSG);
  if (type === RTM_GETADDR) {
    const family = familyOf(payload.getUint8(0));
    return { text: words([`ip${family} address show`, dev]), unknown: attributes.unknown };
  }
  const verb = type === RTM_NEWADDR ? "add" : "delete";
  const broadcast = ["broadcast", textOf(attributes.bytes(IFA_BROADCAST))] as const;
  const flags = policyOf(attributes.u32(IFA_FLAGS) ?? payload.getUint8(2));
  const text = words([`ip address ${verb}`, cidr(payload, attributes), broadcast, ...flags, dev]);
  return { text, unknown: attributes.unknown };
}

/** An address as the kernel describes it, in the words of `ip address show`. */
export function addressAnswer({ payload, type }: Message, interfaces: Interfaces): Words {
  const attributes = new Attributes(payload, IFADDRMSG);
  const flags = attributes.u32(IFA_FLAGS) ?? payload.getUint8(2);
  const text = words([
    type === RTM_NEWADDR ? "" : "deleted",
    cidr(payload, attributes),
    ["dev", interfaces.nameOf(payload.getInt32(4, true))],
    ...policyOf(flags),
    flags & IFA_F_TENTATIVE ? "tentative" : "",
    flags & IFA_F_DADFAILED ? "dadfailed" : "",
  ]);
  return { text, unknown: attributes.unknown };
}

/** What an address says about its detection. */
function policyOf(flags: number): string[] {
  return [flags & IFA_F_NODAD ? "nodad" : "", flags & IFA_F_OPTIMISTIC ? "optimistic" : ""];
}

function cidr(payload: DataView, attributes: Attributes): string {
  const address = attributes.bytes(IFA_ADDRESS);
  const local = attributes.bytes(IFA_LOCAL) ?? address;
  return `${textOf(local) ?? "?"}/${payload.getUint8(1)}`;
}

function textOf(ip: Uint8Array | undefined): string | undefined {
  return ip && formatIp(ip);
}
