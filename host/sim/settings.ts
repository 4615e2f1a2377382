/** The four folders of /proc/sys/net that have one folder per interface. */
export type Tree = "ipv4/conf" | "ipv6/conf" | "ipv4/neigh" | "ipv6/neigh";

const NEIGH = { base_reachable_time_ms: 30000, mcast_solicit: 3, retrans_time_ms: 1000 };

/** What a network namespace starts with, for the keys that this kernel has. */
const DEFAULTS: Readonly<Record<Tree, Readonly<Record<string, number>>>> = {
  "ipv4/conf": {
    accept_local: 0,
    arp_announce: 0,
    arp_filter: 0,
    arp_ignore: 0,
    arp_notify: 0,
    forwarding: 0,
    promote_secondaries: 0,
    proxy_arp: 0,
    rp_filter: 0,
  },
  "ipv4/neigh": NEIGH,
  "ipv6/conf": {
    accept_dad: 1,
    accept_ra: 1,
    addr_gen_mode: 0,
    autoconf: 1,
    dad_transmits: 1,
    disable_ipv6: 0,
    enhanced_dad: 1,
    forwarding: 0,
    keep_addr_on_down: 0,
    ndisc_notify: 0,
    optimistic_dad: 0,
    router_solicitation_delay: 1,
    router_solicitations: -1,
  },
  "ipv6/neigh": NEIGH,
};

export const TREES = Object.keys(DEFAULTS) as Tree[];

const ORIGINAL: ReadonlyMap<string, number> = new Map(
  TREES.flatMap((tree) =>
    Object.entries(DEFAULTS[tree]).map(([key, value]) => [`${tree}/${key}`, value] as const),
  ),
);

/** The sysctls of one interface, or those of `all` or `default`. */
export class Settings {
  readonly #values: Map<string, number>;
  /** `ipv6/conf/stable_secret`, an IPv6 address; empty where none was written. */
  stableSecret = "";

  /** Starts as a copy of `model`; without one, with the kernel's own defaults. */
  constructor(model?: Settings) {
    this.#values = new Map(model === undefined ? ORIGINAL : model.#values);
    this.stableSecret = model?.stableSecret ?? "";
  }

  /** The value, or undefined where this kernel has no such key. */
  find(tree: Tree, key: string): number | undefined {
    return this.#values.get(`${tree}/${key}`);
  }

  /** The value of a key that is known to exist. */
  get(tree: Tree, key: string): number {
    const value = this.find(tree, key);
    if (value === undefined) throw new Error(`this kernel has no ${tree}/*/${key}`);
    return value;
  }

  set(tree: Tree, key: string, value: number): void {
    this.get(tree, key);
    this.#values.set(`${tree}/${key}`, value);
  }

  /** All keys, as `tree/key`, and their values. */
  get all(): ReadonlyMap<string, number> {
    return this.#values;
  }

  /** What is not as the kernel's own default, as `tree/key: value`. */
  changes(): Record<string, number | string> {
    const changed = [...this.#values].filter(([key, value]) => ORIGINAL.get(key) !== value);
    const secret = this.stableSecret && { "ipv6/conf/stable_secret": this.stableSecret };
    return { ...Object.fromEntries(changed), ...secret };
  }
}
