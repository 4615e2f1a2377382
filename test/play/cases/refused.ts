import type { PeerCase } from "../case.ts";
import { always, good, ipam, onlyIpam } from "./common.ts";

/** A configuration that ADD must refuse; DEL has no reason to. */
const refused = (name: string, config: object, code: number): PeerCase => ({
  name,
  config,
  fails: { ADD: code },
});

export const configurationCases: PeerCase[] = [
  refused("mode unknown", { ...good, mode: "sauce" }, 2),
  refused("mode in capitals", { ...good, mode: "Bridge" }, 2),
  refused("mtu above the master's", { ...good, mtu: 1501 }, 7),
  refused("mtu negative", { ...good, mtu: -1 }, 7),
  refused("mac garbage", { ...good, mac: "zz" }, 7),
  refused("mac of 8 bytes", { ...good, mac: "02:00:00:00:00:00:00:01" }, 7),
  refused("mac multicast", { ...good, mac: "01:00:5e:00:00:01" }, 7),
  refused("mac zero", { ...good, mac: "00:00:00:00:00:00" }, 7),
  refused("mac garbage in runtimeConfig", { ...good, runtimeConfig: { mac: "x" } }, 7),
  refused("master missing", { ...good, master: "nowhere0" }, 100),
  refused("master that cannot carry a macvlan", { ...good, master: "lo" }, 100),
  refused("no address in the ipam result", onlyIpam({}), 106),
  refused("address without prefix length", onlyIpam({ addresses: [{ address: "10.1.2.3" }] }), 7),
  refused("gateway garbage", onlyIpam({ addresses: [{ ...ipam.addresses[0], gateway: "x" }] }), 7),
  refused(
    "route garbage",
    onlyIpam({ addresses: ipam.addresses, routes: [{ dst: "everywhere" }] }),
    7,
  ),
  refused(
    "route with an unreachable gateway",
    onlyIpam({ addresses: ipam.addresses, routes: [{ dst: "10.9.0.0/16", gw: "172.16.0.1" }] }),
    103,
  ),
  refused(
    "the same address twice",
    onlyIpam({ addresses: [...ipam.addresses, ...ipam.addresses] }),
    103,
  ),
  {
    name: "ipam type missing from CNI_PATH",
    config: { master: "m0", ipam: { type: "nowhere" } },
    fails: always(105),
  },
  {
    name: "ipam type with a slash",
    config: { master: "m0", ipam: { type: "../macvlan" } },
    fails: always(7),
  },
  { name: "ipam no object", config: { master: "m0", ipam: "static" }, fails: always(6) },
];

export const typeCases: PeerCase[] = [
  ["mtu", '"1500"'],
  ["mtu", "1.5"],
  ["master", "5"],
  ["mode", "{}"],
  ["mac", "[]"],
  ["dns", "[]"],
  ["runtimeConfig", "7"],
].map(([key, value]) => ({
  name: `${key} is ${value}`,
  config: { ...good, [`${key}`]: JSON.parse(`${value}`) },
  fails: { ADD: 6 },
}));
