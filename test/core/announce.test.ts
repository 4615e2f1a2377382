import { describe, expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import { setCable, type Sim, withFault } from "../../host/sim/index.ts";
import { confine } from "../../host/policy.ts";
import { trace } from "../../host/trace.ts";
import * as U from "../../host/sim/uapi.ts";
import { add, config, failure, machine, POD, podLink, refusal, run, staticIpam } from "./core.ts";

// ADD tells the neighbours of the addresses, by frames that leave on the master's wire.

const dual = { ipam: staticIpam(["10.0.0.5/24", "2001:db8::5/64"]) };
const mac = "02:00:00:00:00:77";

/** What has left on the wire, in words. */
function told(sim: Sim): string[] {
  const frames = sim.host.find("eth0")?.frames ?? [];
  return frames.map(({ bytes }) => {
    const hex = Buffer.from(bytes).toString("hex");
    if (hex.slice(24, 28) === "86dd") return `na ${hex.slice(124, 156)}`;
    const operation = hex.slice(40, 44) === "0001" ? "request" : "reply";
    return `arp ${operation} ${hex.slice(56, 64)} ${hex.slice(76, 84)}`;
  });
}

const request = "arp request 0a000005 0a000005";
const reply = "arp reply 0a000005 0a000005";
const advertisement = "na 20010db8000000000000000000000005";

describe("ADD announces", () => {
  test("every address once, by the interface's own MAC address", () => {
    const sim = machine();
    add(sim, { ...dual, mac });
    expect(told(sim)).toEqual([request, advertisement]);
    for (const { link, bytes } of sim.host.find("eth0")?.frames ?? []) {
      expect(link).toBe(podLink(sim));
      expect(Buffer.from(bytes).toString("hex", 6, 12)).toBe(mac.replaceAll(":", ""));
    }
  });

  test("in rounds, with the interval between, and replies", () => {
    const sim = machine();
    add(sim, { ...dual, announce: { count: 3, interval: 500, replies: true } });
    const round = [request, reply, advertisement];
    expect(told(sim)).toEqual([...round, ...round, ...round]);
    const times = (sim.host.find("eth0")?.frames ?? []).map(({ time }) => time);
    expect((times[3] ?? 0) - (times[2] ?? 0)).toBeGreaterThanOrEqual(500);
    expect((times[8] ?? 0) - (times[0] ?? 0)).toBeLessThan(1010);
  });

  test("after 100 ms again, where no interval is given, or at once where it is 0", () => {
    for (const [announce, least] of [
      [{ count: 2 }, 100],
      [{ count: 2, interval: 0 }, 0],
    ] as const) {
      const sim = machine();
      const before = sim.kernel.clock.now;
      add(sim, { ipam: staticIpam(["10.0.0.5/24"]), announce });
      expect(told(sim)).toEqual([request, request]);
      expect(sim.kernel.clock.now - before).toBeGreaterThanOrEqual(least);
      expect(sim.kernel.clock.now - before).toBeLessThan(least + 10);
    }
  });

  test("nothing where the count is 0, and opens no socket for it", () => {
    const sim = machine();
    // netlink sockets: of the host, of the container, for duplicate address detection
    let fired = () => true;
    const wrap: typeof confine = (system) => {
      const fourth = withFault(system, { call: "socket", failure: U.EPERM, nth: 4 });
      fired = fourth.fired;
      return confine(fourth.system);
    };
    const keys = { ...dual, announce: { count: 0 } };
    expect(run(sim, { config: config(keys), wrap }).status).toBe(0);
    expect(told(sim)).toEqual([]);
    expect(fired()).toBe(false);
  });

  test("nothing of a layer 2 interface", () => {
    const sim = machine();
    add(sim);
    expect(told(sim)).toEqual([]);
  });

  test.each([
    ["off", [request, advertisement]],
    ["optimistic", [request]],
  ])("an IPv6 address, unless the kernel still asks for it: dad %s", (dad, expected) => {
    const sim = machine();
    add(sim, { ...dual, ipv6: { dad } });
    expect(told(sim)).toEqual(expected);
  });

  test("nothing while an IPv6 address is tentative, for want of a carrier", () => {
    const sim = machine();
    const master = sim.host.find("eth0");
    if (master) setCable(master, false);
    const lines: string[] = [];
    const wrap: typeof confine = (system) => confine(trace(system, (line) => lines.push(line)));
    expect(run(sim, { config: config(dual), wrap }).status).toBe(0);
    if (master) setCable(master, true);
    expect(told(sim)).toEqual([]);
    // nor is it tried
    expect(lines.join("\n")).not.toContain("announcement");
  });
});

test("ADD leaves the socket, unbound, to the background, and does not wait for it", () => {
  const lines: string[] = [];
  const wrap: typeof confine = (system) => confine(trace(system, (line) => lines.push(line)));
  const keys = { ipam: staticIpam(["10.0.0.5/24"]) };
  expect(run(machine(), { config: config(keys), wrap }).status).toBe(0);
  const at = lines.findIndex((line) => line.startsWith("start_send("));
  const [, socket, result] = /^start_send\((\d+), .* = (\d+) /.exec(lines[at] ?? "") ?? [];
  const after = lines.slice(at - 1, at + 3).map((line) => line.replace(/ <.*/, ""));
  expect(after).toEqual([
    `bind(${socket}, {AF_PACKET, protocol=0, index=0}) = 0`,
    expect.stringMatching(/^start_send/),
    `close(${socket}) = 0`,
    `close(${result}) = 0`,
  ]);
});

describe("what keeps ADD from announcing fails nothing, and is said:", () => {
  test.each([
    ["socket", U.EPERM, 3, "EPERM"],
    ["bind", U.ENODEV, 3, "ENODEV"],
    ["send", U.ENOBUFS, 5, "ENOBUFS"],
  ] as const)("%s", (call, errno, nth, word) => {
    const sim = machine();
    const wrap: typeof confine = (system) =>
      confine(withFault(system, { call, failure: errno, nth, forever: false }).system);
    const keys = { ipam: staticIpam(["10.0.0.5/24"]) };
    const outcome = run(sim, { config: config(keys), wrap });
    expect(outcome.status).toBe(0);
    expect(outcome.stderr).toContain('macvlan: cannot announce the addresses of "mv0": ');
    expect(outcome.stderr).toContain(word);
    expect(told(sim)).toEqual([]);
  });

  test("the first reason, and what comes after it is sent", () => {
    const sim = machine();
    const fails = (nth: number, failure: number) => (system: System) =>
      withFault(system, { call: "send", failure, nth }).system;
    const wrap: typeof confine = (system) =>
      confine(fails(5, U.ENOBUFS)(fails(6, U.EPERM)(system)));
    const keys = { ipam: staticIpam(["10.0.0.5/24"]), announce: { count: 3, interval: 50 } };
    const { status, stderr } = run(sim, { config: config(keys), wrap });
    expect(status).toBe(0);
    expect(stderr).toMatch(/^macvlan: cannot announce [^\n]*ENOBUFS \([^)]*\)\n$/);
    expect(told(sim)).toEqual([request]);
  });

  test("not a call that is interrupted", () => {
    const sim = machine();
    const fault = { call: "send", failure: U.EINTR, nth: 5 } as const;
    const wrap: typeof confine = (system) => confine(withFault(system, fault).system);
    const keys = { ipam: staticIpam(["10.0.0.5/24"]) };
    expect(run(sim, { config: config(keys), wrap })).toMatchObject({ status: 0, stderr: "" });
    expect(told(sim)).toEqual([request]);
  });

  test("but a background that there is none of is nobody's business", () => {
    const sim = machine();
    const fault = { call: "start_send", failure: U.EAGAIN, nth: 1 } as const;
    const wrap: typeof confine = (system) => confine(withFault(system, fault).system);
    const outcome = run(sim, { config: config(dual), wrap });
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
    expect(told(sim)).toEqual([request, advertisement]);
  });
});

describe("CAP_NET_RAW in the container", () => {
  const ipam = staticIpam(["10.0.0.5/24"]);
  const says =
    "no CAP_NET_RAW in the user namespace that owns the container's network namespace: run the " +
    "plugin with it, or without announcing and asking; see docs/troubleshooting.md#no-cap_net_raw";

  function weak(): Sim {
    const sim = machine();
    sim.netns(POD).netRaw = false;
    return sim;
  }

  test("is missed by announcements, which is no failure", () => {
    const { status, stderr } = run(weak(), { config: config({ ipam }) });
    const what = 'cannot announce the addresses of "mv0": EPERM (Operation not permitted)';
    expect([status, stderr]).toEqual([0, `macvlan: ${what}: ${says}\n`]);
  });

  test("is missed by whoever asks, which is one", () => {
    const keys = { ipam, conflictDetection: { probes: 1 } };
    const error = refusal(weak(), { config: config(keys) });
    expect([error.code, error.details]).toEqual([103, says]);
  });

  test("is not missed where nobody needs it", () => {
    const keys = { ipam, announce: { count: 0 } };
    expect(run(weak(), { config: config(keys) })).toMatchObject({ status: 0, stderr: "" });
  });
});

test.each([
  [{ count: 11 }, 'key "announce.count" is 11, must be 0 to 10'],
  [{ count: -1 }, 'key "announce.count" is -1, must be 0 to 10'],
  [{ interval: 2001 }, 'key "announce.interval" is 2001, must be 0 to 2000'],
  [{ replies: 1 }, 'key "announce.replies" must be true or false'],
  [3, 'key "announce" must be an object'],
])("announce %j is refused, in ADD and STATUS", (announce, words) => {
  for (const command of ["ADD", "STATUS"]) {
    const error = failure(run(machine(), { command, config: config({ ...dual, announce }) }));
    expect([6, 7]).toContain(error.code);
    expect(error.msg).toContain(words);
  }
});

test("a key in it that nobody reads is named", () => {
  const keys = { ...dual, announce: { counts: 2 } };
  const { stderr } = run(machine(), { config: config(keys), netns: POD });
  expect(stderr).toContain('"announce.counts": did you mean "announce.count"?');
});
