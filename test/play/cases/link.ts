import { everyVersion, type PeerCase } from "../case.ts";
import { fixed, staticIpam, v4, v6 } from "./common.ts";

/** What only concerns the link. */
export const linkCases: PeerCase[] = [
  { name: "layer 2 only", versions: everyVersion, config: { master: "m0" } },
  { name: "layer 2 only, ipam null", config: { master: "m0", ipam: null } },
  { name: "layer 2 only, ipam without type", config: { master: "m0", ipam: {} } },
  ...["", "bridge", "private", "vepa"].map((mode) => ({
    name: `mode "${mode}"`,
    config: { master: "m0", mode, ...staticIpam([v4]) },
  })),
  {
    name: "mode passthru",
    config: { master: "m0", mode: "passthru", ...staticIpam([v4]) },
    fixedMac: true,
  },
  ...[0, 68, 1400, 1500].map((mtu) => ({
    name: `mtu ${mtu}`,
    config: { master: "m0", mtu, ...staticIpam([v4]) },
  })),
  { name: "mtu of the master", config: { master: "m1", ...staticIpam([v4]) } },
  {
    name: "mac in the configuration",
    config: { master: "m0", mac: fixed, ...staticIpam([v4]) },
    fixedMac: true,
  },
  {
    name: "mac with dashes and capitals",
    config: { master: "m0", mac: "02-CA-FE-00-00-0A", ...staticIpam([v4]) },
    fixedMac: true,
  },
  {
    name: "mac with dots",
    config: { master: "m0", mac: "02ca.fe00.000b", ...staticIpam([v4]) },
    fixedMac: true,
  },
  {
    name: "mac in CNI_ARGS over the configuration",
    config: { master: "m0", mac: fixed, ...staticIpam([v4]) },
    args: "IgnoreUnknown=1;MAC=02:ca:fe:00:00:02;K8S_POD_NAME=x",
    fixedMac: true,
  },
  {
    name: "mac in runtimeConfig over CNI_ARGS",
    config: {
      master: "m0",
      mac: fixed,
      runtimeConfig: { mac: "02:ca:fe:00:00:03" },
      ...staticIpam([v4]),
    },
    args: "IgnoreUnknown=true;MAC=02:ca:fe:00:00:02",
    fixedMac: true,
  },
  {
    name: "mac in RuntimeConfig, capabilities as libcni leaves them",
    config: {
      master: "m0",
      capabilities: { mac: true },
      RuntimeConfig: { MAC: "02:ca:fe:00:00:04" },
      ...staticIpam([v4]),
    },
    fixedMac: true,
  },
  { name: "master of the default route", config: staticIpam([v4]) },
  { name: "master empty", config: { master: "", ...staticIpam([v4]) } },
  { name: "interface with a dot", config: { master: "m0", ...staticIpam([v6]) }, ifname: "mv.0" },
  {
    name: "interface of 15 characters",
    config: { master: "m0", ...staticIpam([v4]) },
    ifname: "abcdefghijklmno",
  },
  {
    name: "interface named like the master",
    config: { master: "m0", ...staticIpam([v4]) },
    ifname: "m0",
  },
  {
    name: "a link already in the pod",
    config: { master: "m0", ...staticIpam([v4]) },
    prepare: ({ pod }) => {
      const peer = ["peer", "name", "v1", "address", "02:ca:fe:00:00:05"];
      pod.ip("link", "add", "v0", "address", fixed, "type", "veth", ...peer);
    },
  },
  {
    name: "dns",
    versions: everyVersion,
    config: {
      master: "m0",
      dns: { nameservers: ["10.1.2.1"], domain: "a.b", search: ["a.b", "b"], options: ["ndots:2"] },
      ...staticIpam([v4]),
    },
  },
  {
    name: "capital keys",
    config: { Master: "m1", MODE: "vepa", Mtu: 1300, IPAM: { TYPE: "static", Addresses: [v4] } },
  },
  {
    name: "version missing",
    config: () =>
      `{"name":"n","type":"macvlan","master":"m0","ipam":${JSON.stringify(staticIpam([v4]).ipam)}}`,
    versions: ["0.1.0"],
  },
  { name: "bcqueuelen", config: { master: "m0", bcqueuelen: 500, ...staticIpam([v4]) } },
  {
    name: "prevResult of an earlier plugin",
    versions: ["1.0.0"],
    config: {
      master: "m0",
      prevResult: {
        cniVersion: "1.0.0",
        interfaces: [{ name: "eth0", mac: fixed, sandbox: "/run/netns/pod" }],
        ips: [{ address: "10.50.0.2/16", interface: 0 }],
      },
      ...staticIpam([v4]),
    },
    // CHECK would look for eth0, which no earlier plugin made here.
    prevResult: null,
    fails: { CHECK: 107 },
  },
  { name: "null keys", config: { master: "m0", mtu: null, mac: null, ...staticIpam([v4]) } },
  {
    name: "unknown keys, escapes, duplicates",
    versions: ["1.0.0"],
    config: (version) =>
      `{"cniVersion":"${version}","name":"\\u006e","type":"macvlan","master":"m2","master":"m0",` +
      '"x":[{"y":null}],"ipam":{"type":"static","addresses":[{"address":"10.1.2.3/24"}]}}',
    // The text has no prevResult.
    fails: { CHECK: 7 },
  },
];
