// What `ip -j -d` prints, as far as the lab's users read it.

/** One link of `ip -j -d link`. */
export interface IpLink {
  readonly ifindex: number;
  readonly ifname: string;
  readonly link?: string;
  readonly link_index?: number;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly operstate: string;
  readonly address: string;
  readonly promiscuity?: number;
  readonly txqlen?: number;
  readonly group?: string;
  readonly ifalias?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_data?: Readonly<Record<string, unknown>>;
  };
}

/** One link of `ip -j addr`, with its addresses. */
export interface IpAddress extends IpLink {
  readonly addr_info: readonly AddressInfo[];
}

export interface AddressInfo {
  readonly family: "inet" | "inet6";
  readonly local: string;
  readonly prefixlen: number;
  readonly broadcast?: string;
  readonly scope: string;
  readonly tentative?: boolean;
  readonly dadfailed?: boolean;
}

/** One route of `ip -j -d route`. */
export interface IpRoute {
  readonly dst: string;
  readonly type?: string;
  readonly gateway?: string;
  readonly dev?: string;
  readonly protocol?: string;
  readonly prefsrc?: string;
  readonly scope?: string;
  readonly metric?: number;
  readonly table?: string;
  readonly metrics?: ReadonlyArray<Readonly<Record<string, number>>>;
  readonly nexthops?: ReadonlyArray<{ readonly gateway?: string; readonly dev?: string }>;
}
