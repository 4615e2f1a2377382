import { describe, expect, test } from "vitest";
import { createMacvlan, type Link, setUp, type Sim, uapi as U } from "../../host/sim/index.ts";
import { parseMac } from "../../host/sim/text.ts";
import { details, hidden, mac, neighbour } from "./causes.ts";
import { machine, POD } from "./core.ts";

// What else is on the master, by name; what only looks as if it were, not.

/** An interface of a third namespace that has the number of eth0. */
function twin(sim: Sim): Link {
  const netns = sim.addNetns("/run/netns/third");
  expect(sim.host.find("eth0")?.index).toBe(2);
  return netns.add({ name: "far", kind: "", mac: parseMac(mac), mtu: 1500, index: 2 });
}

/** What is said of a passthru that was refused by somebody out of sight. */
function refused(sim: Sim, keys: Record<string, unknown> = {}): string {
  sim.refuse({ type: U.RTM_NEWLINK, errno: U.EINVAL });
  return details(sim, { mode: "passthru", ...keys });
}

describe("named is", () => {
  test("each of four, and four of many", () => {
    const sim = machine();
    for (let i = 0; i < 4; i++) neighbour(sim, U.MACVLAN_MODE_BRIDGE, `mv${10 + i}`);
    expect(refused(sim)).toContain('"mv12", macvlan "mv13": remove');
    for (let i = 4; i < 7; i++) neighbour(sim, U.MACVLAN_MODE_BRIDGE, `mv${10 + i}`);
    expect(refused(sim)).toContain('macvlan "mv13" and 3 more');
  });

  test("a macvtap", () => {
    const sim = machine();
    sim.addMaster("tap9", { kind: "macvtap", lower: sim.host.find("eth0") });
    expect(refused(sim)).toContain('it carries macvtap "tap9": ');
  });
});

describe("not named is what is on", () => {
  test("another master", () => {
    const sim = machine();
    createMacvlan(sim.host, { name: "mv9", lower: sim.addMaster("eth1") });
    expect(refused(sim)).toContain("out of sight");
  });

  test("an interface that has the same number in another namespace", () => {
    const sim = machine();
    createMacvlan(sim.host, { name: "mv9", lower: twin(sim) });
    sim.addMaster("ipvl9", { kind: "ipvlan", lower: sim.host.find("eth0") }, sim.netns(POD));
    expect(refused(sim)).toContain("out of sight");
  });

  test("the host's master of that number, where the container's is meant", () => {
    const sim = machine();
    sim.addMaster("eth9", {}, sim.netns(POD));
    expect(sim.netns(POD).find("eth9")?.index).toBe(2);
    createMacvlan(sim.netns(POD), { name: "net1", lower: sim.host.find("eth0") });
    expect(refused(sim, { master: "eth9", linkInContainer: true })).toContain("out of sight");
  });
});

test("a VLAN with the MAC address is not in the way", () => {
  const sim = machine();
  hidden(sim, U.MACVLAN_MODE_BRIDGE);
  setUp(sim.addMaster("lan.5", { kind: "vlan", mac, lower: sim.host.find("eth0") }), true);
  expect(details(sim, { mac }, 103)).toContain("in use by another container, out of sight");
});
