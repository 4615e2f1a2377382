import { IFF_ALLMULTI, IFF_LOWER_UP, IFF_PROMISC, IFF_UP } from "../../assembly/linux/if.ts";
import {
  IFLA_ADDRESS,
  IFLA_ALT_IFNAME,
  IFLA_EXT_MASK,
  IFLA_GROUP,
  IFLA_IFALIAS,
  IFLA_IFNAME,
  IFLA_INFO_DATA,
  IFLA_INFO_KIND,
  IFLA_LINK,
  IFLA_LINKINFO,
  IFLA_MACVLAN_BC_CUTOFF,
  IFLA_MACVLAN_BC_QUEUE_LEN,
  IFLA_MACVLAN_FLAGS,
  IFLA_MACVLAN_MACADDR,
  IFLA_MACVLAN_MACADDR_DATA,
  IFLA_MACVLAN_MACADDR_MODE,
  IFLA_MACVLAN_MODE,
  IFLA_MASTER,
  IFLA_MTU,
  IFLA_NET_NS_FD,
  IFLA_TXQLEN,
  MACVLAN_FLAG_NODST,
  MACVLAN_FLAG_NOPROMISC,
  MACVLAN_MACADDR_SET,
  MACVLAN_MODE_BRIDGE,
  MACVLAN_MODE_PASSTHRU,
  MACVLAN_MODE_PRIVATE,
  MACVLAN_MODE_SOURCE,
  MACVLAN_MODE_VEPA,
} from "../../assembly/linux/if_link.ts";
import { NLM_F_CREATE } from "../../assembly/linux/netlink.ts";
import { RTM_DELLINK, RTM_GETLINK, RTM_NEWLINK } from "../../assembly/linux/rtnetlink.ts";
import { formatMac } from "../sim/text.ts";
import { Attributes, type Message, part } from "./attributes.ts";
import type { Interfaces } from "./interfaces.ts";
import { type Words, words } from "./words.ts";

const IFINFOMSG = 16;
const MODES = new Map([
  [MACVLAN_MODE_PRIVATE, "private"],
  [MACVLAN_MODE_VEPA, "vepa"],
  [MACVLAN_MODE_BRIDGE, "bridge"],
  [MACVLAN_MODE_PASSTHRU, "passthru"],
  [MACVLAN_MODE_SOURCE, "source"],
]);

/** Struct ifinfomsg and the attributes of a link. */
class Link {
  readonly index: number;
  readonly flags: number;
  readonly change: number;
  readonly attributes: Attributes;

  constructor({ payload }: Message) {
    const header = part(payload, 0, IFINFOMSG);
    this.index = header.getInt32(4, true);
    this.flags = header.getUint32(8, true);
    this.change = header.getUint32(12, true);
    this.attributes = new Attributes(payload, IFINFOMSG);
  }

  get name(): string | undefined {
    return this.attributes.text(IFLA_IFNAME) ?? this.attributes.text(IFLA_ALT_IFNAME);
  }

  /** `address ...`, as ip-link(8) takes it. */
  get address(): string | undefined {
    const mac = this.attributes.bytes(IFLA_ADDRESS);
    return mac && formatMac(mac);
  }

  /** `macvlan mode bridge`: the kind and what belongs to it. */
  get kind(): string {
    const info = this.attributes.nested(IFLA_LINKINFO);
    const kind = info?.text(IFLA_INFO_KIND);
    const data = info?.nested(IFLA_INFO_DATA);
    if (kind !== "macvlan" || data === undefined) return kind ?? "";
    const mode = data.u32(IFLA_MACVLAN_MODE);
    const flags = data.u16(IFLA_MACVLAN_FLAGS) ?? 0;
    const cutoff = data.u32(IFLA_MACVLAN_BC_CUTOFF);
    return words([
      kind,
      ["mode", mode && (MODES.get(mode) ?? mode)],
      flags & MACVLAN_FLAG_NOPROMISC ? "nopromisc" : "",
      flags & MACVLAN_FLAG_NODST ? "nodst" : "",
      ["macaddr", sources(data)],
      ["bcqueuelen", data.u32(IFLA_MACVLAN_BC_QUEUE_LEN)],
      ["bclim", cutoff && cutoff | 0],
    ]);
  }

