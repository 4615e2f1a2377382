import { describe, expect, test } from "vitest";
import { hostLocalIpamSchema, netConfSchema } from "../../host/schema/index.ts";
import { subnet } from "../../host/schema/text.ts";
import { checkExamples, type Example } from "./examples.ts";

const range = { subnet: "10.0.0.0/24" };
const full = {
  subnet: "10.0.0.0/24",
  rangeStart: "10.0.0.10",
  rangeEnd: "10.0.0.20",
  gateway: "10.0.0.1",
};

function withIpam(keys: object): Example {
  const ipam = { type: "host-local", ...keys };
  return [JSON.stringify(keys), { cniVersion: "1.1.0", name: "net1", type: "macvlan", ipam }];
}

const good = [
  {},
  { ranges: [] },
  { ranges: [[range]] },
  { ranges: [[full, { subnet: "10.0.1.0/30" }], [{ subnet: "2001:db8::/64" }]] },
  { ranges: [[{ ...range, gateway: "fe80::1", note: "kept" }]] },
  full,
  { ...range, ranges: [[{ subnet: "2001:db8::/126" }]] },
  { ...range, routes: [{ dst: "0.0.0.0/0" }, { dst: "10.0.0.0/8", gw: "10.0.0.2", mtu: 1400 }] },
  { ...range, dataDir: "/run/cni-leases", resolvConf: "/etc/resolv.conf", other: 1 },
];

const bad = [
  { ranges: {} },
  { ranges: [range] },
  { ranges: [[]] },
  { ranges: [[{}]] },
  { ranges: [[{ subnet: "10.0.0.0" }]] },
  { ranges: [[{ subnet: "10.0.0.0/31" }]] },
  { ranges: [[{ subnet: "2001:db8::/127" }]] },
  { ranges: [[{ ...range, rangeStart: "10.0.0.10/24" }]] },
  { ranges: [[{ ...range, rangeEnd: 20 }]] },
  { ranges: [[{ ...range, gateway: "router" }]] },
  { subnet: "10.0.0.0/31" },
  { ...range, rangeStart: "10.0.0.300" },
  { ...range, rangeEnd: "" },
  { ...range, gateway: "10.0.0.1/24" },
  { ...range, routes: [{ gw: "10.0.0.1" }] },
  { ...range, dataDir: 5 },
  { ...range, resolvConf: ["/etc/resolv.conf"] },
];

describe("ipam of host-local", () => {
  checkExamples("netconf.schema.json", netConfSchema, good.map(withIpam), bad.map(withIpam));

  test("is not of another type", () => {
    expect(hostLocalIpamSchema.safeParse({ ...full, type: "static" }).success).toBe(false);
  });
});

test("a subnet has room for two addresses besides its own and the broadcast address", () => {
  const lengths = (address: string) =>
    Array.from({ length: 200 }, (_, n) => n).filter(
      (n) => subnet.safeParse(`${address}/${n}`).success,
    );
  expect(lengths("0.0.0.0")).toEqual(Array.from({ length: 31 }, (_, n) => n));
  expect(lengths("::")).toEqual(Array.from({ length: 127 }, (_, n) => n));
});
