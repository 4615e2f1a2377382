import { everyVersion, type PeerCase } from "../case.ts";
import { ipam, staticIpam, v4, v6 } from "./common.ts";

/** Our static by itself, as any main plugin may call it. */
export const staticCases: PeerCase[] = [
  {
    name: "static, dual stack",
    versions: everyVersion,
    plugin: "static",
    config: staticIpam([v4, v6], {
      routes: [{ dst: "0.0.0.0/0" }, { dst: "fd00:2::/48", gw: "fd00:1::2" }],
      dns: { nameservers: ["10.1.2.1"], search: ["example.org"] },
    }),
  },
  {
    name: "static, addresses of CNI_ARGS beside those of the configuration",
    plugin: "static",
    config: staticIpam([v4]),
    args: "IP=fd00:1::11/64;GATEWAY=fd00:1::1",
  },
  {
    name: "static, no addresses",
    plugin: "static",
    config: { ipam: { type: "static" } },
    versions: ["0.2.0", "1.0.0"],
  },
  {
    name: "static, gateway garbage",
    plugin: "static",
    config: { ipam: { type: "static", addresses: [{ address: "10.1.2.3/24", gateway: "x" }] } },
    fails: { ADD: 7 },
  },
  {
    name: "static, two addresses of a family",
    plugin: "static",
    config: { ipam: { ...ipam, addresses: [...ipam.addresses, { address: "10.1.2.4/24" }] } },
    versions: ["0.2.0"],
    fails: { ADD: 7 },
  },
  {
    name: "static, CHECK of an address that is not in prevResult",
    plugin: "static",
    config: { ipam },
    prevResult: { cniVersion: "1.0.0", ips: [] },
    fails: { CHECK: 107 },
  },
];
