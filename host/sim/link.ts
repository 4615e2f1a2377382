import type { Address } from "./address.ts";
import { Errno } from "./errno.ts";
import type { Netns } from "./netns.ts";
import type { Frame } from "./segment.ts";
import { Settings } from "./settings.ts";
import { Stations } from "./stations.ts";
import {
  ARPHRD_ETHER,
  ARPHRD_LOOPBACK,
  EADDRNOTAVAIL,
  EINVAL,
  IF_OPER_DOWN,
  IF_OPER_LOWERLAYERDOWN,
  IF_OPER_UNKNOWN,
  IF_OPER_UP,
  IFF_ALLMULTI,
  IFF_BROADCAST,
  IFF_LOOPBACK,
  IFF_LOWER_UP,
  IFF_MULTICAST,
  IFF_PROMISC,
  IFF_RUNNING,
  IFF_UP,
} from "./uapi.ts";

/** The range of an Ethernet MTU (ETH_MIN_MTU, ETH_MAX_MTU). */
export const MIN_MTU = 68;
export const MAX_MTU = 65535;

/** The smallest MTU with which an interface can have IPv6 (RFC 8200). */
const IPV6_MIN_MTU = 1280;

export interface Macvlan {
  /** MACVLAN_MODE_* */
  mode: number;
  flags: number;
  queueLength: number;
  /** In mode source: the addresses that frames are taken from. */
  sources: Uint8Array[];
}

/** What a new interface is made of. */
export interface LinkParts {
  readonly index: number;
  readonly name: string;
  /** IFLA_INFO_KIND; empty for one that has none, such as loopback. */
  readonly kind: string;
  readonly mac: Uint8Array;
  readonly mtu: number;
  readonly lower?: Link | undefined;
  readonly macvlan?: Macvlan | undefined;
  /** ARPHRD_*: Ethernet, unless it is the loopback. */
  readonly hardware?: number | undefined;
  /** The address that the card was made with. */
  readonly permanentMac?: Uint8Array | undefined;
  /** BOND_MODE_* of a bond. */
  readonly bondMode?: number | undefined;
}

/** A network interface (struct net_device): its state, and what follows from that state. */
export class Link {
  readonly index: number;
  readonly kind: string;
  readonly lower: Link | undefined;
  readonly macvlan: Macvlan | undefined;
  readonly permanentMac: Uint8Array | undefined;
  readonly bondMode: number | undefined;
  readonly settings: Settings;
  readonly uppers = new Set<Link>();
  name: string;
  altNames: string[] = [];
  mac: Uint8Array;
  mtu: number;
  up = false;
  promisc = false;
  allmulti = false;
  txQueueLength = 1000;
  group = 0;
  alias = "";
  /** Of its macvlans: how many may get a multicast frame without a queue (port->bc_cutoff). */
  broadcastCutoff = 1;
  addresses: Address[] = [];
  /** The MAC addresses of neighbours that were made permanent, by their own as text. */
  readonly neighbours = new Map<string, string>();
  /** False: the cable is out, or the other end of a veth is down. */
  cable = true;
  /** The bridge, bond or other that it is a port of, whose kind says which. */
  controller: Link | undefined;
  /** Of a master: the other machines on its wire, and what has left on it, by whomever. */
  readonly stations = new Stations();
  readonly frames: Frame[] = [];
  /** The packet sockets on it: each gets what it receives. */
  readonly listeners = new Set<(frame: Uint8Array) => void>();
  readonly #hardware: number;

  constructor(
    readonly netns: Netns,
    parts: LinkParts,
  ) {
    this.index = parts.index;
    this.name = parts.name;
    this.kind = parts.kind;
    this.mac = parts.mac;
    this.mtu = parts.mtu;
    this.lower = parts.lower;
    this.macvlan = parts.macvlan;
    this.permanentMac = parts.permanentMac;
    this.bondMode = parts.bondMode;
    this.#hardware = parts.hardware ?? (this.loopback ? ARPHRD_LOOPBACK : ARPHRD_ETHER);
    this.settings = new Settings(netns.defaults);
  }

  get loopback(): boolean {
    return this.kind === "" && this.index === 1;
  }

  /** ARPHRD_* */
  get hardware(): number {
    return this.#hardware;
  }

  /** Whether something receives what arrives, and there is room for no other: its rx_handler. */
  get taken(): boolean {
    const isPort = this.controller !== undefined && this.controller.kind !== "vrf";
    return isPort || [...this.uppers].some(({ kind }) => kind.startsWith("ipv"));
  }

  get carrier(): boolean {
    return this.lower ? this.lower.up && this.lower.carrier : this.cable;
  }

  /** IF_READY of the kernel: IPv6 may use it. */
  get ready(): boolean {
    return this.up && this.carrier;
  }

  /** False where the kernel keeps no IPv6 state for it. */
  get ipv6(): boolean {
    return this.netns.kernel.ipv6 && this.mtu >= IPV6_MIN_MTU;
  }

  /** IF_OPER_* */
  get operstate(): number {
    if (this.loopback) return this.up ? IF_OPER_UNKNOWN : IF_OPER_DOWN;
    if (this.ready) return IF_OPER_UP;
    return this.up && this.lower ? IF_OPER_LOWERLAYERDOWN : IF_OPER_DOWN;
  }

  /** IFF_* */
  get flags(): number {
    const kind = this.loopback ? IFF_LOOPBACK : IFF_BROADCAST | IFF_MULTICAST;
    const asked = (this.promisc ? IFF_PROMISC : 0) | (this.allmulti ? IFF_ALLMULTI : 0);
    const state = (this.up ? IFF_UP : 0) | (this.ready ? IFF_RUNNING | IFF_LOWER_UP : 0);
    return kind | asked | state;
  }

  /** The interface on the wire: itself, or what it is stacked on. */
  get root(): Link {
    return this.lower ? this.lower.root : this;
  }
}

/**
 * The range is that of ether_setup() of the kernel; a macvlan cannot carry more than its master.
 */
export function checkMtu(mtu: number, lower: Link | undefined): void {
  if (mtu < MIN_MTU) throw new Errno(EINVAL, "mtu less than device minimum");
  if (mtu > MAX_MTU) throw new Errno(EINVAL, "mtu greater than device maximum");
  if (lower && mtu > lower.mtu) throw new Errno(EINVAL);
}

/** An Ethernet address that an interface can have (eth_validate_addr()). */
export function validateMac(mac: Uint8Array): void {
  if (mac.length !== 6) throw new Errno(EINVAL);
  const group = ((mac[0] ?? 0) & 1) !== 0;
  if (group || mac.every((byte) => byte === 0)) throw new Errno(EADDRNOTAVAIL);
}
