import { beforeEach, describe, expect, it } from "vitest";
import type { IpAddress, IpRule } from "../../lab/iproute2.ts";
import type { Netns } from "../../lab/netns.ts";
import { staticIpam } from "./ipam.ts";
import { addresses, linkNames, reaches, routes } from "./kernel.ts";
import { ownFailure } from "./outcome.ts";
import { needs, useSite } from "./site.ts";

// A pod with two networks, each with a router; behind the router of the second one is a client.
//
//   client 10.9.0.2 -- 10.9.0.1 router 10.2.0.1 -- net1 10.2.0.2 pod
//                              segment 10.1.0.1 -- eth0 10.1.0.2 pod

const site = useSite();

const OWN = "109";
const DEFAULTS = [{ dst: "0.0.0.0/0" }, { dst: "::/0" }];
const first = staticIpam(["10.1.0.2/24 10.1.0.1", "fd00:1::2/64 fd00:1::1"], DEFAULTS);
const addressesOfSecond = ["10.2.0.2/24 10.2.0.1", "fd00:2::2/64 fd00:2::1"];
const second = { master: "ens6", ...staticIpam(addressesOfSecond) };
const secondWithDefault = { master: "ens6", ...staticIpam(addressesOfSecond, DEFAULTS) };
const net1 = { ifname: "net1" };
const sourceRouting = true;

/** Rules that the kernel did not make, as `PRIORITY SOURCE TABLE`. */
function rules(pod: Netns): string[] {
  return (["-4", "-6"] as const)
    .flatMap((family) => pod.ipJson<IpRule>(family, "rule"))
    .filter(({ protocol }) => protocol !== "kernel")
    .map(({ priority, src, table, protocol }) => {
      expect(protocol).toBe(OWN);
      return `${priority} ${src} ${table}`;
    });
}

/** By which interface a pod answers to `dst` from `src`. */
function wayOut(pod: Netns, dst: string, src?: string): string | undefined {
  const from = src === undefined ? [] : ["from", src];
  return pod.ipJson<{ dev: string }>("route", "get", dst, ...from)[0]?.dev;
}

