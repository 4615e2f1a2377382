import { describe } from "vitest";
import { netConfSchema } from "../../host/schema/index.ts";
import { checkExamples, type Example } from "./examples.ts";

const base = { cniVersion: "1.1.0", name: "net1", type: "macvlan" };

function withKeys(keys: object): object {
  return { ...base, ...keys };
}

/** One line per key: values that are good, values that are bad. */
const KEYS: Record<string, { good: readonly unknown[]; bad: readonly unknown[] }> = {
  cniVersion: { good: ["0.1.0", "0.4.0", undefined], bad: ["1.1", "1.2.0", "", 1, null] },
  name: { good: ["a", "net.1_x-y", "9"], bad: ["", "-x", "a/b", "a b", "a\n", 5, undefined] },
  type: { good: ["macvlan"], bad: ["ipvlan", "", undefined] },
  master: {
    good: [
      "eth0",
      "",
      "an-alternative-name-of-forty-characters-xx",
      "ens*",
      "02:00:5e:10:00:01",
      "192.0.2.0/24",
      "2001:db8::/64",
      ["ens5"],
      ["uplink", "en[ops]*", "02:00:5e:10:00:01", "192.0.2.0/24"],
    ],
    bad: [
      "a/b",
      ".",
      3,
      [],
      [""],
      ["a/b"],
      ["192.0.2.0/33"],
      ["192.0.2.0/08"],
      [3],
      [["ens5"]],
      Array(17).fill("a"),
    ],
  },
  masterUp: { good: [true, false], bad: ["true", 1, null] },
  mode: { good: ["", "bridge", "private", "vepa", "passthru", "source"], bad: ["Bridge", null] },
  mtu: { good: [0, 68, 1500, 65535], bad: [-1, 65536, 1.5, "1500", null] },
  mac: {
    good: ["", "02:00:5e:10:00:01", "02-AA-BB-CC-DD-EE", "0200.5e10.0001"],
    bad: [
      "zz",
      "02:00:5e:10:00",
      "02:00:5e:10:00:01:02:03",
      "01:00:5e:10:00:01",
      "00:00:00:00:00:00",
      "0000.0000.0000",
      "02:00-5e:10:00:01",
    ],
  },
  macPolicy: { good: ["", "random", "stable", "prefix"], bad: ["Stable", null, 1] },
  macPrefix: {
    good: ["", "0a", "0a:58", "02-00-5E", "FE:01:02:03:04"],
    bad: ["00:11", "01:00:5e", "a8", "03", "0a58", "0a:58:", "0a:58-01", "02:00:00:00:00:00", 10],
  },
  ipv6: {
    good: [
      {},
      { acceptRA: true, autoconf: false, linkLocal: "stable", dad: "wait" },
      ...["eui64", "random", "none", ""].map((linkLocal) => ({ linkLocal })),
      ...["optimistic", "off", ""].map((dad) => ({ dad })),
    ],
    bad: [
      [],
      "off",
      null,
      { acceptRA: 1 },
      { autoconf: "no" },
      { linkLocal: "eui-64" },
      { dad: 0 },
    ],
  },
  linkInContainer: { good: [true, false], bad: ["true", 1] },
  bcqueuelen: { good: [0, 4294967295], bad: [-1, 4294967296, "1000"] },
  sourceMacs: {
    good: [[], ["02:00:5e:10:00:01", "0200.5e10.0001"]],
    bad: ["02:00:5e:10:00:01", ["01:00:5e:10:00:01"], [1], Array(1025).fill("02:00:5e:10:00:01")],
  },
  nodst: { good: [true, false], bad: ["true", 1, null] },
  nopromisc: { good: [true, false], bad: ["true", 1, null] },
  bclim: { good: [-1, 0, 2147483647], bad: [-2, 2147483648, 1.5, "1"] },
  promisc: { good: [true, false], bad: ["on"] },
  allmulti: { good: [true, false], bad: ["on"] },
  txQLen: { good: [0, 4294967295], bad: [-1, 4294967296, "1000"] },
  group: { good: [0, 4294967295], bad: [-1, "default"] },
  alias: { good: ["", "pod a", "x".repeat(255)], bad: ["x".repeat(256), 1] },
  sysctl: {
    good: [
      {},
      { "net.ipv4.conf.IFNAME.rp_filter": "2", "net.ipv6.neigh.IFNAME.mcast_solicit": "-1" },
    ],
    bad: [
      { "net.ipv4.conf.all.rp_filter": "2" },
      { "net.ipv4.conf.IFNAME.x/y": "2" },
      { "net.ipv4.conf.IFNAME.rp_filter": 2 },
      { "net.ipv4.conf.IFNAME.rp_filter": "02" },
      { "net.ipv4.conf.IFNAME.rp_filter": "-0" },
      [],
    ],
  },
  announce: {
    good: [{}, { count: 0 }, { count: 10, interval: 2000, replies: true }, { interval: 0 }],
    bad: [
      { count: -1 },
      { count: 11 },
      { count: "1" },
      { interval: 2001 },
      { interval: -1 },
      { replies: 1 },
      true,
    ],
  },
  conflictDetection: {
    good: [{}, { probes: 0 }, { probes: 10, interval: 2000, nextAddress: 32 }, { interval: 10 }],
    bad: [
      { probes: -1 },
      { probes: 11 },
      { interval: 9 },
      { interval: 2001 },
      { nextAddress: 33 },
      { nextAddress: true },
      3,
    ],
  },
  noDefaultRoute: { good: [true, false], bad: ["true", 1, null] },
  defaultRouteMetric: { good: [0, 4294967295], bad: [-1, 4294967296, "100"] },
  sourceRouting: { good: [true, false], bad: ["true", 1, null] },
  sourceTable: { good: [1, 252, 256, 4294967295], bad: [0, 253, 254, 255, 4294967296, "101"] },
  strict: { good: [true, false], bad: ["true", 1, null] },
  ipam: {
    good: [
      null,
      {},
      { type: "" },
      { type: "whereabouts", range: "10.0.0.0/24" },
      { type: "static" },
      { type: "static", addresses: [{ address: "10.1.0.5/16", gateway: "10.1.0.1" }] },
      { type: "static", addresses: [{ address: "2001:db8::5/64" }], note: "kept" },
      { type: "static", routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0", gw: "fe80::1" }] },
      { type: "static", routes: [{ dst: "10.0.0.0/8", table: 0, scope: 253, mtu: 1400 }] },
      { type: "static", dns: { nameservers: ["10.0.0.2"], search: ["example.org"] } },
    ],
    bad: [
      "static",
      { type: "a/b" },
      { type: 5 },
      { type: "static", addresses: [{ address: "10.1.0.5" }] },
      { type: "static", addresses: [{ address: "10.1.0.5/33" }] },
      { type: "static", addresses: [{ address: "10.1.0.05/24" }] },
      { type: "static", addresses: [{ address: "2001:db8::5/129" }] },
      { type: "static", addresses: [{ gateway: "10.1.0.1" }] },
      { type: "static", addresses: [{ address: "10.1.0.5/16", gateway: "10.1.0.1/16" }] },
      { type: "static", routes: [{ gw: "10.1.0.1" }] },
      { type: "static", routes: [{ dst: "10.0.0.0/8", scope: 256 }] },
      { type: "static", routes: [{ dst: "10.0.0.0/8", priority: -1 }] },
      { type: "static", dns: { nameservers: ["dns.example.org"] } },
    ],
  },
  dns: {
    good: [{}, { nameservers: ["::1"], domain: "x", search: ["y"], options: ["ndots:2"] }],
    bad: [{ nameservers: "10.0.0.2" }, { search: [1] }, []],
  },
  args: {
    good: [{}, { cni: { ips: ["10.0.0.1", "10.0.0.1/24", "::1/64"], labels: [] } }],
    bad: [{ cni: { ips: ["x"] } }, { cni: { ips: "10.0.0.1" } }, "a=b"],
  },
  capabilities: { good: [{}, { mac: true, ips: false }], bad: [{ mac: "true" }, []] },
  runtimeConfig: {
    good: [
      {},
      { mac: "02:00:5e:10:00:01" },
      { ips: ["::ffff:10.0.0.1/120"] },
      { portMappings: [] },
      { ipRanges: [[{ subnet: "10.0.0.0/24", rangeStart: "10.0.0.9" }], [{ subnet: "::/64" }]] },
    ],
    bad: [
      { mac: "01:00:5e:10:00:01" },
      { ips: ["10.0.0.1/33"] },
      { ipRanges: [{}] },
      { ipRanges: [[{}]] },
    ],
  },
  prevResult: {
    good: [
      null,
      {},
      { cniVersion: "1.0.0", interfaces: [{ name: "mv0", mac: "AA:BB:CC:DD:EE:FF" }], dns: {} },
      { ips: [{ address: "10.0.0.1/24", interface: 0 }], routes: [], interfaces: null },
      {
        cniVersion: "0.2.0",
        ip4: { ip: "10.0.0.1/24", routes: [{ dst: "0.0.0.0/0" }] },
        ip6: null,
      },
    ],
    bad: [
      { cniVersion: "0.2.0", ip6: {} },
      { ips: [{ address: "10.0.0.1/24", interface: 2 ** 31 }] },
      { interfaces: [{ name: "mv0", mtu: 2 ** 32 }] },
      "x",
      { ips: [{ address: "10.0.0.1" }] },
      { interfaces: [{ mac: "x" }] },
    ],
  },
  "cni.dev/valid-attachments": {
    good: [null, [], [{ containerID: "c1", ifname: "eth0" }]],
    bad: [{}, [{ containerID: "c1" }], [{ containerID: "-", ifname: "eth0" }]],
  },
  "cni.dev/attachments": { good: [[{ containerID: "c1", ifname: "eth0" }]], bad: ["all"] },
  "some/key": { good: [1, "x", null, {}], bad: [] },
};

for (const [key, { good, bad }] of Object.entries(KEYS)) {
  const example = (value: unknown): Example => [JSON.stringify(value), withKeys({ [key]: value })];
  describe(key, () => {
    checkExamples("netconf.schema.json", netConfSchema, good.map(example), bad.map(example));
  });
}
