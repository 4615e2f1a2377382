import { describe, expect, test } from "vitest";
import type { Sim } from "../../host/sim/index.ts";
import {
  add,
  addressesOf,
  config,
  machine,
  POD,
  podLink,
  refusal,
  run,
  staticIpam,
} from "./core.ts";

// ADD waits until duplicate address detection has ended, but no longer than it must.

const ADDRESS = "2001:db8::5";
const ipam = staticIpam([`${ADDRESS}/64`]);
const TENTATIVE = 0x40;

/** How long `action` takes, in milliseconds of the machine's own time. */
function timeOf(sim: Sim, action: () => void): number {
  const before = sim.kernel.clock.now;
  action();
  return sim.kernel.clock.now - before;
}

function tentative(sim: Sim): string[] {
  const addresses = podLink(sim).addresses.filter(({ flags }) => (flags & TENTATIVE) !== 0);
  return addresses.map(({ text }) => text);
}

describe("ADD", () => {
  test("takes 50 ms of waiting, after which no address is tentative", () => {
    const sim = machine();
    const time = timeOf(sim, () => add(sim, { ipam }));
    expect(time).toBeGreaterThanOrEqual(50);
    expect(time).toBeLessThan(60);
    expect(tentative(sim)).toEqual([]);
  });

  test("waits also where no gateway is given, and for every address at once", () => {
    const sim = machine();
    const many = Array.from({ length: 40 }, (_, index) => `2001:db8:${index}::5/64`);
    const time = timeOf(sim, () => add(sim, { ipam: staticIpam(many) }));
    expect(time).toBeLessThan(70);
    expect(tentative(sim)).toEqual([]);
    expect(addressesOf(podLink(sim))).toEqual(many.map((text) => text.replace(":0::", "::")));
  });

  test("with IPv4 alone waits for nothing", () => {
    const sim = machine();
    const time = timeOf(sim, () => add(sim, { ipam: staticIpam(["10.0.0.5/24"]) }));
    expect(time).toBeLessThan(5);
  });

  test("puts the timers back, whatever they were", () => {
    const sim = machine();
    const { defaults } = sim.netns(POD);
    defaults.set("ipv6/conf", "router_solicitation_delay", 3);
    defaults.set("ipv6/neigh", "retrans_time_ms", 777);
    const time = timeOf(sim, () => add(sim, { ipam }));
    expect(time).toBeLessThan(60);
    expect(podLink(sim).settings.get("ipv6/conf", "router_solicitation_delay")).toBe(3);
    expect(podLink(sim).settings.get("ipv6/neigh", "retrans_time_ms")).toBe(777);
  });

  test.each([
    ["dad_transmits", 0],
    ["accept_dad", 0],
  ] as const)("does not wait where %s is %d", (key, value) => {
    const sim = machine();
    const pod = sim.netns(POD);
    pod.defaults.set("ipv6/conf", key, value);
    pod.all.set("ipv6/conf", key, value);
    const time = timeOf(sim, () => add(sim, { ipam }));
    expect(time).toBeLessThan(15);
    expect(tentative(sim)).toEqual([]);
  });

  test("waits for as many probes as the container wants", () => {
    const sim = machine();
    sim.netns(POD).defaults.set("ipv6/conf", "dad_transmits", 20);
    const time = timeOf(sim, () => add(sim, { ipam }));
    expect(time).toBeGreaterThanOrEqual(1000);
    expect(time).toBeLessThan(1100);
  });

  test("gives up after five seconds, and leaves nothing", () => {
    const sim = machine();
    sim.netns(POD).defaults.set("ipv6/conf", "dad_transmits", 1000);
    const time = timeOf(sim, () => {
      const error = refusal(sim, { config: config({ ipam }) });
      expect(error).toMatchObject({ code: 103 });
      expect(error.msg).toContain("still tentative");
    });
    expect(time).toBeGreaterThanOrEqual(5000);
    expect(time).toBeLessThan(5100);
  });

  test("does not wait for a carrier that is not there", () => {
    const sim = machine();
    sim.addMaster("eth1", { cable: false });
    let status = 1;
    const time = timeOf(sim, () => {
      status = run(sim, { config: config({ ipam, master: "eth1" }) }).status;
    });
    expect(status).toBe(0);
    expect(time).toBeLessThan(5);
    expect(tentative(sim)).toEqual([ADDRESS]);
    expect(podLink(sim).settings.get("ipv6/neigh", "retrans_time_ms")).toBe(1000);
  });
});

describe("an address that somebody else has", () => {
  test("on the wire fails ADD, which leaves nothing", () => {
    const sim = machine();
    sim.host.find("eth0")?.stations.add(ADDRESS);
    const error = refusal(sim, { config: config({ ipam }) });
    expect(error).toMatchObject({ code: 104 });
    expect(error.msg).toContain(ADDRESS);
  });

  test("is found within milliseconds", () => {
    const sim = machine();
    sim.host.find("eth0")?.stations.add(ADDRESS);
    expect(timeOf(sim, () => run(sim, { config: config({ ipam }) }))).toBeLessThan(10);
  });

  test("is found as the last of many", () => {
    const sim = machine();
    sim.host.find("eth0")?.stations.add("2001:db8::9");
    const three = staticIpam(["10.0.0.5/24", "2001:db8::8/64", "2001:db8::9/64"]);
    const error = refusal(sim, { config: config({ ipam: three }) });
    expect(error.msg).toContain("2001:db8::9");
  });

  test("releases what IPAM gave", () => {
    const sim = machine();
    sim.host.find("eth0")?.stations.add(ADDRESS);
    const commands: unknown[] = [];
    sim.files.install("/opt/cni/bin/ipam", ({ env }) => {
      commands.push(env.CNI_COMMAND);
      return { stdout: JSON.stringify({ ips: [{ address: `${ADDRESS}/64` }] }) };
    });
    expect(refusal(sim, { config: config({ ipam: { type: "ipam" } }) }).code).toBe(104);
    expect(commands).toEqual(["ADD", "DEL"]);
  });

  test.each([
    ["bridge", 1],
    ["private", 0],
    ["vepa", 0],
  ])("in another container counts where the two can talk: mode %s", (mode, status) => {
    const sim = machine();
    sim.addNetns("/run/netns/other");
    add(sim, { ipam, mode }, { config: config({ ipam, mode }), netns: "/run/netns/other" });
    expect(run(sim, { config: config({ ipam, mode }) }).status).toBe(status);
  });
});
