import { describe, expect, it } from "vitest";
import type { IpRoute } from "../../lab/iproute2.ts";
import type { Netns } from "../../lab/netns.ts";
import { staticIpam } from "./ipam.ts";
import { reaches, routes } from "./kernel.ts";
import { frozen, needs, useSite } from "./site.ts";

const site = useSite();
const gateways = ["10.1.0.2/24 10.1.0.1", "fd00:1::2/64 fd00:1::1"];
const noGateways = ["10.1.0.2/24", "fd00:1::2/64"];

/** A pod with these routes from IPAM. */
function podWith(list: readonly object[], addresses: readonly string[] = gateways): Netns {
  const pod = site.pod();
  site.add(pod, staticIpam(addresses, list));
  return pod;
}

/** The one route to `dst` of a pod. */
function only(pod: Netns, dst: string, table = "main"): IpRoute {
  const family = dst.includes(":") ? 6 : 4;
  const found = routes(pod, family, table).filter((route) => route.dst === dst);
  expect(found).toHaveLength(1);
  return found[0] as IpRoute;
}

describe("a route", () => {
  it("without gw goes by the first gateway of its family", () => {
    const pod = podWith([{ dst: "10.9.0.0/16" }, { dst: "fd00:9::/32" }]);
    expect(only(pod, "10.9.0.0/16")).toMatchObject({ gateway: "10.1.0.1", dev: "eth0" });
    expect(only(pod, "fd00:9::/32")).toMatchObject({ gateway: "fd00:1::1", dev: "eth0" });
  });

  it("without gw, where no address has a gateway, is on the link", () => {
    const pod = podWith([{ dst: "10.9.0.0/16" }, { dst: "fd00:9::/32" }], noGateways);
    expect(only(pod, "10.9.0.0/16").gateway).toBeUndefined();
    expect(only(pod, "fd00:9::/32").gateway).toBeUndefined();
  });

  it("with gw goes by it", () => {
    const pod = podWith([
      { dst: "10.9.0.0/16", gw: "10.1.0.77" },
      { dst: "fd00:9::/32", gw: "fd00:1::77" },
    ]);
    expect(only(pod, "10.9.0.0/16").gateway).toBe("10.1.0.77");
    expect(only(pod, "fd00:9::/32").gateway).toBe("fd00:1::77");
  });

  it("may be the default of both families", () => {
    const pod = podWith([{ dst: "0.0.0.0/0" }, { dst: "::/0" }]);
    expect(only(pod, "default")).toMatchObject({ gateway: "10.1.0.1" });
    expect(routes(pod, 6)).toMatchObject([{ dst: "default", gateway: "fd00:1::1" }]);
  });

  it("is not made from a gateway alone", () => {
    const pod = podWith([]);
    expect([...routes(pod, 4), ...routes(pod, 6)]).toEqual([]);
  });
});

describe("traffic by a route", () => {
  needs("ping");

  it("leads to where it says", () => {
    site.segment.ip("addr", "replace", "10.1.0.1/24", "dev", "lan");
    site.segment.ip("addr", "replace", "10.9.0.1/16", "dev", "lan");
    expect(reaches(podWith([{ dst: "10.9.0.0/16" }]), "10.9.0.1")).toBe(true);
  });
});

