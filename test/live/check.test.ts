import { describe, expect, it } from "vitest";
import type { Result110 } from "../../host/schema/index.ts";
import type { Netns } from "../../lab/netns.ts";
import { FakeIpam, lease, on, printed, staticIpam } from "./ipam.ts";
import { failure, ownFailure } from "./outcome.ts";
import { type Config, ifname, master, useSite } from "./site.ts";

const site = useSite();
const ipam = staticIpam(
  ["10.1.0.2/24 10.1.0.1", "fd00:1::2/64 fd00:1::1"],
  [{ dst: "0.0.0.0/0" }, { dst: "10.9.0.0/16", gw: "10.1.0.9" }, { dst: "fd00:9::/32" }],
);

/** Adds, does something to the pod, and expects CHECK to find the difference. */
function finds(change: (pod: Netns) => void, says: RegExp | string, keys: Config = ipam): void {
  const pod = site.pod();
  const prevResult = site.add(pod, keys);
  site.check(pod, { ...keys, prevResult });
  change(pod);
  expect(ownFailure(site.call("CHECK", pod, { ...keys, prevResult }), 107).msg).toMatch(says);
}

/** Adds, does something that is no difference, and expects CHECK to succeed. */
function accepts(
  change: (pod: Netns, made: Result110) => Config | undefined,
  keys: Config = ipam,
): void {
  const pod = site.pod();
  const prevResult = site.add(pod, keys);
  const changed = change(pod, prevResult);
  site.check(pod, { ...keys, prevResult, ...changed });
}

describe("CHECK right after ADD", () => {
  it.each(["0.4.0", "1.0.0", "1.1.0"])(
    "succeeds at version %s and changes nothing",
    (cniVersion) => {
      const pod = site.pod();
      const keys = { ...ipam, cniVersion };
      const prevResult = site.add(pod, keys);
      site.unchanged(() => site.check(pod, { ...keys, prevResult }));
    },
  );

  it("succeeds for layer 2 only", () => accepts(() => undefined, {}));

  it.each(["private", "vepa", "passthru"])("succeeds in mode %s", (mode) =>
    accepts(() => undefined, { mode }),
  );
});

describe("CHECK finds", () => {
  const del =
    (...words: string[]) =>
    (pod: Netns) =>
      void pod.ip(...words);

  it("the interface missing", () => finds(del("link", "del", ifname), ifname));

  it("an interface of another kind in its place", () =>
    finds((pod) => {
      pod.ip("link", "del", ifname);
      pod.ip("link", "add", ifname, "type", "bridge");
    }, /macvlan.*bridge|bridge.*macvlan/));

  it("another mode", () =>
    finds(del("link", "set", ifname, "type", "macvlan", "mode", "private"), /private.*bridge/));

  it("another MAC address", () =>
    finds(
      (pod) => {
        pod.ip("link", "set", ifname, "down");
        pod.ip("link", "set", ifname, "address", "02:00:00:00:00:09");
        pod.ip("link", "set", ifname, "up");
      },
      "02:00:00:00:00:09",
      {},
    ));

  it("another MTU", () => finds(del("link", "set", ifname, "mtu", "1300"), "1300"));
  it("the interface down", () => finds(del("link", "set", ifname, "down"), "down"));

  it("an IPv4 address missing", () =>
    finds(del("addr", "del", "10.1.0.2/24", "dev", ifname), "10.1.0.2/24"));
  it("an IPv6 address missing", () =>
    finds(del("addr", "del", "fd00:1::2/64", "dev", ifname), "fd00:1::2/64"));
  it("an address with another prefix length", () =>
    finds(
      (pod) => {
        pod.ip("addr", "del", "10.1.0.2/24", "dev", ifname);
        pod.ip("addr", "add", "10.1.0.2/16", "dev", ifname);
      },
      "10.1.0.2/24",
      staticIpam(["10.1.0.2/24"]),
    ));

  it("a route missing", () => finds(del("route", "del", "10.9.0.0/16"), "10.9.0.0/16"));
  it("an IPv6 route missing", () => finds(del("-6", "route", "del", "fd00:9::/32"), "fd00:9::/32"));
  it("the default route missing", () => finds(del("route", "del", "default"), "0.0.0.0/0"));
  it("a route by another gateway", () =>
    finds(del("route", "replace", "10.9.0.0/16", "via", "10.1.0.8"), "10.9.0.0/16"));

  it("a route missing in a table of its own", () => {
    const list = [{ dst: "10.9.0.0/16", table: 100 }];
    const flush = del("route", "flush", "table", "100");
    finds(flush, /10\.9\.0\.0\/16.*100/, staticIpam(["10.1.0.2/24 10.1.0.1"], list));
  });

  it("a route with another priority", () => {
    const list = [{ dst: "10.9.0.0/16", priority: 7 }];
    const replace = (pod: Netns) => {
      pod.ip("route", "del", "10.9.0.0/16");
      pod.ip("route", "add", "10.9.0.0/16", "via", "10.1.0.1", "metric", "8");
    };
    finds(replace, "10.9.0.0/16", staticIpam(["10.1.0.2/24 10.1.0.1"], list));
  });

  it("the interface on another master", () =>
    finds(
      (pod) => {
        const [{ address }] = pod.ipJson<{ address: string }>("link", "show", "dev", ifname) as [
          { address: string },
        ];
        pod.ip("link", "del", ifname);
        const words = ["address", address, "netns", pod.name, "type", "macvlan", "mode", "bridge"];
        site.lab.addMaster("lan6");
        site.lab.ip("link", "add", "link", "lan6", "name", ifname, ...words);
        pod.ip("link", "set", ifname, "up");
        pod.waitUp(ifname);
      },
      master,
      {},
    ));
});

