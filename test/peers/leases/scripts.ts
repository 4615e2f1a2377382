import type { Keys } from "../../ipam/host-local/pool.ts";

/** One call of a script. */
export interface Step {
  readonly command: "ADD" | "CHECK" | "DEL";
  readonly id: string;
  readonly ifname?: string;
  /** CNI_ARGS. */
  readonly args?: string;
  /** Keys of the configuration beside `ipam`. */
  readonly keys?: Keys;
  /** Other keys for `ipam` than the script's. */
  readonly ipam?: Keys;
}

/** Calls one after the other, to which all implementations must answer alike. */
export interface Script {
  readonly name: string;
  /** The keys of `ipam`. */
  readonly ipam: Keys;
  /** Files in the network's directory before the first call. */
  readonly files?: Readonly<Record<string, string>>;
  readonly umask?: number;
  readonly steps: readonly Step[];
}

const add = (id: string, more: Partial<Step> = {}): Step => ({ command: "ADD", id, ...more });
const check = (id: string, more: Partial<Step> = {}): Step => ({ command: "CHECK", id, ...more });
const del = (id: string, more: Partial<Step> = {}): Step => ({ command: "DEL", id, ...more });
const cniVersion = (version: string) => ({ keys: { cniVersion: version } });

const v4 = { subnet: "10.0.0.0/24" };
const v6 = { subnet: "fd00::/64" };
const one = { ranges: [[v4]] };
const dual = { ranges: [[v4], [v6]] };
const few = { ranges: [[{ ...v4, rangeStart: "10.0.0.10", rangeEnd: "10.0.0.12" }]] };
const round = [add("c1"), add("c2"), del("c1"), add("c3"), add("c1"), del("c2"), add("c2")];
const full = [...["c1", "c2", "c3", "c4"].map((id) => add(id)), del("c2"), add("c4"), add("c5")];

const last = (name: string, content: string, ipam: Keys = few): Script => ({
  name: `last_reserved_ip: ${name}`,
  ipam,
  files: { "last_reserved_ip.0": content },
  steps: full,
});

const asks = (name: string, step: Partial<Step>, ipam: Keys = dual): Script => ({
  name: `requested: ${name}`,
  ipam,
  files: { "10.0.0.66": "other\r\neth0" },
  steps: [add("c1", step), add("c2"), check("c1"), del("c1")],
});
const args = (...ips: string[]) => ({ keys: { args: { cni: { ips } } } });
const capability = (...ips: string[]) => ({ keys: { runtimeConfig: { ips } } });

const found = (name: string, files: Readonly<Record<string, string>>): Script => ({
  name: `found: ${name}`,
  ipam: one,
  files,
  steps: [check("c1"), add("c1"), check("c1"), del("c1"), add("c1"), del("c1"), check("c1")],
});

const refused = (name: string, ipam: Keys, step: Partial<Step> = {}): Script => ({
  name: `refused: ${name}`,
  ipam,
  steps: [add("c1", step)],
});

