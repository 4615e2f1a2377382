import type { MasterOptions } from "../../host/sim/index.ts";
import { staticIpam } from "../live/ipam.ts";

// What is played on the simulated machine and on the real kernel. Every host has the masters m0 and
// m1, veth ends with their cables, and a container.

/** One thing that happens. */
export type Step =
  /** A call of the plugin: `keys` of its configuration. */
  | { readonly cni: string; readonly keys?: Keys; readonly ifname?: string }
  /** `ip link add NAME link LOWER type macvlan mode MODE`, by somebody else, on the host. */
  | { readonly macvlan: string; readonly lower: string; readonly mode: string }
  | { readonly up: string }
  | { readonly down: string }
  /** Makes a master the port of a bridge. */
  | { readonly bridged: string }
  /** Gives an interface of the host an address. */
  | { readonly address: string; readonly on: string };

type Keys = Readonly<Record<string, unknown>>;

export interface FidelityScenario {
  readonly name: string;
  readonly masters?: Readonly<Record<string, MasterOptions>>;
  /** The way between host and container is looked at as well. */
  readonly hasWay?: true;
  readonly steps: readonly Step[];
}

const mac = "02:00:00:00:00:77";
const v4 = staticIpam(["10.1.0.2/24 10.1.0.1"], [{ dst: "0.0.0.0/0" }]);
const dual = staticIpam(
  ["10.1.0.2/24 10.1.0.1", "fd00:1::2/64 fd00:1::1"],
  [{ dst: "0.0.0.0/0" }, { dst: "::/0" }, { dst: "10.9.0.0/16", mtu: 1400, advmss: 1360 }],
);

const knobs = {
  mode: "source",
  nodst: true,
  sourceMacs: ["02:00:00:00:00:62", "02:00:00:00:00:61", "02:00:00:00:00:63"],
  bcqueuelen: 3000,
  promisc: true,
  allmulti: true,
  txQLen: 500,
  group: 7,
  alias: "pod a, ünicode",
  sysctl: {
    "net.ipv4.conf.IFNAME.rp_filter": "2",
    "net.ipv4.conf.IFNAME.arp_notify": "0",
    "net.ipv6.conf.IFNAME.autoconf": "0",
    "net.ipv4.neigh.IFNAME.mcast_solicit": "5",
  },
};

const whole = (keys: Keys): Step[] => [
  { cni: "ADD", keys },
  { cni: "CHECK", keys },
  { cni: "DEL", keys },
  { cni: "DEL", keys },
];
const hostAccess = { mac, hostAccess: true, ...dual };
const sourceTable = { sourceRouting: true, sourceTable: 101 };
const routes = (...list: object[]) => staticIpam(["10.1.0.2/24", "fd00:1::2/64"], list);