describe("the keys of a route", () => {
  it("table", () => {
    const pod = podWith([
      { dst: "10.9.0.0/16", table: 100 },
      { dst: "fd00:9::/32", table: 4000000 },
    ]);
    expect(only(pod, "10.9.0.0/16", "100").gateway).toBe("10.1.0.1");
    expect(only(pod, "fd00:9::/32", "4000000").gateway).toBe("fd00:1::1");
    expect([...routes(pod, 4), ...routes(pod, 6)]).toEqual([]);
  });

  it("scope link: on the link, although there is a gateway", () => {
    const pod = podWith([{ dst: "10.9.0.0/16", scope: 253 }]);
    const route = only(pod, "10.9.0.0/16");
    expect(route.scope).toBe("link");
    expect(route.gateway).toBeUndefined();
  });

  it("scope global", () => {
    const pod = podWith([{ dst: "10.9.0.0/16", scope: 0 }]);
    expect(only(pod, "10.9.0.0/16")).toMatchObject({ scope: "global", gateway: "10.1.0.1" });
  });

  it("priority", () => {
    const pod = podWith([
      { dst: "10.9.0.0/16", priority: 77 },
      { dst: "fd00:9::/32", priority: 78 },
    ]);
    expect(only(pod, "10.9.0.0/16").metric).toBe(77);
    expect(only(pod, "fd00:9::/32").metric).toBe(78);
  });

  it("mtu and advmss", () => {
    const pod = podWith([
      { dst: "10.9.0.0/16", mtu: 1400, advmss: 1340 },
      { dst: "fd00:9::/32", mtu: 1300 },
      { dst: "fd00:8::/32", advmss: 1200 },
    ]);
    expect(only(pod, "10.9.0.0/16").metrics).toEqual([{ mtu: 1400, advmss: 1340 }]);
    expect(only(pod, "fd00:9::/32").metrics).toEqual([{ mtu: 1300 }]);
    expect(only(pod, "fd00:8::/32").metrics).toEqual([{ advmss: 1200 }]);
  });

  it("are reported as they were given, also those that are 0", () => {
    const list = [
      { dst: "10.9.0.0/16", mtu: 1400, advmss: 1340, priority: 5, table: 100, scope: 0 },
      { dst: "fd00:9::/32", gw: "fd00:1::9" },
    ];
    expect(site.add(site.pod(), staticIpam(gateways, list)).routes).toEqual(list);
  });
});

describe("several gateways for one destination", () => {
  it.each([
    ["10.9.0.0/16", "10.1.0.7", "10.1.0.8"],
    ["fd00:9::/32", "fd00:1::7", "fd00:1::8"],
  ])("become one route with two next hops: %s", (dst, ...hops) => {
    const pod = podWith(hops.map((gw) => ({ dst, gw })));
    const { nexthops } = only(pod, dst);
    expect(nexthops?.map(({ gateway }) => gateway).sort()).toEqual(hops);
  });

  it("are two routes where the priority differs", () => {
    const dst = "10.9.0.0/16";
    const pod = podWith([
      { dst, gw: "10.1.0.7", priority: 1 },
      { dst, gw: "10.1.0.8", priority: 2 },
    ]);
    expect(routes(pod, 4)).toMatchObject([
      { gateway: "10.1.0.7", metric: 1 },
      { gateway: "10.1.0.8", metric: 2 },
    ]);
  });

  it("pass CHECK", () => {
    const pod = site.pod();
    const ipam = staticIpam(gateways, [
      { dst: "10.9.0.0/16", gw: "10.1.0.7" },
      { dst: "10.9.0.0/16", gw: "10.1.0.8" },
      { dst: "fd00:9::/32", gw: "fd00:1::7" },
      { dst: "fd00:9::/32", gw: "fd00:1::8" },
    ]);
    site.check(pod, { ...ipam, prevResult: site.add(pod, ipam) });
  });
});

describe("a route that the kernel refuses", () => {
  it.each([
    ["10.9.0.0/16", "10.77.0.1", "ENETUNREACH"],
    ["fd00:9::/32", "fd00:77::1", "EHOSTUNREACH"],
  ])("undoes the ADD, and the message names it: %s via %s", (dst, gw, errno) => {
    const { msg } = site.refuse(site.pod(), staticIpam(gateways, [{ dst, gw }]), [103]);
    expect(msg).toContain(dst);
    expect(msg).toContain(gw);
    expect(msg).toContain(errno);
  });
});

describe("a route that no kernel need be asked about is refused:", () => {
  frozen(site);

  it.each([
    ["no prefix", { dst: "10.9.0.0" }],
    ["no address", { dst: "zz/8" }],
    ["prefix too long", { dst: "10.9.0.0/33" }],
    ["gateway of the other family", { dst: "10.9.0.0/16", gw: "fd00:1::1" }],
    ["gateway no address", { dst: "10.9.0.0/16", gw: "zz" }],
    ["negative table", { dst: "10.9.0.0/16", table: -1 }],
    ["table too large", { dst: "10.9.0.0/16", table: 4294967296 }],
    ["scope too large", { dst: "10.9.0.0/16", scope: 256 }],
    ["priority as text", { dst: "10.9.0.0/16", priority: "5" }],
    ["no dst", { gw: "10.1.0.1" }],
  ])("%s", (_, route) => {
    site.fail(site.pod(), staticIpam(gateways, [route]), [6, 7, 103]);
  });
});