export const scripts: readonly Script[] = [
  { name: "one range", ipam: one, steps: round },
  { name: "one range, tight umask", ipam: one, umask: 0o077, steps: round },
  { name: "one range, no umask", ipam: one, umask: 0, steps: round },
  { name: "a full range", ipam: few, steps: full },
  { name: "dual stack", ipam: dual, steps: round },
  { name: "IPv6 in capitals", ipam: { ranges: [[{ subnet: "FD00:A::/64" }]] }, steps: round },
  { name: "the smallest networks", ipam: { subnet: "10.0.0.0/30" }, steps: full },
  { name: "the smallest networks, IPv6", ipam: { subnet: "fd00::/126" }, steps: full },
  {
    name: "from the first to the last address",
    ipam: { subnet: "10.0.0.0/30", rangeStart: "10.0.0.0", rangeEnd: "10.0.0.3" },
    steps: full,
  },
  ...["10.0.0.10", "10.0.0.11", "10.0.0.12", "10.9.9.9"].map((gateway) => ({
    name: `gateway ${gateway}`,
    ipam: { ...v4, rangeStart: "10.0.0.10", rangeEnd: "10.0.0.12", gateway },
    steps: full,
  })),
  {
    name: "two ranges in a set",
    ipam: {
      ranges: [
        [
          { ...v4, rangeStart: "10.0.0.253" },
          { subnet: "10.0.1.0/24", rangeEnd: "10.0.1.2", gateway: "10.0.1.9" },
        ],
      ],
    },
    steps: full,
  },
  {
    name: "a range's gateway in another range",
    ipam: {
      ranges: [
        [
          { subnet: "10.0.0.0/30", gateway: "10.0.1.1" },
          { subnet: "10.0.1.0/30", gateway: "10.0.0.1" },
        ],
      ],
    },
    steps: full,
  },
  {
    name: "ranges from everywhere",
    ipam: { ...dual, subnet: "10.1.0.0/24", rangeEnd: "10.1.0.9", gateway: "10.1.0.200" },
    steps: [add("c1", { keys: { runtimeConfig: { ipRanges: [[{ subnet: "10.2.0.0/24" }]] } } })],
  },
  { name: "a second set that is full", ipam: { ranges: [[v6], ...few.ranges] }, steps: full },
  {
    name: "two interfaces",
    ipam: dual,
    steps: [add("c1"), add("c1", { ifname: "eth1" }), del("c1")],
  },
  { name: "a second ADD", ipam: dual, steps: [add("c1"), add("c1"), check("c1"), del("c1")] },
  { name: "a long id", ipam: one, steps: [add("c".repeat(300)), del("c".repeat(300))] },
  { name: "DEL and CHECK of nobody", ipam: one, steps: [add("c1"), del("c2"), check("c2")] },
  ...["0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0"].map((version) => ({
    name: `version ${version}`,
    ipam: { ...dual, routes: [{ dst: "0.0.0.0/0" }, { dst: "fd01::/16", gw: "fd00::5" }] },
    steps: [add("c1", cniVersion(version)), del("c1", cniVersion(version))],
  })),
  { name: "resolv.conf", ipam: { ...one, resolvConf: "/etc/resolv.conf" }, steps: [add("c1")] },
  { name: "no routes", ipam: { ...one, routes: [] }, steps: [add("c1")] },

  last("garbage", "garbage"),
  last("empty", ""),
  last("with a line feed", "10.0.0.11\n"),
  last("with a space", " 10.0.0.11"),
  last("not of the set", "10.0.0.99"),
  last("the first", "10.0.0.10"),
  last("the last", "10.0.0.12"),
  last("in the middle", "10.0.0.11"),
  last("the gateway", "10.0.0.1", { subnet: "10.0.0.0/29" }),
  last("of the other family", "fd00::1"),
  last("mapped", "::ffff:10.0.0.11"),

  asks("CNI_ARGS", { args: "IP=10.0.0.77" }),
  asks("CNI_ARGS among others", { args: "IgnoreUnknown=1;IP=10.0.0.77;K8S_POD_NAME=x" }),
  asks("CNI_ARGS with a prefix", { args: "IP=10.0.0.77/8" }),
  asks("args", args("10.0.0.77")),
  asks("capability", capability("fd00::77")),
  asks("two sources", { args: "IP=fd00::8", ...args("10.0.0.8") }),
  asks("IPv6 in capitals", args("FD00::AB")),
  asks("the gateway", args("10.0.0.1")),
  asks("taken", args("10.0.0.66")),
  asks(
    "taken in the second set",
    { args: "IP=fd00::8", ...args("10.0.0.66") },
    {
      ranges: [[v6], [v4]],
    },
  ),
  asks("of no set", args("10.7.7.7")),
  asks("too many", { args: "IP=10.7.7.7", ...args("10.0.0.8") }),
  asks("the network address", args("10.0.0.0")),
  asks("the broadcast address", args("10.0.0.255")),
  asks("nothing", args()),

  found("a lease", { "10.0.0.9": "c1\r\neth0" }),
  found("a lease with space around", { "10.0.0.9": "\n c1\r\neth0 \n" }),
  found("a lease of another interface", { "10.0.0.9": "c1\r\neth1" }),
  found("a lease without interface", { "10.0.0.9": "c1" }),
  found("an empty file", { "10.0.0.2": "" }),
  found("another's text", { "10.0.0.2": "do not touch" }),
  found("a lease outside the range", { "192.168.0.1": "c1\r\neth0" }),
  found("other names", { readme: "hello", "10.0.0": "x" }),

  refused("no ranges", {}),
  refused("an empty set", { ranges: [[]] }),
  refused("host bits", { subnet: "10.0.0.5/24" }),
  refused("a /31", { subnet: "10.0.0.0/31" }),
  refused("a /127", { subnet: "fd00::/127" }),
  refused("a mapped subnet", { subnet: "::ffff:10.0.0.0/120" }),
  refused("leading zeros", { subnet: "10.00.0.0/24" }),
  refused("rangeStart outside", { ...v4, rangeStart: "10.0.1.1" }),
  refused("rangeEnd outside", { ...v4, rangeEnd: "10.0.1.1" }),
  refused("upside down", { ...v4, rangeStart: "10.0.0.9", rangeEnd: "10.0.0.8" }),
  refused("two families in a set", { ranges: [[v4, v6]] }),
  refused("ranges overlap", { ranges: [[v4, v4]] }),
  refused("sets overlap", { ranges: [[v4], [v4]] }),
  refused(
    "two of a family at 0.2.0",
    { ranges: [[v4], [{ subnet: "10.1.0.0/24" }]] },
    cniVersion("0.2.0"),
  ),
  refused("no resolvConf", { ...one, resolvConf: "/no/such" }),
  refused("an address in words", one, args("zz")),
  refused("an empty address", one, args("")),
  refused("unknown CNI_ARGS", one, { args: "A=b" }),
  refused("a route in words", { ...one, routes: [{ dst: "x" }] }),
  refused("a gateway in words", { ...v4, gateway: "x" }),
];
