import { describe, expect, test } from "vitest";
import {
  addAddress,
  createMacvlan,
  type Link,
  setCable,
  setUp,
  Sim,
} from "../../host/sim/index.ts";
import { describeRoute } from "../../host/sim/snapshot.ts";
import { parseIp } from "../../host/sim/text.ts";
import * as U from "../../host/sim/uapi.ts";

// Addresses, the routes that come with them, and duplicate address detection, as a kernel was seen
// to treat them.

function machine(options = {}): { sim: Sim; eth0: Link } {
  const sim = new Sim(options);
  const eth0 = sim.addMaster("eth0", { mac: "02:00:00:00:00:01" });
  sim.kernel.clock.advance(5000);
  return { sim, eth0 };
}

function add(link: Link, text: string, flags = 0): void {
  const [ip = "", length] = text.split("/");
  const bytes = parseIp(ip);
  const family = bytes.length === 4 ? U.AF_INET : U.AF_INET6;
  addAddress(link, { family, bytes, prefixLength: Number(length), scope: 0, flags });
}

function find(link: Link, text: string): { flags: number } | undefined {
  return link.addresses.find((address) => address.text === text);
}

/** The routes that the kernel made, those of link-local addresses left out. */
function routes({ netns }: Link): string[] {
  return netns.routes.all.map(describeRoute).filter((text) => !text.startsWith("fe80:"));
}

describe("an address is refused", () => {
  test.each([
    ["IPv4 with a prefix above 32", "10.0.0.1/33", U.EINVAL],
    ["IPv6 with a prefix above 128", "2001:db8::1/129", U.EINVAL],
    ["that is zero, in IPv6", "::/64", U.EADDRNOTAVAIL],
    ["that is multicast, in IPv6", "ff02::5/64", U.EADDRNOTAVAIL],
    ["that is loopback's", "::1/128", U.EADDRNOTAVAIL],
  ])("%s", (_, text, errno) => {
    const { eth0 } = machine();
    expect(() => add(eth0, text)).toThrow(`errno ${errno}`);
  });

  test.each(["10.0.0.1/24", "2001:db8::1/64"])("twice: %s", (text) => {
    const { eth0 } = machine();
    add(eth0, text);
    expect(() => add(eth0, text)).toThrow(`errno ${U.EEXIST}`);
  });

  test("of IPv6 where that is switched off, impossible or unknown", () => {
    const { eth0, sim } = machine();
    eth0.settings.set("ipv6/conf", "disable_ipv6", 1);
    expect(() => add(eth0, "2001:db8::1/64")).toThrow(`errno ${U.EACCES}`);
    const small = sim.addMaster("eth1", { mtu: 1279 });
    expect(() => add(small, "2001:db8::1/64")).toThrow(`errno ${U.EINVAL}`);
    const without = machine({ ipv6: false });
    expect(() => add(without.eth0, "2001:db8::1/64")).toThrow(`errno ${U.EOPNOTSUPP}`);
  });
});

test("an IPv4 address of zeros is taken without a word, and not kept", () => {
  const { eth0 } = machine();
  add(eth0, "0.0.0.0/24");
  expect(find(eth0, "0.0.0.0")).toBeUndefined();
});

test("a second IPv4 address of a subnet is secondary", () => {
  const { eth0 } = machine();
  add(eth0, "10.0.0.1/24");
  add(eth0, "10.0.0.2/24");
  add(eth0, "10.0.0.3/25");
  const secondary = (text: string) => ((find(eth0, text)?.flags ?? 0) & U.IFA_F_SECONDARY) !== 0;
  expect(["10.0.0.1", "10.0.0.2", "10.0.0.3"].map(secondary)).toEqual([false, true, false]);
});

describe("the routes of an address", () => {
  test("are there while the interface is up", () => {
    const { eth0 } = machine();
    setUp(eth0, false);
    add(eth0, "10.0.0.1/24");
    const own = "10.0.0.1/32 type 2 table 255 proto 2 scope 254 dev eth0";
    const subnet = "10.0.0.0/24 type 1 table 254 proto 2 scope 253 dev eth0";
    expect(routes(eth0)).toEqual([own]);
    setUp(eth0, true);
    const broadcast = "10.0.0.255/32 type 3 table 255 proto 2 scope 253 dev eth0";
    expect(routes(eth0)).toEqual([own, subnet, broadcast]);
    setUp(eth0, false);
    expect(routes(eth0)).toEqual([own]);
  });

  test.each([
    ["10.0.0.1/32", ["10.0.0.1/32 type 2 table 255 proto 2 scope 254 dev eth0"]],
    [
      "2001:db8::1/128",
      [
        "2001:db8::1/128 type 1 table 254 proto 2 scope 0 metric 256 dev eth0",
        "2001:db8::1/128 type 2 table 255 proto 2 scope 0 dev eth0",
      ],
    ],
    [
      "2001:db8::1/64",
      [
        "2001:db8::/64 type 1 table 254 proto 2 scope 0 metric 256 dev eth0",
        "2001:db8::1/128 type 2 table 255 proto 2 scope 0 dev eth0",
      ],
    ],
  ])("%s", (text, wanted) => {
    const { sim, eth0 } = machine();
    add(eth0, text);
    sim.kernel.clock.advance(5000);
    expect(routes(eth0)).toEqual(wanted);
  });
});

