import { describe, expect, test } from "vitest";
import {
  createMacvlan,
  deleteLink,
  type Link,
  rename,
  setCable,
  setMac,
  setMtu,
  setUp,
  Sim,
} from "../../host/sim/index.ts";
import { queueLengthUsed } from "../../host/sim/macvlan.ts";
import { parseMac } from "../../host/sim/text.ts";
import * as U from "../../host/sim/uapi.ts";

// The rules of drivers/net/macvlan.c and net/core/dev.c, as a kernel was seen to apply them.

function machine(): { sim: Sim; eth0: Link } {
  const sim = new Sim();
  return { sim, eth0: sim.addMaster("eth0", { mac: "02:00:00:00:00:01" }) };
}

function create(lower: Link, name = "mv0", keys = {}): Link {
  return createMacvlan(lower.netns, { name, lower, mode: U.MACVLAN_MODE_BRIDGE, ...keys });
}

describe("a macvlan is refused", () => {
  const mac = (text: string) => ({ mac: parseMac(text) });
  test.each([
    ["with a multicast address", mac("01:00:5e:00:00:01"), U.EADDRNOTAVAIL],
    ["with a zero address", mac("00:00:00:00:00:00"), U.EADDRNOTAVAIL],
    ["with an address of 8 bytes", mac("02:00:00:00:00:00:00:01"), U.EINVAL],
    ["with an MTU above the master's", { mtu: 1501 }, U.EINVAL],
    ["with an MTU below 68", { mtu: 67 }, U.EINVAL],
    ["with an MTU above 65535", { mtu: 65536 }, U.EINVAL],
    ["in no mode", { mode: 3 }, U.EINVAL],
    ["without a master", { lower: undefined }, U.ENODEV],
    ["with a name that is taken", { name: "eth0" }, U.EEXIST],
    ["with a bad name", { name: "a/b" }, U.EINVAL],
    ["with an index that is taken", { index: 1 }, U.EEXIST],
  ])("%s", (_, keys, errno) => {
    const { sim, eth0 } = machine();
    expect(() => create(eth0, "mv0", keys)).toThrow(`errno ${errno}`);
    expect(sim.host.links.size).toBe(2);
  });

  test("on loopback", () => {
    const { sim } = machine();
    expect(() => create(sim.host.find("lo") as Link)).toThrow(`errno ${U.EINVAL}`);
  });

  test("on a port of a bridge", () => {
    const { sim, eth0 } = machine();
    eth0.controller = sim.addMaster("br0", { kind: "bridge" });
    expect(() => create(eth0)).toThrow(`errno ${U.EBUSY}`);
  });

  test.each([
    [U.MACVLAN_MODE_PASSTHRU, U.MACVLAN_MODE_BRIDGE],
    [U.MACVLAN_MODE_BRIDGE, U.MACVLAN_MODE_PASSTHRU],
    [U.MACVLAN_MODE_PASSTHRU, U.MACVLAN_MODE_PASSTHRU],
  ])("beside another where either is passthru: %d, %d", (first, second) => {
    const { eth0 } = machine();
    create(eth0, "mv0", { mode: first });
    expect(() => create(eth0, "mv1", { mode: second })).toThrow(`errno ${U.EINVAL}`);
  });
});

describe("source addresses and flags", () => {
  const sources = [parseMac("02:00:00:00:00:61")];

  test("are for mode source, and known flags", () => {
    const { eth0 } = machine();
    const mode = U.MACVLAN_MODE_SOURCE;
    const made = create(eth0, "mv0", { mode, sources, flags: U.MACVLAN_FLAG_NODST });
    expect(made.macvlan).toMatchObject({ sources, flags: 2 });
    expect(() => create(eth0, "mv1", { sources })).toThrow(`errno ${U.EINVAL}`);
    expect(() => create(eth0, "mv1", { flags: 4 })).toThrow(`errno ${U.EINVAL}`);
  });

  test("the longest broadcast queue that is asked for is in use, and the last cutoff", () => {
    const { eth0 } = machine();
    const first = create(eth0, "mv0", { queueLength: 500, cutoff: 7 });
    expect([queueLengthUsed(first), eth0.broadcastCutoff]).toEqual([500, 7]);
    create(eth0, "mv1", { cutoff: -1 });
    expect([queueLengthUsed(first), eth0.broadcastCutoff]).toEqual([1000, -1]);
  });
});

