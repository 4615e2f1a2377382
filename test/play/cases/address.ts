import { everyVersion, type PeerCase } from "../case.ts";
import { staticIpam, v4, v6 } from "./common.ts";

/** What the address management adds. */
export const addressCases: PeerCase[] = [
  { name: "v4", config: { master: "m0", ...staticIpam([{ address: "10.1.2.3/24" }]) } },
  {
    name: "v4 with routes",
    versions: everyVersion,
    config: {
      master: "m0",
      ...staticIpam([v4], {
        routes: [
          { dst: "0.0.0.0/0" },
          { dst: "172.16.0.0/12", gw: "10.1.2.2" },
          { dst: "10.5.0.0/16" },
        ],
      }),
    },
  },
  { name: "v4 /31", config: { master: "m0", ...staticIpam([{ address: "10.1.2.2/31" }]) } },
  { name: "v4 /32", config: { master: "m0", ...staticIpam([{ address: "10.1.2.3/32" }]) } },
  { name: "v6", config: { master: "m0", ...staticIpam([{ address: "fd00:1::3/64" }]) } },
  {
    name: "v6 with routes",
    versions: everyVersion,
    config: {
      master: "m0",
      ...staticIpam([v6], { routes: [{ dst: "::/0" }, { dst: "fd00:2::/48", gw: "fd00:1::2" }] }),
    },
  },
  { name: "v6 /128", config: { master: "m0", ...staticIpam([{ address: "fd00:1::3/128" }]) } },
  {
    name: "dual stack",
    versions: everyVersion,
    config: {
      master: "m0",
      ...staticIpam([v4, v6], { routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }] }),
    },
  },
  {
    name: "dual stack, v6 first",
    versions: everyVersion,
    config: {
      master: "m0",
      ...staticIpam([v6, v4], { routes: [{ dst: "::/0" }, { dst: "0.0.0.0/0" }] }),
    },
  },
  {
    name: "duplicate address detection",
    config: {
      master: "m0",
      ...staticIpam([v4, v6], { routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }] }),
    },
    dad: true,
    versions: ["0.2.0", "0.4.0", "1.0.0"],
  },
  {
    name: "several addresses of a family",
    config: {
      master: "m0",
      ...staticIpam([
        v4,
        { address: "10.1.2.4/24" },
        { address: "10.3.0.1/16", gateway: "10.3.0.254" },
        v6,
        { address: "fd00:3::1/64" },
      ]),
    },
    versions: ["0.3.0", "0.3.1", "0.4.0", "1.0.0", "1.1.0"],
  },
  {
    name: "IPv6 disabled in the pod",
    config: { master: "m0", ...staticIpam([v4, v6]) },
    prepare: ({ pod }) => {
      for (const name of ["all", "default", "lo"]) {
        pod.setSysctl(`net/ipv6/conf/${name}/disable_ipv6`, 1);
      }
    },
  },
  {
    name: "addresses in args.cni.ips",
    config: { master: "m0", args: { cni: { ips: ["10.1.2.9/24"] } }, ...staticIpam([v4]) },
  },
  {
    name: "addresses in runtimeConfig.ips",
    config: {
      master: "m0",
      args: { cni: { ips: ["10.1.2.9/24"] } },
      runtimeConfig: { ips: ["10.1.2.10/24", "fd00:1::10/64"] },
      ...staticIpam([v4]),
    },
  },
  {
    name: "address and gateway in CNI_ARGS",
    config: { master: "m0", ...staticIpam([], { routes: [{ dst: "0.0.0.0/0" }] }) },
    args: "IgnoreUnknown=1;IP=10.1.2.11/24, fd00:1::11/64;GATEWAY=10.1.2.1,fd00:1::1",
  },
  {
    name: "ipam dns",
    versions: everyVersion,
    config: {
      master: "m0",
      ...staticIpam([v4], { dns: { nameservers: ["10.1.2.1"], search: ["b"] } }),
    },
  },
  {
    name: "the same route twice",
    config: {
      master: "m0",
      ...staticIpam([v4], { routes: [{ dst: "10.9.0.0/16" }, { dst: "10.9.0.0/16" }] }),
    },
  },
  {
    name: "two routes to one v4 destination",
    config: {
      master: "m0",
      ...staticIpam([v4], {
        routes: [
          { dst: "10.8.0.0/16", gw: "10.1.2.1" },
          { dst: "10.8.0.0/16", gw: "10.1.2.2" },
        ],
      }),
    },
  },
  {
    name: "two routes to one v6 destination",
    config: {
      master: "m0",
      ...staticIpam([v6], {
        routes: [
          { dst: "fd00:8::/48", gw: "fd00:1::1" },
          { dst: "fd00:8::/48", gw: "fd00:1::2" },
        ],
      }),
    },
  },
];