test("an interface that comes up has the link-local address of its MAC address", () => {
  const { sim, eth0 } = machine();
  expect(find(eth0, "fe80::ff:fe00:1")).toBeDefined();
  const quiet = sim.addMaster("eth1", { up: false });
  expect(quiet.addresses).toEqual([]);
  quiet.settings.set("ipv6/conf", "addr_gen_mode", 1);
  setUp(quiet, true);
  expect(quiet.addresses).toEqual([]);
});

describe("duplicate address detection", () => {
  const ADDRESS = "2001:db8::5";

  /** How long the address stays tentative, in milliseconds; undefined: for ever. */
  function timeOf(sim: Sim, link: Link): number | undefined {
    const { clock } = sim.kernel;
    const before = clock.now;
    const isTentative = () => ((find(link, ADDRESS)?.flags ?? 0) & U.IFA_F_TENTATIVE) !== 0;
    while (isTentative()) {
      const { next } = clock;
      if (next === undefined) return undefined;
      clock.advanceTo(next);
    }
    return clock.now - before;
  }

  test.each([
    ["as the kernel has it", {}, 2000],
    ["without the random wait", { router_solicitation_delay: 0 }, 1000],
    ["with two probes", { dad_transmits: 2 }, 3000],
    ["without a probe", { dad_transmits: 0 }, 1000],
    ["without any", { accept_dad: 0 }, 0],
  ])("takes its time: %s", (_, settings, wanted) => {
    const { sim, eth0 } = machine();
    for (const [key, value] of Object.entries(settings)) {
      eth0.settings.set("ipv6/conf", key, value);
      if (key === "accept_dad") sim.host.all.set("ipv6/conf", key, value);
    }
    add(eth0, `${ADDRESS}/64`);
    expect(timeOf(sim, eth0)).toBe(wanted);
  });

  test("takes retrans_time_ms for each probe, but 10 ms at least", () => {
    for (const [value, wanted] of [
      [50, 1050],
      [0, 1010],
    ] as const) {
      const { sim, eth0 } = machine();
      eth0.settings.set("ipv6/neigh", "retrans_time_ms", value);
      add(eth0, `${ADDRESS}/64`);
      expect(timeOf(sim, eth0)).toBe(wanted);
    }
  });

  test("does not begin before there is a carrier", () => {
    const { sim, eth0 } = machine();
    setCable(eth0, false);
    add(eth0, `${ADDRESS}/64`);
    expect(timeOf(sim, eth0)).toBeUndefined();
    setCable(eth0, true);
    expect(timeOf(sim, eth0)).toBe(2000);
  });

  test("is not wanted with IFA_F_NODAD, nor on loopback", () => {
    const { sim, eth0 } = machine();
    add(eth0, `${ADDRESS}/64`, U.IFA_F_NODAD);
    expect(timeOf(sim, eth0)).toBe(0);
    const lo = sim.host.find("lo") as Link;
    setUp(lo, true);
    add(lo, `${ADDRESS}/64`);
    expect(timeOf(sim, lo)).toBe(0);
  });

  test("fails where a station answers; the address stays, failed for good", () => {
    const { sim, eth0 } = machine();
    eth0.stations.add(ADDRESS);
    add(eth0, `${ADDRESS}/64`);
    expect(timeOf(sim, eth0)).toBeUndefined();
    expect((find(eth0, ADDRESS)?.flags ?? 0) & U.IFA_F_DADFAILED).toBe(U.IFA_F_DADFAILED);
    expect(routes(eth0).some((text) => text.includes("type 2"))).toBe(false);
  });

  test.each([
    [U.MACVLAN_MODE_BRIDGE, U.MACVLAN_MODE_BRIDGE, true],
    [U.MACVLAN_MODE_BRIDGE, U.MACVLAN_MODE_PRIVATE, false],
    [U.MACVLAN_MODE_VEPA, U.MACVLAN_MODE_VEPA, false],
  ])("between macvlans of one master: modes %d and %d", (first, second, duplicate) => {
    const { sim, eth0 } = machine();
    const [a, b] = [first, second].map((mode, index) => {
      const link = createMacvlan(sim.host, { name: `mv${index}`, lower: eth0, mode });
      setUp(link, true);
      return link;
    }) as [Link, Link];
    add(a, `${ADDRESS}/64`);
    sim.kernel.clock.advance(5000);
    add(b, `${ADDRESS}/64`);
    expect(timeOf(sim, b) === undefined).toBe(duplicate);
  });

  test("starts again after the interface was down", () => {
    const { sim, eth0 } = machine();
    eth0.settings.set("ipv6/conf", "keep_addr_on_down", 1);
    add(eth0, `${ADDRESS}/64`);
    sim.kernel.clock.advance(5000);
    setUp(eth0, false);
    expect(timeOf(sim, eth0)).toBeUndefined();
    setUp(eth0, true);
    expect(timeOf(sim, eth0)).toBe(2000);
  });

  test("of an address that is gone says nothing", () => {
    const { sim, eth0 } = machine();
    add(eth0, `${ADDRESS}/64`);
    setUp(eth0, false);
    sim.kernel.clock.advance(5000);
    expect(find(eth0, ADDRESS)).toBeUndefined();
    expect(routes(eth0)).toEqual([]);
  });
});
