import { describe, expect, test } from "vitest";
import { anyResultSchema, CNI_VERSIONS, resultSchema } from "../../host/schema/index.ts";
import { checkExamples } from "./examples.ts";

const result110 = {
  cniVersion: "1.1.0",
  interfaces: [{ name: "mv0", mac: "02:00:00:00:00:01", mtu: 1500, sandbox: "/run/netns/a" }],
  ips: [{ interface: 0, address: "10.0.0.5/24", gateway: "10.0.0.1" }],
  routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1", table: 0, scope: 0, priority: 5 }],
  dns: { nameservers: ["10.0.0.2"] },
};
const result100 = {
  cniVersion: "1.0.0",
  interfaces: [{ name: "mv0", mac: "02:00:00:00:00:01", sandbox: "/run/netns/a" }],
  ips: [{ interface: 0, address: "2001:db8::5/64" }],
};
const result040 = {
  cniVersion: "0.4.0",
  interfaces: [{ name: "mv0" }],
  ips: [{ version: "4", interface: 0, address: "10.0.0.5/24", gateway: "10.0.0.1" }],
  routes: [{ dst: "0.0.0.0/0" }],
  dns: {},
};
const result020 = {
  cniVersion: "0.2.0",
  ip4: { ip: "10.0.0.5/24", gateway: "10.0.0.1", routes: [{ dst: "0.0.0.0/0" }] },
  ip6: { ip: "2001:db8::5/64" },
  dns: {},
};

function without(value: object, key: string): object {
  return Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));
}

describe("every version", () => {
  checkExamples(
    "result.schema.json",
    anyResultSchema,
    [
      ["1.1.0 with everything", result110],
      ["1.1.0 with nothing", { cniVersion: "1.1.0" }],
      ["1.0.0", result100],
      ["0.4.0", result040],
      ["0.3.1", { ...result040, cniVersion: "0.3.1" }],
      ["0.3.0", { ...result040, cniVersion: "0.3.0" }],
      ["0.2.0", result020],
      ["0.1.0 without an address", { cniVersion: "0.1.0", dns: {} }],
    ],
    [
      ["no version", without(result110, "cniVersion")],
      ["an unknown version", { ...result110, cniVersion: "1.1" }],
      ["an unknown key", { ...result110, extra: 1 }],
      ["an empty list", { ...result110, routes: [] }],
      ["mtu 0", { ...result110, interfaces: [{ name: "mv0", mtu: 0 }] }],
      ["priority 0", { ...result110, routes: [{ dst: "::/0", priority: 0 }] }],
      ["an empty mac", { ...result110, interfaces: [{ name: "mv0", mac: "" }] }],
      ["an address without prefix", { ...result110, ips: [{ address: "10.0.0.5" }] }],
      ["1.1.0 with the version of an address", { ...result110, ips: result040.ips }],
      ["an interface mtu at 1.0.0", { ...result110, cniVersion: "1.0.0", routes: undefined }],
      ["a route table at 1.0.0", { ...result100, routes: [{ dst: "::/0", table: 1 }] }],
      ["0.4.0 without dns", without(result040, "dns")],
      ["0.4.0 without version", { ...result040, ips: [{ address: "10.0.0.5/24" }] }],
      [
        "an IPv6 address as version 4",
        { ...result040, ips: [{ version: "4", address: "::1/64" }] },
      ],
      ["0.2.0 without dns", without(result020, "dns")],
      ["0.2.0 with ips", { ...result020, ips: result100.ips }],
      ["0.2.0 with an IPv6 ip4", { ...result020, ip4: { ip: "::1/64" } }],
    ],
  );
});

test("an address points at an interface of the list", () => {
  const ips = [{ interface: 1, address: "10.0.0.5/24" }];
  expect(anyResultSchema.safeParse({ ...result110, ips }).success).toBe(false);
  expect(anyResultSchema.safeParse({ cniVersion: "1.0.0", ips }).success).toBe(false);
});

test("an empty dns is left out from 1.0.0 on", () => {
  expect(anyResultSchema.safeParse({ ...result110, dns: {} }).success).toBe(false);
  expect(anyResultSchema.safeParse({ ...result100, dns: {} }).success).toBe(false);
});

test("resultSchema takes its own version alone", () => {
  const samples = [result110, result100, result040, result020];
  for (const version of CNI_VERSIONS) {
    const accepted = samples.filter((sample) => resultSchema(version).safeParse(sample).success);
    expect(accepted).toEqual(samples.filter((sample) => sample.cniVersion === version));
  }
});
