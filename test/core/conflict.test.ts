import { describe, expect, test } from "vitest";
import { arpProbe } from "../../host/sim/frame.ts";
import { addAddress, deliver, type Link, type Sim } from "../../host/sim/index.ts";
import { parseIp, parseMac } from "../../host/sim/text.ts";
import * as U from "../../host/sim/uapi.ts";
import {
  add,
  addressesOf,
  config,
  failure,
  machine,
  POD,
  podLink,
  refusal,
  run,
  staticIpam,
} from "./core.ts";

// With conflictDetection ADD asks the network for its addresses before it has them.

const OTHER = "02:00:00:00:00:99";
const dual = { ipam: staticIpam(["10.0.0.5/24", "2001:db8::5/64"]) };
const detection = { conflictDetection: { probes: 3, interval: 100 } };
const again = { conflictDetection: { probes: 3, interval: 100, nextAddress: 2 } };

function master(sim: Sim): Link {
  const link = sim.host.find("eth0");
  if (link === undefined) throw new Error("no master");
  return link;
}

/** A machine on whose wire somebody has these addresses. */
function crowded(...addresses: readonly string[]): Sim {
  const sim = machine();
  for (const address of addresses) master(sim).stations.add(address, OTHER);
  return sim;
}

/** The IPv4 addresses that were probed for, in order. */
function probed(sim: Sim): string[] {
  const frames = master(sim).frames.map(({ bytes }) => Buffer.from(bytes));
  return frames
    .filter((bytes) => /^.{24}0806.{28}00000000/.test(bytes.toString("hex")))
    .map((bytes) => [...bytes.subarray(38, 42)].join("."));
}

/** An interface gets an address. */
function give(link: Link, address: string): void {
  const bytes = parseIp(address);
  const [family, prefixLength] = bytes.length === 4 ? [U.AF_INET, 24] : [U.AF_INET6, 64];
  const parts = { family, bytes, prefixLength, scope: U.RT_SCOPE_UNIVERSE, flags: 0 };
  addAddress(link, parts);
  link.netns.kernel.clock.advance(5000);
}

function timeOf(sim: Sim, action: () => void): number {
  const before = sim.kernel.clock.now;
  action();
  return sim.kernel.clock.now - before;
}

describe("addresses that nobody has", () => {
  test("are probed for, all at once, then used and announced", () => {
    const sim = machine();
    const ipam = staticIpam(["10.0.0.5/24", "10.0.0.6/24", "2001:db8::5/64"]);
    const time = timeOf(sim, () => add(sim, { ipam, ...detection }));
    expect(time).toBeGreaterThanOrEqual(300);
    expect(time).toBeLessThan(320);
    expect(probed(sim)).toEqual(Array(3).fill(["10.0.0.5", "10.0.0.6"]).flat());
    expect(master(sim).frames).toHaveLength(6 + 3);
    expect(addressesOf(podLink(sim)).sort()).toEqual([
      "10.0.0.5/24",
      "10.0.0.6/24",
      "2001:db8::5/64",
    ]);
    expect(podLink(sim).settings.get("ipv6/neigh", "retrans_time_ms")).toBe(1000);
  });

  test("of IPv6 alone take no longer than without", () => {
    const sim = machine();
    const ipam = staticIpam(["2001:db8::5/64"]);
    expect(timeOf(sim, () => add(sim, { ipam, ...detection }))).toBeLessThan(60);
    expect(probed(sim)).toEqual([]);
  });

  test.each([{}, { conflictDetection: { probes: 0, nextAddress: 3 } }])(
    "are not asked for with %j",
    (keys) => {
      const sim = crowded("10.0.0.5");
      const ipam = staticIpam(["10.0.0.5/24"]);
      expect(timeOf(sim, () => add(sim, { ipam, ...keys }))).toBeLessThan(5);
      expect(probed(sim)).toEqual([]);
    },
  );

  test("are not there while they are asked for", () => {
    const sim = machine();
    const seen: string[][] = [];
    sim.kernel.clock.after(250, () => seen.push(addressesOf(podLink(sim))));
    add(sim, { ...dual, ...detection });
    expect(seen).toEqual([["2001:db8::5/64"]]);
  });
});

