import { describe, expect, test } from "vitest";
import { addAddress, type Link, setUp, Sim } from "../../host/sim/index.ts";
import { describeRoute } from "../../host/sim/snapshot.ts";
import type { Hop, Route } from "../../host/sim/route.ts";
import { parseIp } from "../../host/sim/text.ts";
import * as U from "../../host/sim/uapi.ts";

// Which routes a kernel takes, as one was seen to.

function machine(): { sim: Sim; eth0: Link } {
  const sim = new Sim();
  const eth0 = sim.addMaster("eth0");
  for (const [text, prefixLength] of [
    ["10.2.0.1", 24],
    ["2001:db8::1", 64],
  ] as const) {
    const bytes = parseIp(text);
    const family = bytes.length === 4 ? U.AF_INET : U.AF_INET6;
    const broadcast = family === U.AF_INET ? parseIp("10.2.0.255") : undefined;
    addAddress(eth0, { family, bytes, prefixLength, scope: 0, flags: 0, broadcast });
  }
  sim.kernel.clock.advance(5000);
  return { sim, eth0 };
}

interface Wanted {
  readonly via?: string | readonly string[];
  readonly scope?: number;
  readonly table?: number;
  readonly priority?: number;
  readonly hopFlags?: number;
  readonly exclusive?: boolean;
  readonly append?: boolean;
}

function add(link: Link, text: string, wanted: Wanted = {}): void {
  const [ip = "", length] = text.split("/");
  const dst = parseIp(ip);
  const family = dst.length === 4 ? U.AF_INET : U.AF_INET6;
  const hops: Hop[] = [wanted.via].flat().map((via) => ({
    link,
    gateway: via === undefined ? undefined : parseIp(via),
    flags: wanted.hopFlags ?? 0,
  }));
  const route: Route = {
    family,
    table: wanted.table ?? 254,
    dst,
    dstLength: Number(length),
    type: U.RTN_UNICAST,
    scope: wanted.scope ?? 0,
    protocol: 3,
    priority: wanted.priority ?? (family === U.AF_INET6 ? 1024 : 0),
    metrics: new Map(),
    source: undefined,
    hops,
  };
  const { exclusive = false, append = false } = wanted;
  link.netns.routes.add(route, { exclusive, append });
}

function made({ netns }: Link): string[] {
  return netns.routes.all.filter(({ protocol }) => protocol === 3).map(describeRoute);
}

describe("a route is refused", () => {
  test.each([
    ["by a gateway out of reach", "10.9.0.0/16", { via: "10.3.0.1" }, U.ENETUNREACH],
    ["by the broadcast address", "10.9.0.0/16", { via: "10.2.0.255" }, U.EINVAL],
    ["of link scope by a gateway", "10.9.0.0/16", { via: "10.2.0.3", scope: 253 }, U.ENETUNREACH],
    [
      "by an IPv6 gateway out of reach",
      "2001:db8:9::/48",
      { via: "2001:db8:8::1" },
      U.EHOSTUNREACH,
    ],
    ["by one's own IPv6 address", "2001:db8:9::/48", { via: "2001:db8::1" }, U.EINVAL],
  ])("%s", (_, dst, wanted, errno) => {
    const { eth0 } = machine();
    expect(() => add(eth0, dst, wanted)).toThrow(`errno ${errno}`);
    expect(made(eth0)).toEqual([]);
  });

  test.each(["10.9.0.0/16", "2001:db8:9::/48"])("%s, twice the same", (dst) => {
    const { eth0 } = machine();
    add(eth0, dst);
    expect(() => add(eth0, dst)).toThrow(`errno ${U.EEXIST}`);
  });

  test.each(["10.9.0.0/16", "2001:db8:9::/48"])("%s, twice in any way, if exclusive", (dst) => {
    const { eth0 } = machine();
    const [a, b] = dst.includes(":") ? ["2001:db8::8", "2001:db8::9"] : ["10.2.0.8", "10.2.0.9"];
    add(eth0, dst, { via: a ?? "" });
    expect(() => add(eth0, dst, { via: b ?? "", exclusive: true })).toThrow(`errno ${U.EEXIST}`);
  });

  test.each(["10.9.0.0/16", "2001:db8:9::/48"])("%s, while the interface is down", (dst) => {
    const { eth0 } = machine();
    setUp(eth0, false);
    expect(() => add(eth0, dst)).toThrow(`errno ${U.ENETDOWN}`);
  });

  test("by a gateway that only a default route would reach", () => {
    const { eth0 } = machine();
    add(eth0, "0.0.0.0/0", { via: "10.2.0.254" });
    expect(() => add(eth0, "10.9.0.0/16", { via: "10.3.0.1" })).toThrow(`errno ${U.ENETUNREACH}`);
    add(eth0, "::/0", { via: "2001:db8::fe" });
    const far = { via: "2001:db8:8::1" };
    expect(() => add(eth0, "2001:db8:9::/48", far)).toThrow(`errno ${U.EHOSTUNREACH}`);
  });
});

describe("a route is taken", () => {
  test.each([
    ["10.9.0.0/16", { via: "10.2.0.9" }],
    ["10.9.0.0/16", { via: "10.2.0.1" }],
    ["10.9.0.0/16", { via: "10.3.0.1", hopFlags: U.RTNH_F_ONLINK }],
    ["10.9.0.0/16", { scope: 253 }],
    ["10.9.0.0/16", { via: "10.2.0.9", table: 100 }],
    ["2001:db8:9::/48", { via: "fe80::1" }],
    ["2001:db8:9::/48", { via: "2001:db8::9", table: 1000 }],
  ])("%s %j", (dst, wanted) => {
    const { eth0 } = machine();
    add(eth0, dst, wanted);
    expect(made(eth0)).toHaveLength(1);
  });

  test("with host bits in IPv6, without them", () => {
    const { eth0 } = machine();
    add(eth0, "2001:db8:9::1/48");
    expect(made(eth0)[0]).toMatch(/^2001:db8:9::\/48 /);
  });
});

describe("two routes that differ in the gateway alone", () => {
  test("stay two in IPv4, the newer first unless it is appended", () => {
    const { eth0 } = machine();
    add(eth0, "10.9.0.0/16", { via: "10.2.0.8" });
    add(eth0, "10.9.0.0/16", { via: "10.2.0.9" });
    add(eth0, "10.9.0.0/16", { via: "10.2.0.7", append: true });
    const gateways = made(eth0).map((text) => / via (\S+)/.exec(text)?.[1]);
    expect(gateways).toEqual(["10.2.0.9", "10.2.0.8", "10.2.0.7"]);
  });

  test("become one in IPv6", () => {
    const { eth0 } = machine();
    add(eth0, "2001:db8:9::/48", { via: "2001:db8::8" });
    add(eth0, "2001:db8:9::/48", { via: "2001:db8::9" });
    expect(made(eth0)).toEqual([
      "2001:db8:9::/48 type 1 table 254 proto 3 scope 0 metric 1024" +
        " via 2001:db8::8 dev eth0 via 2001:db8::9 dev eth0",
    ]);
  });
});

test("routes go with their interface, or when it goes down", () => {
  const { sim, eth0 } = machine();
  const eth1 = sim.addMaster("eth1");
  add(eth0, "10.9.0.0/16");
  add(eth1, "10.10.0.0/16");
  setUp(eth0, false);
  expect(made(eth0)).toEqual([expect.stringContaining("10.10.0.0/16")]);
  sim.host.routes.removeLink(eth1);
  expect(made(eth0)).toEqual([]);
});
