import { describe, expect, test } from "vitest";
import { uapi } from "../../host/sim/index.ts";
import { addressesOf, config, failure, POD, podLink, run, staticIpam } from "./core.ts";
import { crowded, give, master } from "./wire.ts";

// With nextAddress IPAM is asked for another address, after one that somebody has.

const dual = { ipam: staticIpam(["10.0.0.5/24", "2001:db8::5/64"]) };
const again = { conflictDetection: { probes: 3, interval: 100, nextAddress: 2 } };

describe("nextAddress", () => {
  const hostLocal = (end: string) => ({
    type: "host-local",
    ranges: [[{ subnet: "10.0.0.0/24", rangeStart: "10.0.0.5", rangeEnd: end }]],
  });

  test("asks IPAM for another one, so often", () => {
    const sim = crowded("10.0.0.5", "10.0.0.6");
    const keys = { ipam: hostLocal("10.0.0.9"), ...again };
    const outcome = run(sim, { config: config(keys) });
    expect(outcome.status).toBe(0);
    expect(addressesOf(podLink(sim))).toEqual(["10.0.0.7/24"]);
    const lines = outcome.stderr.trimEnd().split("\n");
    expect(lines).toHaveLength(2);
    expect(lines[0]).toContain(`10.0.0.5 of "mv0"`);
    expect(lines[0]).toContain("trying the next address");
    const { leases } = { leases: sim.files.get("/var/lib/cni/networks/net1") };
    if (leases.kind !== "folder") throw new Error("no leases");
    expect([...leases.entries.keys()].filter((name) => /^\d/.test(name))).toEqual(["10.0.0.7"]);
    const check = { ...keys, prevResult: outcome.json };
    expect(run(sim, { command: "CHECK", config: config(check) }).status).toBe(0);
  });

  test("passes over one that the master has", () => {
    const sim = crowded("10.0.0.5");
    give(master(sim), "10.0.0.6");
    const outcome = run(sim, { config: config({ ipam: hostLocal("10.0.0.9"), ...again }) });
    expect(outcome.status).toBe(0);
    expect(addressesOf(podLink(sim))).toEqual(["10.0.0.7/24"]);
    expect(outcome.stderr).toContain('the master "eth0" of this node has it');
  });

  test("fails after that, and tells of all", () => {
    const sim = crowded("10.0.0.5", "10.0.0.6", "10.0.0.7");
    const keys = { ipam: hostLocal("10.0.0.9"), ...again };
    const error = failure(run(sim, { config: config(keys) }));
    expect(error.code).toBe(104);
    expect(error.msg).toContain("10.0.0.7");
    expect(error.details).toContain("10.0.0.5");
    expect(error.details).toContain("10.0.0.6");
    expect(sim.netns("/run/netns/pod").find("mv0")).toBeUndefined();
  });

  test.each(["10.0.0.5", "10.0.0.6"])("fails where IPAM has no more than up to %s", (end) => {
    const sim = crowded("10.0.0.5", "10.0.0.6");
    const keys = { ipam: hostLocal(end), ...again };
    const error = failure(run(sim, { config: config(keys) }));
    expect(error.code).toBe(104);
    if (end === "10.0.0.5") expect(error.details).toContain("gave it again");
  });

  test.each([
    ["10.0.0.5", "10.0.0.6", "10.0.0.5"],
    ["10.0.0.5", "10.0.0.6", "10.0.0.6"],
  ])("ends where IPAM gives %s, %s, and then %s again", (...given) => {
    const sim = crowded("10.0.0.5", "10.0.0.6");
    sim.files.install("/opt/cni/bin/ipam", ({ env }) => {
      if (env.CNI_COMMAND !== "ADD") return {};
      return { stdout: JSON.stringify({ ips: [{ address: `${given.shift()}/24` }] }) };
    });
    const error = failure(run(sim, { config: config({ ipam: { type: "ipam" }, ...again }) }));
    expect(error.code).toBe(104);
    expect(error.msg).toContain("10.0.0.6");
    expect(error.details?.split("\n")).toEqual([
      'IPAM plugin "ipam" gave it again',
      expect.stringContaining("before: address 10.0.0.5 of"),
    ]);
  });

  test("ends where IPAM does not take the address back", () => {
    const sim = crowded("10.0.0.5");
    const commands: unknown[] = [];
    sim.files.install("/opt/cni/bin/ipam", ({ env }) => {
      commands.push(env.CNI_COMMAND);
      if (env.CNI_COMMAND === "DEL") return { status: 1, stdout: '{"code":110,"msg":"busy"}' };
      return { stdout: JSON.stringify({ ips: [{ address: "10.0.0.5/24" }] }) };
    });
    const error = failure(run(sim, { config: config({ ipam: { type: "ipam" }, ...again }) }));
    expect(error.code).toBe(104);
    expect(error.details).toContain("no other address from IPAM: ");
    expect(error.details).toContain("busy");
    // the last one is that of every ADD that fails
    expect(commands).toEqual(["ADD", "DEL", "DEL"]);
  });

  test("goes on after an IPv6 address too, and leaves nothing of the one before", () => {
    const sim = crowded("2001:db8::5");
    const given = ["2001:db8::5/64", "2001:db8::6/64"];
    const wasUp: boolean[] = [];
    sim.files.install("/opt/cni/bin/ipam", ({ env }) => {
      if (env.CNI_COMMAND !== "ADD") return {};
      wasUp.push(podLink(sim).up);
      const ips = [{ address: given.shift() ?? "" }, { address: "10.0.0.5/24" }];
      return { stdout: JSON.stringify({ ips, routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1" }] }) };
    });
    const outcome = run(sim, { config: config({ ipam: { type: "ipam" }, ...again }) });
    expect(outcome.status).toBe(0);
    expect(addressesOf(podLink(sim)).sort()).toEqual(["10.0.0.5/24", "2001:db8::6/64"]);
    expect(podLink(sim).settings.get("ipv6/neigh", "retrans_time_ms")).toBe(1000);
    expect(wasUp).toEqual([false, false]);
  });

  test.each([
    [{ type: uapi.RTM_DELADDR }, 'remove address 2001:db8::5/64 from "mv0"'],
    [{ type: uapi.RTM_SETLINK, skip: 1 }, 'set "mv0" down'],
  ])("is nothing where the interface cannot be as it was: %j", (refused, what) => {
    const sim = crowded("10.0.0.5");
    sim.refuse({ ...refused, errno: uapi.EPERM });
    const { msg } = failure(run(sim, { config: config({ ...dual, ...again }) }));
    expect(msg).toContain(`${what}: EPERM`);
    expect(sim.netns(POD).find("mv0")).toBeUndefined();
  });

  test("is nothing without probes, also where the kernel has found somebody", () => {
    const sim = crowded("2001:db8::5");
    const commands: unknown[] = [];
    sim.files.install("/opt/cni/bin/ipam", ({ env }) => {
      commands.push(env.CNI_COMMAND);
      return { stdout: JSON.stringify({ ips: [{ address: "2001:db8::5/64" }] }) };
    });
    const keys = { ipam: { type: "ipam" }, conflictDetection: { probes: 0, nextAddress: 3 } };
    expect(failure(run(sim, { config: config(keys) })).code).toBe(104);
    expect(commands).toEqual(["ADD", "DEL"]);
  });

  test("is not for a link-local address, which IPAM has no say in", () => {
    const keys = { ...dual, ...again, mac: "02:00:00:00:00:77" };
    const sim = crowded("fe80::ff:fe00:77");
    const commands: unknown[] = [];
    sim.files.install("/opt/cni/bin/ipam", ({ env }) => {
      commands.push(env.CNI_COMMAND);
      return { stdout: JSON.stringify({ ips: [{ address: "2001:db8::5/64" }] }) };
    });
    const error = failure(run(sim, { config: config({ ...keys, ipam: { type: "ipam" } }) }));
    expect(error).toMatchObject({ code: 104 });
    expect(commands).toEqual(["ADD", "DEL"]);
  });

  test("an error of IPAM afterwards stands in the details", () => {
    const sim = crowded("10.0.0.5");
    let adds = 0;
    sim.files.install("/opt/cni/bin/ipam", ({ env }) => {
      if (env.CNI_COMMAND !== "ADD") return {};
      if (adds++ > 0) return { status: 1, stdout: '{"code":110,"msg":"all gone"}' };
      return { stdout: JSON.stringify({ ips: [{ address: "10.0.0.5/24" }] }) };
    });
    const error = failure(run(sim, { config: config({ ipam: { type: "ipam" }, ...again }) }));
    expect(error.code).toBe(104);
    expect(error.msg).toContain("10.0.0.5");
    expect(error.details).toContain("all gone");
  });
});