describe("an address that somebody has", () => {
  test.each([
    ["10.0.0.5", `${OTHER} has it`],
    ["2001:db8::5", `IPv6 duplicate address detection failed: ${OTHER} has it`],
  ])("%s fails ADD at once, with the MAC address", (address, why) => {
    const sim = crowded(address);
    const time = timeOf(sim, () => {
      const error = refusal(sim, { config: config({ ...dual, ...detection }) });
      expect(error.code).toBe(104);
      expect(error.msg).toContain(`address ${address} of "mv0"`);
      expect(error.msg).toContain(`(${why})`);
    });
    expect(time).toBeLessThan(address.includes(":") ? 320 : 10);
  });

  test("in another container on the master counts", () => {
    const sim = machine();
    sim.addNetns("/run/netns/other");
    const keys = { ...dual, mac: OTHER };
    add(sim, keys, { config: config(keys), netns: "/run/netns/other", containerId: "other" });
    const error = failure(run(sim, { config: config({ ...dual, ...detection }) }));
    expect(error.msg).toContain(`10.0.0.5 of "mv0"`);
    expect(error.msg).toContain(`${OTHER} has it`);
  });

  test.each(["10.0.0.5", "2001:db8::5"])(
    "%s on the master itself counts, which is not heard",
    (ip) => {
      const sim = machine();
      give(master(sim), ip);
      const error = refusal(sim, { config: config({ ...dual, ...detection }) });
      expect(error.code).toBe(104);
      expect(error.msg).toContain(`address ${ip} of "mv0"`);
      expect(error.msg).toContain('(the master "eth0" of this node has it)');
      expect(probed(sim)).toEqual([]);
    },
  );

  test("on another interface of the node is none, nor without the key one on the master", () => {
    const sim = machine();
    give(sim.addMaster("eth1"), "10.0.0.5");
    add(sim, { ...dual, ...detection });
    const other = machine();
    give(master(other), "10.0.0.5");
    add(other, dual);
  });

  test("on a master inside the container counts", () => {
    const sim = machine();
    give(sim.addMaster("eth0", {}, sim.netns(POD)), "10.0.0.5");
    give(master(sim), "2001:db8::5");
    sim.kernel.clock.advance(5000);
    const keys = { ...dual, ...detection, linkInContainer: true };
    expect(refusal(sim, { config: config(keys) }).msg).toContain("address 10.0.0.5 of");
  });

  test("cannot be told where the master's addresses cannot be listed", () => {
    const sim = machine();
    sim.refuse({ type: U.RTM_GETADDR, errno: U.EPERM });
    const error = refusal(sim, { config: config({ ...dual, ...detection }) });
    expect(error.code).toBe(103);
    expect(error.msg).toContain('list the addresses of "eth0": EPERM');
  });

  test("is one that somebody else asks for at the same moment", () => {
    const sim = machine();
    const probe = arpProbe(parseMac(OTHER), parseIp("10.0.0.5"));
    sim.kernel.clock.after(250, () => deliver(master(sim), probe));
    const error = refusal(sim, { config: config({ ...dual, ...detection }) });
    expect(error).toMatchObject({ code: 104 });
    expect(error.msg).toContain(`${OTHER} is about to take it as well`);
  });

  test("goes back to IPAM", () => {
    const sim = crowded("10.0.0.5");
    const commands: unknown[] = [];
    sim.files.install("/opt/cni/bin/ipam", ({ env }) => {
      commands.push(env.CNI_COMMAND);
      return { stdout: JSON.stringify({ ips: [{ address: "10.0.0.5/24" }] }) };
    });
    const keys = { ipam: { type: "ipam" }, ...detection };
    expect(refusal(sim, { config: config(keys) }).code).toBe(104);
    expect(commands).toEqual(["ADD", "DEL"]);
  });
});

test("without a carrier nobody can be asked: ADD fails, to be tried again", () => {
  const sim = machine();
  sim.addMaster("eth1", { cable: false });
  const keys = { ...dual, ...detection, master: "eth1" };
  const error = refusal(sim, { config: config(keys) });
  expect(error.code).toBe(11);
  expect(error.msg).toContain('"mv0" has no carrier');
});

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

  test("goes on after an IPv6 address too, and leaves nothing of the one before", () => {
    const sim = crowded("2001:db8::5");
    const given = ["2001:db8::5/64", "2001:db8::6/64"];
    sim.files.install("/opt/cni/bin/ipam", ({ env }) => {
      if (env.CNI_COMMAND !== "ADD") return {};
      const ips = [{ address: given.shift() ?? "" }, { address: "10.0.0.5/24" }];
      return { stdout: JSON.stringify({ ips, routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1" }] }) };
    });
    const outcome = run(sim, { config: config({ ipam: { type: "ipam" }, ...again }) });
    expect(outcome.status).toBe(0);
    expect(addressesOf(podLink(sim)).sort()).toEqual(["10.0.0.5/24", "2001:db8::6/64"]);
    expect(podLink(sim).settings.get("ipv6/neigh", "retrans_time_ms")).toBe(1000);
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

test.each([
  [{ probes: 11 }, 'key "conflictDetection.probes" is 11, must be 0 to 10'],
  [{ interval: 9 }, 'key "conflictDetection.interval" is 9, must be 10 to 2000'],
  [{ nextAddress: 33 }, 'key "conflictDetection.nextAddress" is 33, must be 0 to 32'],
  [true, 'key "conflictDetection" must be an object'],
])("conflictDetection %j is refused", (conflictDetection, words) => {
  const error = failure(run(machine(), { config: config({ ...dual, conflictDetection }) }));
  expect([6, 7]).toContain(error.code);
  expect(error.msg).toContain(words);
});