describe("a macvlan", () => {
  test("takes MTU, address and mode as given, else from the master or by chance", () => {
    const { eth0 } = machine();
    const plain = create(eth0, "mv0", { mode: undefined });
    expect(plain).toMatchObject({ mtu: 1500, up: false, kind: "macvlan" });
    expect(plain.macvlan?.mode).toBe(U.MACVLAN_MODE_VEPA);
    const full = create(eth0, "mv1", { mtu: 68, mac: parseMac("02:00:00:00:00:05"), index: 77 });
    expect(full).toMatchObject({ mtu: 68, index: 77, mac: parseMac("02:00:00:00:00:05") });
    expect(create(eth0, "mv2").mac).not.toEqual(plain.mac);
  });

  test("in passthru mode has the master's address", () => {
    const { eth0 } = machine();
    const mac = parseMac("02:00:00:00:00:05");
    expect(create(eth0, "mv0", { mode: U.MACVLAN_MODE_PASSTHRU, mac }).mac).toEqual(eth0.mac);
  });

  test("on a macvlan is one on its master", () => {
    const { eth0 } = machine();
    expect(create(create(eth0), "mv1").lower).toBe(eth0);
  });

  test("with a pattern for a name gets the first free number", () => {
    const { eth0 } = machine();
    expect(create(eth0, "mv%d").name).toBe("mv0");
    expect(create(eth0, "mv%d").name).toBe("mv1");
    expect(() => create(eth0, "mv%s")).toThrow(`errno ${U.EINVAL}`);
  });

  test("comes up only with an address that nobody on the master uses", () => {
    const { eth0 } = machine();
    const mac = parseMac("02:00:00:00:00:05");
    const [first, second] = [create(eth0, "mv0", { mac }), create(eth0, "mv1", { mac })];
    setUp(first, true);
    expect(() => setUp(second, true)).toThrow(`errno ${U.EADDRINUSE}`);
    setUp(first, false);
    setUp(second, true);
    const same = create(eth0, "mv2", { mac: eth0.mac });
    expect(() => setUp(same, true)).toThrow(`errno ${U.EADDRINUSE}`);
  });

  test("is up on a master that is down, without a carrier", () => {
    const { eth0 } = machine();
    setUp(eth0, false);
    const link = create(eth0);
    setUp(link, true);
    expect(link.operstate).toBe(U.IF_OPER_LOWERLAYERDOWN);
    expect(link.flags & U.IFF_LOWER_UP).toBe(0);
    setUp(eth0, true);
    expect(link.operstate).toBe(U.IF_OPER_UP);
    setCable(eth0, false);
    expect(link.operstate).toBe(U.IF_OPER_LOWERLAYERDOWN);
  });

  test("shrinks with its master, and goes with it", () => {
    const { sim, eth0 } = machine();
    const link = create(eth0);
    setMtu(eth0, 1400);
    expect(link.mtu).toBe(1400);
    expect(() => setMtu(link, 1500)).toThrow(`errno ${U.EINVAL}`);
    deleteLink(eth0);
    expect(sim.host.links.size).toBe(1);
  });
});

test("loopback cannot be deleted, an interface cannot take a name that is taken", () => {
  const { sim, eth0 } = machine();
  expect(() => deleteLink(sim.host.find("lo") as Link)).toThrow(`errno ${U.EOPNOTSUPP}`);
  expect(() => rename(eth0, "lo")).toThrow(`errno ${U.EEXIST}`);
  expect(() => rename(eth0, "")).toThrow(`errno ${U.EINVAL}`);
  rename(eth0, "eth0");
  rename(eth0, "net0");
  expect(sim.host.find("net0")).toBe(eth0);
  expect(() => setMac(eth0, new Uint8Array(6))).toThrow(`errno ${U.EADDRNOTAVAIL}`);
});