export const scenarios: readonly FidelityScenario[] = [
  { name: "layer 2", steps: whole({ mac }) },
  { name: "IPv4", steps: whole({ mac, ...v4 }) },
  { name: "both families", steps: whole({ mac, ...dual }) },
  { name: "a smaller MTU", steps: whole({ mac, mtu: 1300, ...dual }) },
  { name: "an MTU without IPv6", steps: whole({ mac, mtu: 1000, ...v4 }) },
  {
    name: "a /32 and a /128",
    steps: whole({ mac, ...staticIpam(["10.1.0.2/32", "fd00:1::2/128"]) }),
  },
  { name: "a /31", steps: whole({ mac, ...staticIpam(["10.1.0.2/31"]) }) },
  {
    name: "two addresses of a subnet",
    steps: whole({ mac, ...staticIpam(["10.1.0.2/24", "10.1.0.3/24"]) }),
  },
  ...["private", "vepa", "bridge", "passthru"].map((mode) => ({
    name: `mode ${mode}`,
    steps: whole({ mac, mode, ...v4 }),
  })),
  { name: "every knob", steps: whole({ mac, ...knobs, ...v4 }) },
  { name: "every knob, layer 2", steps: whole({ mac, ...knobs }) },
  { name: "passthru, nopromisc", steps: whole({ mode: "passthru", nopromisc: true }) },
  {
    name: "routes of every kind",
    steps: whole({
      mac,
      ...routes(
        { dst: "10.8.0.0/16", gw: "10.1.0.9", priority: 7 },
        { dst: "10.7.0.0/16", gw: "10.1.0.9", table: 100 },
        { dst: "10.6.0.0/16", scope: 253 },
        { dst: "fd00:9::/48", gw: "fd00:1::9", priority: 5 },
        { dst: "fd00:8::/48", gw: "fd00:1::9", table: 100, mtu: 1400 },
      ),
    }),
  },
  {
    name: "several gateways",
    steps: whole({
      mac,
      ...routes(
        { dst: "10.8.0.0/16", gw: "10.1.0.9" },
        { dst: "10.8.0.0/16", gw: "10.1.0.8" },
        { dst: "fd00:9::/48", gw: "fd00:1::9" },
        { dst: "fd00:9::/48", gw: "fd00:1::8" },
      ),
    }),
  },
  {
    name: "source routing",
    steps: whole({ mac, sourceRouting: true, noDefaultRoute: true, ...dual }),
  },
  {
    name: "source routing, a table that is taken",
    steps: [
      { cni: "ADD", keys: { mac, ...sourceTable, defaultRouteMetric: 9, ...dual } },
      { cni: "ADD", keys: sourceTable, ifname: "mv1" },
      { cni: "DEL", keys: { mac, ...sourceTable, ...dual } },
    ],
  },
  {
    name: "source routing, a gateway out of reach",
    steps: [refused({ ...sourceTable, ...staticIpam(["10.1.0.2/32 10.2.0.1"]) })],
  },
  {
    name: "a gateway out of reach, IPv4",
    steps: [refused(routes({ dst: "10.8.0.0/16", gw: "10.2.0.1" }))],
  },
  {
    name: "a gateway out of reach, IPv6",
    steps: [refused(routes({ dst: "fd00:9::/48", gw: "fd00:2::1" }))],
  },
  {
    name: "a gateway of its own",
    steps: [refused(routes({ dst: "10.8.0.0/16", gw: "10.1.0.2" }))],
  },
  {
    name: "the same route twice",
    steps: [
      refused(routes({ dst: "10.1.0.0/24", scope: 253 }, { dst: "10.1.0.0/24", scope: 253 })),
    ],
  },
  { name: "the same address twice", steps: [refused(staticIpam(["10.1.0.2/24", "10.1.0.2/24"]))] },
  {
    name: "the same IPv6 address twice",
    steps: [refused(staticIpam(["fd00:1::2/64", "fd00:1::2/64"]))],
  },
  { name: "an MTU above the master's", steps: [{ cni: "ADD", keys: { mtu: 9000 } }] },
  { name: "a master that is down", steps: [{ down: "m0" }, ...whole({ mac, ...v4 })] },
  { name: "a port of a bridge", steps: [{ bridged: "m0" }, { cni: "ADD", keys: { mac } }] },
  {
    name: "passthru beside another",
    steps: [
      { macvlan: "mv9", lower: "m0", mode: "bridge" },
      { cni: "ADD", keys: { mac, mode: "passthru" } },
    ],
  },
  {
    name: "another beside passthru",
    steps: [
      { macvlan: "mv9", lower: "m0", mode: "passthru" },
      { cni: "ADD", keys: { mac } },
    ],
  },
  {
    name: "the MAC of the master",
    masters: { m0: { mac } },
    steps: [{ cni: "ADD", keys: { mac } }],
  },
  {
    name: "one MAC twice",
    steps: [
      { cni: "ADD", keys: { mac } },
      { cni: "ADD", keys: { mac }, ifname: "mv1" },
    ],
  },
  {
    name: "a macvlan as master",
    steps: [
      { macvlan: "mv9", lower: "m1", mode: "bridge" },
      { up: "mv9" },
      ...whole({ mac, master: "mv9", ...v4 }),
    ],
  },
  {
    name: "a master that is chosen and set up",
    steps: [{ down: "m0" }, ...whole({ mac, master: ["gone", "m?"], masterUp: true, ...v4 })],
  },
  {
    name: "none that can be chosen",
    steps: [
      { down: "m0" },
      { bridged: "m1" },
      { cni: "ADD", keys: { master: ["m?", "lo", "02:00:00:00:00:99", "192.0.2.0/24"] } },
      { cni: "STATUS", keys: { master: "m1" } },
    ],
  },
  {
    name: "a name that is taken",
    steps: [
      { cni: "ADD", keys: { mac } },
      { cni: "ADD", keys: { mac } },
    ],
  },
  {
    name: "linkInContainer without a master there",
    steps: [{ cni: "ADD", keys: { linkInContainer: true } }],
  },
  ...["wait", "optimistic", "off"].map((dad) => ({
    name: `IPv6 without routers, detection: ${dad}`,
    steps: whole({ mac, ipv6: { acceptRA: false, linkLocal: "none", dad }, ...dual }),
  })),
  { name: "a MAC address of the pod's name", steps: whole({ macPolicy: "stable", ...v4 }) },
  {
    name: "a MAC address of the IPv4 address",
    steps: whole({ macPolicy: "prefix", macPrefix: "0a:58", ...dual }),
  },
  {
    name: "two IPv4 addresses that end alike, of which MAC addresses are made",
    steps: ["10.1.0.2/24", "10.2.0.2/24"].map((address, index) => ({
      cni: "ADD",
      keys: { macPolicy: "prefix", macPrefix: "0a:58:0a:01", ...staticIpam([address]) },
      ifname: `mv${index}`,
    })),
  },
  {
    name: "hostAccess",
    hasWay: true,
    steps: [
      { address: "10.1.0.9/24", on: "m0" },
      { address: "fd00:1::9/64", on: "m0" },
      ...whole(hostAccess),
    ],
  },
  {
    name: "hostAccess of two, with the host's address on another interface",
    hasWay: true,
    steps: [
      { address: "192.0.2.9/24", on: "m1" },
      { cni: "ADD", keys: hostAccess },
      {
        cni: "ADD",
        keys: { mac: "02:00:00:00:00:78", hostAccess: true, ...staticIpam(["10.1.0.3/24"]) },
        ifname: "mv1",
      },
      { cni: "DEL", keys: hostAccess },
      { cni: "DEL", keys: hostAccess, ifname: "mv1" },
    ],
  },
  {
    name: "hostAccess where the host has no address",
    hasWay: true,
    steps: [{ cni: "ADD", keys: hostAccess }],
  },
  {
    name: "hostAccess where the host has the pod's address",
    hasWay: true,
    steps: [
      { address: "10.1.0.2/24", on: "m0" },
      { cni: "ADD", keys: hostAccess },
    ],
  },
  { name: "jumbo frames", masters: { m0: { mtu: 9000 } }, steps: whole({ mac, ...dual }) },
  { name: "STATUS", steps: [{ cni: "STATUS" }, { down: "m0" }, { cni: "STATUS" }] },
];

function refused(ipam: object): Step {
  return { cni: "ADD", keys: { mac, ...ipam } };
}
