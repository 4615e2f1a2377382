import { Clock } from "./clock.ts";
import { Netns } from "./netns.ts";
import { IFLA_MACVLAN_BC_CUTOFF } from "./uapi.ts";

export interface KernelOptions {
  /** False: a kernel built without IPv6. */
  readonly ipv6?: boolean;
  /**
   * True: RTM_NEWLINK looks the new name up where the request comes from, not where the link is to
   * be made, so that an interface of the host with that name is answered by EEXIST (before Linux
   * 6.15).
   */
  readonly namesOfSource?: boolean;
  /**
   * The last of the attributes IFLA_MACVLAN_* that the driver knows; it ignores others. Linux 6.4
   * brought 9, 5.11 brought 7 and 8.
   */
  readonly macvlanMax?: number;
  /** False: a kernel built without CONFIG_IPV6_OPTIMISTIC_DAD. */
  readonly optimisticDad?: boolean;
  /** False: the caller lacks CAP_NET_ADMIN and CAP_SYS_ADMIN. */
  readonly privileged?: boolean;
  /** How full the datagrams of a dump get, in bytes. */
  readonly dumpBytes?: number;
  /** How long RTM_DELLINK waits, after all is done, to let go of memory, in milliseconds. */
  readonly freeMs?: number;
}

/** An answer of the kernel that a test has asked for. */
export interface Refusal {
  /** RTM_* */
  readonly type: number;
  readonly errno: number;
  readonly extack?: string;
  /** How many requests of the type are let through before. */
  skip: number;
}

/** What all namespaces share. */
export class Kernel {
  readonly clock = new Clock();
  readonly ipv6: boolean;
  readonly namesOfSource: boolean;
  readonly macvlanMax: number;
  readonly optimisticDad: boolean;
  readonly privileged: boolean;
  readonly dumpBytes: number;
  readonly freeMs: number;
  netnses: readonly Netns[] = [];
  readonly refusals: Refusal[] = [];
  #inodes = 0xf000_0000;
  #macs = 0;
  #ports = 4_000_000_000;

  constructor(options: KernelOptions = {}) {
    this.ipv6 = options.ipv6 ?? true;
    this.namesOfSource = options.namesOfSource ?? false;
    this.macvlanMax = options.macvlanMax ?? IFLA_MACVLAN_BC_CUTOFF;
    this.optimisticDad = options.optimisticDad ?? true;
    this.privileged = options.privileged ?? true;
    this.dumpBytes = options.dumpBytes ?? 8192;
    this.freeMs = options.freeMs ?? 15;
  }

  addNetns(): Netns {
    const netns = new Netns(this, this.#inodes++);
    this.netnses = [...this.netnses, netns];
    return netns;
  }

  removeNetns(netns: Netns): void {
    this.netnses = this.netnses.filter((other) => other !== netns);
  }

  /** As random as a test can bear: every call gives another locally administered address. */
  randomMac(): Uint8Array {
    const number = ++this.#macs;
    return Uint8Array.of(0x9a, 0x5e, 0x11, number >> 16, number >> 8, number);
  }

  /** The address of a netlink socket that did not ask for one. */
  nextPort(): number {
    return this.#ports++;
  }
}