  /** `promisc on`, `allmulticast off`: the flags that are asked for, besides up and down. */
  get switches(): readonly (readonly [string, string])[] {
    const known = [
      ["promisc", IFF_PROMISC],
      ["allmulticast", IFF_ALLMULTI],
    ] as const;
    return known
      .filter(([, flag]) => this.change & flag)
      .map(([name, flag]) => [name, this.flags & flag ? "on" : "off"] as const);
  }
}

/** `set MAC...`: whose frames a macvlan of mode source takes. */
function sources(data: Attributes): string | undefined {
  const list = data.nested(IFLA_MACVLAN_MACADDR_DATA)?.all(IFLA_MACVLAN_MACADDR);
  if (list === undefined) return undefined;
  const isSet = data.u32(IFLA_MACVLAN_MACADDR_MODE) === MACVLAN_MACADDR_SET;
  return [...(isSet ? ["set"] : []), ...list.map(formatMac)].join(" ");
}

/** A request about links in the words of ip-link(8). */
export function linkRequest(message: Message, interfaces: Interfaces): Words {
  const link = new Link(message);
  const text = requestText(message, link, interfaces);
  return { text, unknown: link.attributes.unknown };
}

function requestText({ type, flags }: Message, link: Link, interfaces: Interfaces): string {
  const { attributes } = link;
  const isOne = link.index > 0 || link.name !== undefined;
  const target = link.index > 0 ? interfaces.nameOf(link.index) : (link.name ?? "?");
  attributes.u32(IFLA_EXT_MASK);
  if (type === RTM_GETLINK) return isOne ? `ip link show dev ${target}` : "ip link show";
  if (type === RTM_DELLINK) return `ip link delete dev ${target}`;
  const settings = [
    ["address", link.address],
    ["mtu", attributes.u32(IFLA_MTU)],
    ["txqueuelen", attributes.u32(IFLA_TXQLEN)],
    ["group", attributes.u32(IFLA_GROUP)],
    ["alias", attributes.text(IFLA_IFALIAS)],
    ...link.switches,
    ["netns", attributes.u32(IFLA_NET_NS_FD)],
  ] as const;
  if (type === RTM_NEWLINK && (flags & NLM_F_CREATE) !== 0) {
    const lower = attributes.u32(IFLA_LINK);
    const on = ["link", lower && interfaces.nameOf(lower)] as const;
    return words(["ip link add", on, ["name", link.name], ...settings, ["type", link.kind]]);
  }
  const state = link.change & IFF_UP ? (link.flags & IFF_UP ? "up" : "down") : "";
  const renamed = ["name", link.index > 0 ? link.name : undefined] as const;
  return words(["ip link set dev", target, renamed, ...settings, state]);
}

/** A link as the kernel describes it, in the words of `ip link show`. */
export function linkAnswer(message: Message, interfaces: Interfaces): Words {
  const link = new Link(message);
  const { attributes } = link;
  const name = link.name ?? "?";
  interfaces.learn(link.index, name);
  const lower = attributes.u32(IFLA_LINK);
  const shown = lower === undefined ? name : `${name}@if${lower}`;
  const flags = [
    ...(link.flags & IFF_UP ? ["UP"] : []),
    ...(link.flags & IFF_LOWER_UP ? ["LOWER_UP"] : []),
  ];
  const text = words([
    message.type === RTM_DELLINK ? "deleted" : "",
    `${link.index}: ${shown}: <${flags.join(",")}>`,
    ["mtu", attributes.u32(IFLA_MTU)],
    ["qlen", attributes.u32(IFLA_TXQLEN)],
    ["group", attributes.u32(IFLA_GROUP) || undefined],
    ["alias", attributes.text(IFLA_IFALIAS)],
    ["master", attributes.u32(IFLA_MASTER)],
    ["address", link.address],
    link.kind,
  ]);
  return { text, unknown: attributes.unknown };
}
