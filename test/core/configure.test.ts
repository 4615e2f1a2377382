import { describe, expect, test } from "vitest";
import { describeRoute } from "../../host/sim/snapshot.ts";
import { add, addressesOf, config, machine, POD, podLink, refusal, staticIpam } from "./core.ts";

// What ADD makes of an IPAM result: addresses, sysctls, routes.

describe("layer 3", () => {
  const ipam = staticIpam(["10.0.0.5/24", "2001:db8::5/64"]);

  test("announces itself when it comes up", () => {
    const sim = machine();
    add(sim, { ipam });
    expect(podLink(sim).settings.changes()).toEqual({
      "ipv4/conf/arp_notify": 1,
      "ipv6/conf/ndisc_notify": 1,
      "ipv6/conf/keep_addr_on_down": 1,
    });
  });

  test("gives an IPv4 address its broadcast address, but not where there is none", () => {
    const sim = machine();
    add(sim, { ipam: staticIpam(["10.0.0.5/24", "10.1.0.4/31", "10.2.0.1/32"]) });
    const broadcasts = podLink(sim).addresses.map(({ broadcast }) => broadcast?.join("."));
    expect(broadcasts.slice(0, 3)).toEqual(["10.0.0.255", undefined, undefined]);
  });

  test("switches IPv6 on where it was off", () => {
    const sim = machine();
    const pod = sim.netns(POD);
    pod.defaults.set("ipv6/conf", "disable_ipv6", 1);
    pod.links.get(1)?.settings.set("ipv6/conf", "disable_ipv6", 1);
    add(sim, { ipam });
    expect(podLink(sim).settings.get("ipv6/conf", "disable_ipv6")).toBe(0);
    expect(podLink(sim, "lo").settings.get("ipv6/conf", "disable_ipv6")).toBe(0);
  });

  test("leaves IPv6 alone where no address is of it", () => {
    const sim = machine();
    sim.netns(POD).links.get(1)?.settings.set("ipv6/conf", "disable_ipv6", 1);
    add(sim, { ipam: staticIpam(["10.0.0.5/24"]) });
    expect(podLink(sim, "lo").settings.get("ipv6/conf", "disable_ipv6")).toBe(1);
    expect(podLink(sim).settings.changes()).not.toHaveProperty("ipv6/conf/keep_addr_on_down");
  });

  test("with IPv4 alone works on a kernel without IPv6", () => {
    const sim = machine({ ipv6: false });
    add(sim, { ipam: staticIpam(["10.0.0.5/24"]) });
    expect(addressesOf(podLink(sim))).toEqual(["10.0.0.5/24"]);
  });

  test("with IPv6 fails on a kernel without it, and leaves nothing", () => {
    const error = refusal(machine({ ipv6: false }), { config: config({ ipam }) });
    expect(error.code).toBe(103);
  });
});

describe("routes", () => {
  const gateways = {
    addresses: [
      { address: "10.0.0.5/24", gateway: "10.0.0.1" },
      { address: "2001:db8::5/64", gateway: "2001:db8::1" },
    ],
  };

  /** The routes that are there but were not made by the kernel, after ADD with these. */
  function routesAfter(routes: readonly object[]): string[] {
    const sim = machine();
    add(sim, { ipam: { type: "static", ...gateways, routes } });
    const made = sim.netns(POD).routes.all.filter(({ protocol }) => protocol !== 2);
    return made.map(describeRoute);
  }

  test.each([
    [
      "a gateway of its own",
      { dst: "10.9.0.0/16", gw: "10.0.0.9" },
      "10.9.0.0/16 type 1 table 254 proto 3 scope 0 via 10.0.0.9 dev mv0",
    ],
    [
      "the gateway of the first address of the family",
      { dst: "0.0.0.0/0" },
      "0.0.0.0/0 type 1 table 254 proto 3 scope 0 via 10.0.0.1 dev mv0",
    ],
    [
      "the same for IPv6",
      { dst: "::/0" },
      "::/0 type 1 table 254 proto 3 scope 0 metric 1024 via 2001:db8::1 dev mv0",
    ],
    [
      "host bits, which are no matter",
      { dst: "10.9.1.2/16" },
      "10.9.0.0/16 type 1 table 254 proto 3 scope 0 via 10.0.0.1 dev mv0",
    ],
    [
      "a scope of link, which has no gateway",
      { dst: "10.9.0.0/16", scope: 253 },
      "10.9.0.0/16 type 1 table 254 proto 3 scope 253 dev mv0",
    ],
    [
      "a table below and above 255",
      { dst: "10.9.0.0/16", table: 1000 },
      "10.9.0.0/16 type 1 table 1000 proto 3 scope 0 via 10.0.0.1 dev mv0",
    ],
    [
      "metric, MTU and MSS",
      { dst: "2001:db8:9::/48", priority: 5, mtu: 1400, advmss: 1300 },
      "2001:db8:9::/48 type 1 table 254 proto 3 scope 0 metric 5 rtax 2=1400 rtax 8=1300" +
        " via 2001:db8::1 dev mv0",
    ],
  ])("with %s", (_, route, wanted) => {
    expect(routesAfter([route])).toEqual([wanted]);
  });

  test.each([
    ["10.9.0.0/16", "10.0.0.8", "10.0.0.9", ""],
    ["2001:db8:9::/48", "2001:db8::8", "2001:db8::9", " metric 1024"],
  ])("to %s by two gateways become one", (dst, a, b, metric) => {
    expect(
      routesAfter([
        { dst, gw: a },
        { dst, gw: b },
      ]),
    ).toEqual([
      `${dst} type 1 table 254 proto 3 scope 0${metric} via ${a} dev mv0 via ${b} dev mv0`,
    ]);
  });

  test("without any gateway go to the link", () => {
    const sim = machine();
    add(sim, { ipam: staticIpam(["10.0.0.5/24"], { routes: [{ dst: "10.9.0.0/16" }] }) });
    const made = sim.netns(POD).routes.all.filter(({ protocol }) => protocol !== 2);
    expect(made.map(describeRoute)).toEqual([
      "10.9.0.0/16 type 1 table 254 proto 3 scope 0 dev mv0",
    ]);
  });

  test("the same one twice is one", () => {
    const route = { dst: "10.9.0.0/16", gw: "10.0.0.9" };
    expect(routesAfter([route, route])).toHaveLength(1);
  });

  test("by a gateway that cannot be reached are refused, with the kernel's words", () => {
    const ipam = { type: "static", ...gateways, routes: [{ dst: "10.9.0.0/16", gw: "10.8.0.1" }] };
    const error = refusal(machine(), { config: config({ ipam }) });
    expect(error.code).toBe(103);
    expect(error.msg).toContain("ENETUNREACH");
    expect(error.msg).toContain("Nexthop has invalid gateway");
    expect(error.msg).toContain("10.9.0.0/16");
  });
});