describe("CHECK gives no false alarm for", () => {
  it.each([
    ["an IPv4 /32", staticIpam(["10.1.0.2/32"])],
    ["an IPv6 /128", staticIpam(["fd00:1::2/128"])],
    [
      "a route in a table",
      staticIpam(["10.1.0.2/24 10.1.0.1"], [{ dst: "10.9.0.0/16", table: 100 }]),
    ],
    [
      "a route of link scope",
      staticIpam(["10.1.0.2/24 10.1.0.1"], [{ dst: "10.9.0.0/16", scope: 253 }]),
    ],
    ["a route with mtu", staticIpam(["10.1.0.2/24 10.1.0.1"], [{ dst: "10.9.0.0/16", mtu: 1400 }])],
    ["host bits in a destination", staticIpam(["10.1.0.2/24 10.1.0.1"], [{ dst: "10.9.0.5/16" }])],
    ["an address written long", staticIpam(["fd00:0001:0::0002/64"])],
  ])("%s", (_, keys) => accepts(() => undefined, keys));

  it("a MAC address in upper case", () =>
    accepts((_, made) => {
      const text = JSON.stringify(made);
      const mac = made.interfaces?.[0]?.mac ?? "";
      return { prevResult: JSON.parse(text.replace(mac, mac.toUpperCase())) };
    }));

  it("an interface, address and route that a chained plugin added", () =>
    accepts((pod, made) => {
      pod.ip("link", "add", "br0", "type", "bridge");
      pod.ip("addr", "add", "10.5.0.2/24", "dev", "br0");
      pod.ip("link", "set", "br0", "up");
      pod.ip("route", "add", "10.6.0.0/16", "via", "10.5.0.1");
      const prevResult = {
        ...made,
        interfaces: [...(made.interfaces ?? []), { name: "br0", sandbox: pod.path }],
        ips: [...(made.ips ?? []), { address: "10.5.0.2/24", interface: 1 }],
        routes: [...(made.routes ?? []), { dst: "10.6.0.0/16", gw: "10.5.0.1" }],
      };
      return { prevResult };
    }));

  it("an interface of the host in prevResult", () =>
    accepts((_, made) => ({
      prevResult: { ...made, interfaces: [...(made.interfaces ?? []), { name: "veth0" }] },
    })));

  it("more addresses and routes than ADD made", () =>
    accepts((pod) => {
      pod.ip("addr", "add", "10.1.0.77/24", "dev", ifname);
      pod.ip("route", "add", "10.7.0.0/16", "via", "10.1.0.1");
      return undefined;
    }));

  it("a master that has another name now", () => {
    const pod = site.pod();
    site.lab.addMaster("lan6");
    const prevResult = site.add(pod, { master: "lan6" });
    site.lab.ip("link", "property", "add", "dev", "lan6", "altname", "uplink");
    site.check(pod, { master: "uplink", prevResult });
  });

  it("a master chosen by a default route that is another by now", () => {
    site.lab.ip("route", "add", "default", "dev", master);
    const change = () => void site.lab.ip("route", "del", "default");
    accepts(() => change() as undefined, { master: undefined });
  });
});

describe("CHECK refuses", () => {
  it.each([
    ["missing", undefined],
    ["null", null],
    ["of a version that nobody knows", { cniVersion: "9.9.9" }],
    ["empty", {}],
    ["of a wrong type", "text"],
    ["with a broken address", { ips: [{ address: "10.1.0.2" }] }],
    ["for another container", { interfaces: [{ name: ifname, sandbox: "/run/netns/other" }] }],
  ])("a prevResult that is %s", (_, prevResult) => {
    const pod = site.pod();
    site.add(pod);
    const { msg } = ownFailure(site.call("CHECK", pod, { prevResult }), 6, 7);
    expect(msg).toContain("prevResult");
  });

  it.each(["0.1.0", "0.2.0", "0.3.0", "0.3.1"])("version %s, which has no CHECK", (cniVersion) => {
    const { msg } = ownFailure(site.call("CHECK", site.pod(), { cniVersion, prevResult: {} }), 1);
    expect(msg).toContain("CHECK");
  });

  it("a namespace that is missing", () => {
    const { msg } = ownFailure(
      site.call("CHECK", site.pod(), { prevResult: {} }, { netns: "/run/netns/gone" }),
      4,
    );
    expect(msg).toContain("/run/netns/gone");
  });
});

describe("CHECK and IPAM", () => {
  it("asks IPAM, and passes on what it finds", () => {
    const pod = site.pod();
    const error = { code: 77, msg: "lease is gone", details: "10.1.0.2" };
    const says = `printf '%s' '${JSON.stringify(error)}'; exit 1`;
    const fake = new FakeIpam(site, [printed(lease), on("CHECK", says)]);
    const prevResult = site.add(pod, fake.keys, fake.options);
    const output = site.call("CHECK", pod, { ...fake.keys, prevResult }, fake.options);
    expect(failure(output, 77)).toMatchObject(error);
    expect(fake.calls).toEqual(["ADD", "CHECK"]);
  });

  it("succeeds where IPAM does", () => {
    const pod = site.pod();
    const fake = new FakeIpam(site);
    const prevResult = site.add(pod, fake.keys, fake.options);
    site.check(pod, { ...fake.keys, prevResult }, fake.options);
  });
});