describe("a pod with two networks", () => {
  let client: Netns;

  beforeEach(() => {
    site.segment.ip("addr", "replace", "10.1.0.1/24", "dev", "lan");
    site.segment.ip("addr", "replace", "fd00:1::1/64", "dev", "lan", "nodad");
    const router = site.lab.addNetns("router");
    client = site.lab.addNetns("client");
    site.lab.addMaster("ens6", { segment: router, peer: "lan" });
    router.ip("link", "add", "wan", "type", "veth", "peer", "name", "eth0", "netns", "client");
    for (const address of ["10.2.0.1/24", "fd00:2::1/64"]) assign(router, "lan", address);
    for (const address of ["10.9.0.1/24", "fd00:9::1/64"]) assign(router, "wan", address);
    for (const address of ["10.9.0.2/24", "fd00:9::2/64"]) assign(client, "eth0", address);
    for (const family of ["ipv4/conf/all", "ipv6/conf/all"]) {
      router.setSysctl(`net/${family}/forwarding`, 1);
    }
    client.ip("route", "add", "default", "via", "10.9.0.1");
    client.ip("-6", "route", "add", "default", "via", "fd00:9::1");
  });

  function assign(netns: Netns, dev: string, address: string): void {
    const nodad = address.includes("::") ? ["nodad"] : [];
    netns.ip("addr", "add", address, "dev", dev, ...nodad);
    netns.ip("link", "set", dev, "up");
  }

  function podWith(keys: object): Netns {
    const pod = site.pod();
    site.add(pod, first);
    site.add(pod, { ...second, ...keys }, net1);
    return pod;
  }

  const TARGETS = ["10.2.0.2", "fd00:2::2"];

  describe("answers a client behind the router of the second one", () => {
    needs("ping");

    it("by the first one, where the answer is lost, without sourceRouting", () => {
      const pod = podWith({});
      expect(wayOut(pod, "10.9.0.2", "10.2.0.2")).toBe("eth0");
      expect(wayOut(pod, "fd00:9::2", "fd00:2::2")).toBe("eth0");
      for (const target of TARGETS) expect(reaches(client, target)).toBe(false);
    });

    it.each([
      ["with sourceRouting", { sourceRouting }],
      ["with a table of its own choice", { sourceRouting, sourceTable: 101 }],
      ["with strict rp_filter", { sourceRouting, sysctl: strictReversePath() }],
    ])("by the second one %s", (_, keys) => {
      const pod = podWith(keys);
      expect(wayOut(pod, "10.9.0.2", "10.2.0.2")).toBe("net1");
      expect(wayOut(pod, "fd00:9::2", "fd00:2::2")).toBe("net1");
      for (const target of TARGETS) expect(reaches(client, target)).toBe(true);
      // what the pod itself begins goes by the default route, and to the networks directly
      expect(wayOut(pod, "10.9.0.2")).toBe("eth0");
      expect(wayOut(pod, "10.2.0.1")).toBe("net1");
      for (const near of ["10.1.0.1", "10.2.0.1", "fd00:1::1", "fd00:2::1"]) {
        expect(reaches(pod, near)).toBe(true);
      }
    });

    it("and its neighbours by their link-local addresses directly", () => {
      const pod = podWith({ sourceRouting });
      const neighbour = site.pod();
      site.add(neighbour, { ...second, ...staticIpam(["fd00:2::3/64"]) }, net1);
      const [{ addr_info } = { addr_info: [] }] = neighbour.ipJson<IpAddress>(
        "addr",
        "show",
        "net1",
      );
      const local = addr_info.find(({ scope }) => scope === "link")?.local;
      // without a hop to spare for a router
      const ping = ["ping", "-n", "-c1", "-W1", "-t1", "-I", "fd00:2::2", `${local}%net1`];
      expect(pod.exec(ping).status).toBe(0);
    });
  });

  it("has its default route by the first one with noDefaultRoute for the second one", () => {
    const pod = site.pod();
    site.add(pod, first);
    const keys = { ...secondWithDefault, sourceRouting, noDefaultRoute: true };
    const prevResult = site.add(pod, keys, net1);
    expect(prevResult.routes).toBeUndefined();
    for (const dst of ["10.9.0.2", "fd00:9::2"]) expect(wayOut(pod, dst)).toBe("eth0");
    expect(wayOut(pod, "10.9.0.2", "10.2.0.2")).toBe("net1");
    site.check(pod, { ...keys, prevResult }, net1);
  });

  it("has a default route by the one that came last, or by both, without a key", () => {
    const pod = site.pod();
    site.add(pod, first);
    site.add(pod, secondWithDefault, net1);
    expect(routes(pod, 4).map(({ dev }) => dev)).toEqual(["net1", "eth0"]);
    const [shared] = routes(pod, 6);
    expect(shared?.nexthops?.map(({ dev }) => dev)).toEqual(["eth0", "net1"]);
  });

  it("has two default routes with defaultRouteMetric, in either order", () => {
    for (const [metricOfFirst, metricOfSecond, dev] of [
      [100, 200, "eth0"],
      [200, 100, "net1"],
    ] as const) {
      const pod = site.pod();
      site.add(pod, { ...first, defaultRouteMetric: metricOfFirst });
      const keys = { ...secondWithDefault, defaultRouteMetric: metricOfSecond };
      const prevResult = site.add(pod, keys, net1);
      expect(prevResult.routes?.map(({ priority }) => priority)).toEqual([
        metricOfSecond,
        metricOfSecond,
      ]);
      for (const family of [4, 6] as const) {
        const found = routes(pod, family).map(({ metric, dev: by }) => [metric, by]);
        expect(found.sort()).toEqual(
          [
            [metricOfFirst, "eth0"],
            [metricOfSecond, "net1"],
          ].sort(),
        );
      }
      for (const dst of ["10.9.0.2", "fd00:9::2"]) expect(wayOut(pod, dst)).toBe(dev);
      site.check(pod, { ...keys, prevResult }, net1);
      for (const options of [{}, net1]) site.del(pod, {}, options);
    }
  });

  it("loses the rules of the interface that goes, and no others", () => {
    const pod = site.pod();
    const keys = { ...first, sourceRouting };
    const before = rules(pod);
    site.add(pod, keys);
    const one = rules(pod);
    site.add(pod, { ...second, sourceRouting, sourceTable: 101 }, net1);
    expect(rules(pod)).toEqual(
      [...one, "10000 10.2.0.2 101", "10000 fd00:2::2 101"].sort(byFamily),
    );
    for (let i = 0; i < 2; i++) {
      site.del(pod, { ...second, sourceRouting, sourceTable: 101 }, net1);
      expect(rules(pod)).toEqual(one);
      expect(linkNames(pod)).toEqual(["eth0"]);
    }
    site.del(pod, keys);
    expect(rules(pod)).toEqual(before);
  });

  it("does not share a table", () => {
    const pod = site.pod();
    site.add(pod, { ...first, sourceRouting, sourceTable: 101 });
    const keys = { ...second, sourceRouting, sourceTable: 101 };
    const { msg } = site.refuse(pod, keys, [103], net1);
    expect(msg).toContain("routing table 101");
    site.add(pod, { ...keys, sourceTable: 102 }, net1);
  });
});

