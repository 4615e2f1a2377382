import { IFLA_INFO_KIND } from "../../assembly/linux/if_link.ts";
import { NLA_TYPE_MASK } from "../../assembly/linux/netlink.ts";

// The bytes of messages to the kernel, read as it reads them.

/** The lengths of struct nlmsghdr and struct nlattr (linux/netlink.h). */
export const NLMSGHDR = 16;
export const NLATTR = 4;
const MACVLAN = "macvlan\0";

/** Whether IFLA_LINKINFO says that the link is a macvlan. */
export function isMacvlan(view: DataView, start: number, end: number): boolean {
  let hasKind = false;
  for (let at = start; at < end; ) {
    const length = attributeLength(view, at, end);
    if (length === 0) return false;
    if ((view.getUint16(at + 2, true) & NLA_TYPE_MASK) === IFLA_INFO_KIND) {
      if (!isText(view, at + NLATTR, at + length, MACVLAN)) return false;
      hasKind = true;
    }
    at += align(length);
  }
  return hasKind;
}

/** The length of the attribute at `at`, its header included; 0 if it does not end before `end`. */
export function attributeLength(view: DataView, at: number, end: number): number {
  const length = at + NLATTR <= end ? view.getUint16(at, true) : 0;
  return length >= NLATTR && at + length <= end ? length : 0;
}

export function isText(view: DataView, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) {
    if (view.getUint8(start + i) !== text.charCodeAt(i)) return false;
  }
  return true;
}

export function align(length: number): number {
  return (length + 3) & ~3;
}
