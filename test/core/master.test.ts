import { describe, expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import { confine } from "../../host/policy.ts";
import { createMacvlan, uapi as U, withFault } from "../../host/sim/index.ts";
import { parseIp } from "../../host/sim/text.ts";
import {
  add,
  addressesOf,
  config,
  lavish,
  machine,
  POD,
  podLink,
  refusal,
  run,
  staticIpam,
} from "./core.ts";

// How ADD finds the master.

describe("master", () => {
  test("by an alternative name, short or long", () => {
    const sim = machine();
    const long = "an-alternative-name-that-is-longer-than-an-interface-name";
    const master = sim.addMaster("eth1", { altNames: ["uplink", long] });
    add(sim, { master: "uplink" });
    add(sim, { master: long }, { config: config({ master: long }), ifname: "mv1" });
    expect(podLink(sim, "mv0").lower).toBe(master);
    expect(podLink(sim, "mv1").lower).toBe(master);
  });

  test("a macvlan stands for its own master", () => {
    const sim = machine();
    const lower = sim.host.find("eth0");
    const link = createMacvlan(sim.host, { name: "mv9", lower });
    link.up = true;
    add(sim, { master: "mv9" });
    expect(podLink(sim).lower).toBe(lower);
  });

  test.each([
    ["down", { up: false }, 100, /"ethx" is down/],
    ["a bridge port", {}, 101, /EBUSY/],
  ])("one that is %s is refused", (what, options, code, msg) => {
    const sim = machine();
    const port = sim.addMaster("ethx", options);
    if (what === "a bridge port") port.controller = sim.addMaster("br0", { kind: "bridge" });
    const error = refusal(sim, { config: config({ master: "ethx" }) });
    expect(error.code).toBe(code);
    expect(error.msg).toMatch(msg);
  });

  test("loopback is refused", () => {
    const error = refusal(machine(), { config: config({ master: "lo" }) });
    expect(error).toMatchObject({ code: 100 });
    expect(error.msg).toContain("loopback");
  });

  test("one without a carrier carries, and IPv6 is not waited for", () => {
    const sim = machine();
    sim.addMaster("eth1", { cable: false });
    const ipam = staticIpam(["2001:db8::5/64"]);
    const outcome = run(sim, { config: config({ master: "eth1", ipam }) });
    expect(outcome.status).toBe(0);
    expect(outcome.stderr).toContain("no carrier");
    expect(addressesOf(podLink(sim))).toEqual(["2001:db8::5/64"]);
  });
});

describe("linkInContainer", () => {
  test("takes the master from the container", () => {
    const sim = machine();
    const inner = sim.addMaster("eth0", { mtu: 1300 }, sim.netns(POD));
    const result = add(sim, { linkInContainer: true });
    expect(podLink(sim).lower).toBe(inner);
    expect(result.interfaces?.[0]).toMatchObject({ mtu: 1300, sandbox: POD });
  });

  test("does not find one of the host", () => {
    const error = refusal(machine(), { config: config({ linkInContainer: true }) });
    expect(error.code).toBe(100);
    expect(error.msg).toContain("container's");
  });

  test("with the default route of the container", () => {
    const sim = machine();
    const inner = sim.addMaster("net0", {}, sim.netns(POD));
    addDefaultRoute(sim, "net0", 0, sim.netns(POD));
    add(sim, { linkInContainer: true, master: undefined });
    expect(podLink(sim).lower).toBe(inner);
  });
});

/** A default route of the main table, IPv4 unless `family` says 10. */
function addDefaultRoute(
  sim: ReturnType<typeof machine>,
  device: string | readonly string[],
  priority: number,
  netns = sim.host,
  family = 2,
  table = 254,
  type = U.RTN_UNICAST,
): void {
  const devices = [device].flat();
  netns.routes.insert({
    family,
    table,
    dst: new Uint8Array(family === 2 ? 4 : 16),
    dstLength: 0,
    type,
    scope: 0,
    protocol: 3,
    priority,
    metrics: new Map(),
    source: undefined,
    hops: devices.map((name) => {
      const link = netns.find(name);
      if (link === undefined) throw new Error(name);
      const gateway = family === 2 ? "192.0.2.1" : "fe80::1";
      return { link, gateway: parseIp(gateway), flags: 0 };
    }),
  });
}

describe("without a master the default route says which", () => {
  const none = { master: undefined };

  test("the only one", () => {
    const sim = machine();
    addDefaultRoute(sim, "eth0", 0);
    add(sim, none);
    expect(podLink(sim).lower?.name).toBe("eth0");
  });

  test("IPv6 alone will do", () => {
    const sim = machine();
    addDefaultRoute(sim, "eth0", 1024, sim.host, 10);
    add(sim, none);
    expect(podLink(sim).lower?.name).toBe("eth0");
  });

  test("IPv4 goes before IPv6, and the lowest metric first", () => {
    const sim = machine();
    for (const name of ["eth1", "eth2", "eth3"]) sim.addMaster(name);
    addDefaultRoute(sim, "eth1", 1, sim.host, 10);
    addDefaultRoute(sim, "eth2", 200);
    addDefaultRoute(sim, "eth3", 100);
    add(sim, none);
    expect(podLink(sim).lower?.name).toBe("eth3");
  });

  test("one whose interface cannot carry a macvlan is passed over", () => {
    const sim = machine();
    sim.addMaster("eth1", { up: false });
    addDefaultRoute(sim, "eth1", 1);
    addDefaultRoute(sim, "eth0", 2);
    add(sim, none);
    expect(podLink(sim).lower?.name).toBe("eth0");
  });

  test("of a multipath route the first usable hop counts", () => {
    const sim = machine();
    sim.addMaster("eth1", { up: false });
    sim.addMaster("eth2");
    addDefaultRoute(sim, ["eth1", "eth2", "eth0"], 0);
    add(sim, none);
    expect(podLink(sim).lower?.name).toBe("eth2");
  });

  test("a default route of another table, or to the host itself, is none", () => {
    const sim = machine();
    addDefaultRoute(sim, "eth0", 0, sim.host, 2, 100);
    addDefaultRoute(sim, "lo", 4294967295, sim.host, 10, 254, U.RTN_LOCAL);
    for (const wrap of [confine, lavish]) {
      expect(refusal(sim, { config: config(none), wrap }).msg).toContain("no default route; set");
    }
  });

  test("a list that changes while it is read is read again, from its beginning", () => {
    const sim = machine();
    sim.addMaster("eth1", { up: false });
    addDefaultRoute(sim, "eth1", 7);
    addDefaultRoute(sim, "eth1", 8, sim.host, 10);
    const { msg } = refusal(sim, { config: config(none) });
    const hits = [1, 2, 3, 4].map((nth) => {
      let hit = () => false;
      const wrap = (system: System) => {
        const faulty = withFault(confine(system), {
          call: "recvfrom",
          nth,
          failure: "interrupted",
        });
        hit = faulty.fired;
        return faulty.system;
      };
      expect(refusal(sim, { config: config(none), wrap }).msg).toBe(msg);
      return hit();
    });
    expect(hits.filter((hit) => hit).length).toBeGreaterThan(2);
  });

  test("the message says what was considered", () => {
    const sim = machine();
    expect(refusal(sim, { config: config(none) }).msg).toContain("there is no default route");
    sim.addMaster("eth1", { up: false });
    addDefaultRoute(sim, "eth1", 7);
    const { msg } = refusal(sim, { config: config(none) });
    expect(msg).toContain('"eth1" (metric 7) is down');
  });
});