function strictReversePath(): object {
  return { "net.ipv4.conf.IFNAME.rp_filter": "1" };
}

/** IPv4 first; what was there first stays so. */
function byFamily(a: string, b: string): number {
  return Number(a.includes("::")) - Number(b.includes("::"));
}

describe("the table of the interface", () => {
  const keys = {
    sourceRouting,
    sourceTable: 101,
    ...staticIpam(
      ["10.1.0.2/24 10.1.0.1", "10.3.0.2/32", "fd00:1::2/64 fd00:1::1", "fd00:3::2/128"],
      [{ dst: "10.9.0.0/16", priority: 7 }, { dst: "fd00:9::/32" }],
    ),
  };

  it("has its subnets, its routes and a default route, which main has not", () => {
    const pod = site.pod();
    const prevResult = site.add(pod, keys);
    const inTable = (family: 4 | 6) =>
      routes(pod, family, "101").map(({ dst, gateway = "", dev }) => `${dst} ${gateway} ${dev}`);
    expect(inTable(4).sort()).toEqual([
      "10.1.0.0/24  eth0",
      "10.9.0.0/16 10.1.0.1 eth0",
      "default 10.1.0.1 eth0",
    ]);
    expect(inTable(6).sort()).toEqual([
      "default fd00:1::1 eth0",
      "fd00:1::/64  eth0",
      "fd00:9::/32 fd00:1::1 eth0",
      "fe80::/64  eth0",
    ]);
    expect(routes(pod, 4).map(({ dst }) => dst)).toEqual(["10.9.0.0/16"]);
    expect(routes(pod, 6).map(({ dst }) => dst)).toEqual(["fd00:9::/32"]);
    site.check(pod, { ...keys, prevResult });
  });

  it.each([
    ["a rule", "ip rule del from 10.3.0.2"],
    ["a rule of IPv6", "ip -6 rule del from fd00:3::2"],
    ["a subnet", "ip route del 10.1.0.0/24 table 101"],
    ["the default route", "ip -6 route del default table 101"],
    ["all of it", "ip route flush table 101"],
  ])("lacks %s: CHECK finds it", (_, command) => {
    const pod = site.pod();
    const prevResult = site.add(pod, keys);
    pod.run(["sh", "-c", command]);
    ownFailure(site.call("CHECK", pod, { ...keys, prevResult }), 107);
  });

  it("is nobody's after an ADD that failed when all was done", () => {
    site.segment.ip("addr", "replace", "fd00:1::2/64", "dev", "lan", "nodad");
    expect(site.refuse(site.pod(), keys, [104]).msg).toContain("fd00:1::2");
    site.segment.ip("addr", "del", "fd00:1::2/64", "dev", "lan");
  });

  it("is nobody's after an ADD whose route the kernel refused", () => {
    const far = staticIpam(["10.1.0.2/32 10.77.0.1"]);
    expect(site.refuse(site.pod(), { sourceRouting, ...far }, [103]).msg).toMatch(
      /^add route 0\.0\.0\.0\/0 via 10\.77\.0\.1 table \d+ dev "eth0": ENETUNREACH/,
    );
  });

  it("goes with its rules where the interface went before, or has another table by now", () => {
    const pod = site.pod();
    const before = rules(pod);
    site.add(pod, keys);
    pod.ip("link", "del", "eth0");
    expect(rules(pod)).toHaveLength(4);
    site.del(pod, keys);
    expect(rules(pod)).toEqual(before);
    site.add(pod, keys);
    expect(addresses(pod)).toHaveLength(4);
    site.del(pod, { sourceRouting, sourceTable: 77 });
    expect(rules(pod)).toEqual(before);
  });
});
