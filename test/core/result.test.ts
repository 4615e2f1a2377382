import { describe, expect, test } from "vitest";
import { CNI_VERSIONS, resultSchema } from "../../host/schema/index.ts";
import { addressesOf, config, machine, podLink, refusal, run, staticIpam } from "./core.ts";

// The result of ADD in every version of the specification.

/** Everything that a result can hold. */
const FULL = {
  ipam: staticIpam([], {
    addresses: [
      { address: "10.0.0.5/24", gateway: "10.0.0.1" },
      { address: "2001:db8::5/64", gateway: "2001:db8::1" },
    ],
    routes: [
      { dst: "0.0.0.0/0" },
      { dst: "10.9.0.0/16", gw: "10.0.0.9", mtu: 1400, advmss: 1300, priority: 7, table: 100 },
      { dst: "2001:db8:9::/48", scope: 0 },
    ],
    dns: { nameservers: ["10.0.0.2"], domain: "example.org", search: ["a", "b"] },
  }),
  dns: { nameservers: ["10.0.0.3"], options: ["ndots:2"] },
};

const DNS = {
  nameservers: ["10.0.0.3"],
  domain: "example.org",
  search: ["a", "b"],
  options: ["ndots:2"],
};

const MAC = "02:00:00:00:00:99";
const INTERFACE = { name: "mv0", mac: MAC, sandbox: "/run/netns/pod" };
const IPS = [
  { interface: 0, address: "10.0.0.5/24", gateway: "10.0.0.1" },
  { interface: 0, address: "2001:db8::5/64", gateway: "2001:db8::1" },
];
const ROUTES = [
  { dst: "0.0.0.0/0" },
  { dst: "10.9.0.0/16", gw: "10.0.0.9" },
  { dst: "2001:db8:9::/48" },
];

function expectedFull(cniVersion: string): unknown {
  if (cniVersion < "0.3.0") {
    const [default4, route4, route6] = ROUTES;
    return {
      cniVersion,
      ip4: { ip: "10.0.0.5/24", gateway: "10.0.0.1", routes: [default4, route4] },
      ip6: { ip: "2001:db8::5/64", gateway: "2001:db8::1", routes: [route6] },
      dns: DNS,
    };
  }
  if (cniVersion < "1.0.0") {
    const ips = IPS.map((ip, index) => ({ version: index === 0 ? "4" : "6", ...ip }));
    return { cniVersion, interfaces: [INTERFACE], ips, routes: ROUTES, dns: DNS };
  }
  if (cniVersion === "1.0.0") {
    return { cniVersion, interfaces: [INTERFACE], ips: IPS, routes: ROUTES, dns: DNS };
  }
  const [route, , route6] = ROUTES;
  const route4 = {
    dst: "10.9.0.0/16",
    gw: "10.0.0.9",
    mtu: 1400,
    advmss: 1300,
    priority: 7,
    table: 100,
  };
  return {
    cniVersion,
    interfaces: [{ ...INTERFACE, mtu: 1500 }],
    ips: IPS,
    routes: [route, route4, { ...route6, scope: 0 }],
    dns: DNS,
  };
}

describe.each(CNI_VERSIONS)("at %s", (cniVersion) => {
  test("ADD with everything", () => {
    const outcome = run(machine(), { config: config({ cniVersion, mac: MAC, ...FULL }) });
    expect(outcome.status).toBe(0);
    expect(outcome.json).toEqual(expectedFull(cniVersion));
    expect(resultSchema(cniVersion).safeParse(outcome.json).error).toBeUndefined();
  });

  test("ADD of layer 2", () => {
    const outcome = run(machine(), { config: config({ cniVersion, mac: MAC }) });
    expect(outcome.status).toBe(0);
    expect(resultSchema(cniVersion).safeParse(outcome.json).error).toBeUndefined();
    const added = cniVersion === "1.1.0" ? { ...INTERFACE, mtu: 1500 } : INTERFACE;
    const interfaces = cniVersion < "0.3.0" ? {} : { interfaces: [added] };
    const dns = cniVersion < "1.0.0" ? { dns: {} } : {};
    expect(outcome.json).toEqual({ cniVersion, ...interfaces, ...dns });
  });

  test("ADD with one family", () => {
    const ipam = staticIpam(["2001:db8::5/64"]);
    const outcome = run(machine(), { config: config({ cniVersion, ipam }) });
    expect(resultSchema(cniVersion).safeParse(outcome.json).error).toBeUndefined();
    if (cniVersion < "0.3.0") expect(outcome.json).not.toHaveProperty("ip4");
    else expect(outcome.json).toMatchObject({ ips: [{ address: "2001:db8::5/64" }] });
  });
});

test("a configuration without cniVersion is answered in 0.1.0", () => {
  const outcome = run(machine(), { config: config({ cniVersion: undefined }) });
  expect(outcome.json).toEqual({ cniVersion: "0.1.0", dns: {} });
});

test("before 0.3.0 a second address of a family is refused", () => {
  const ipam = staticIpam(["10.0.0.5/24", "10.0.1.5/24"]);
  const error = refusal(machine(), { config: config({ cniVersion: "0.2.0", ipam }) });
  expect(error.code).toBe(7);
});

test("several addresses of a family are given and reported in order", () => {
  const sim = machine();
  const addresses = ["10.0.1.5/24", "10.0.0.5/24", "2001:db8:1::5/64", "2001:db8::5/64"];
  const outcome = run(sim, { config: config({ ipam: staticIpam(addresses) }) });
  expect(outcome.json).toMatchObject({ ips: addresses.map((address) => ({ address })) });
  expect(addressesOf(podLink(sim))).toEqual(addresses);
});

test("characters that HTML would trip over are escaped or plain, but the same JSON", () => {
  const dns = { search: ["<a&b>", 'quote" \\ \u0001 \u20ac \ud83d\ude00'] };
  const outcome = run(machine(), { config: config({ dns }) });
  expect(outcome.json).toMatchObject({ dns });
});

test("the result is printed for people: indented, and a newline at the end", () => {
  const { stdout } = run(machine());
  expect(stdout).toMatch(/^\{\n {4}"cniVersion": "1\.1\.0",\n/);
  expect(stdout).toMatch(/\n\}\n$/);
});
