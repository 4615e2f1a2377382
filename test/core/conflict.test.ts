import { describe, expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import { confine } from "../../host/policy.ts";
import { arpProbe } from "../../host/sim/frame.ts";
import { deliver, type Sim, withFault } from "../../host/sim/index.ts";
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
import { crowded, give, master, OTHER } from "./wire.ts";

// With conflictDetection ADD asks the network for its addresses before it has them.

const dual = { ipam: staticIpam(["10.0.0.5/24", "2001:db8::5/64"]) };
const detection = { conflictDetection: { probes: 3, interval: 100 } };

/** The IPv4 addresses that were probed for, in order. */
function probed(sim: Sim): string[] {
  const frames = master(sim).frames.map(({ bytes }) => Buffer.from(bytes));
  return frames
    .filter((bytes) => /^.{24}0806.{28}00000000/.test(bytes.toString("hex")))
    .map((bytes) => [...bytes.subarray(38, 42)].join("."));
}

function timeOf(sim: Sim, action: (sim: Sim) => void): number {
  const before = sim.kernel.clock.now;
  action(sim);
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

  test("are asked for 200 ms each time, where no interval is given", () => {
    const keys = { ipam: staticIpam(["10.0.0.5/24"]), conflictDetection: { probes: 2 } };
    const time = timeOf(machine(), (sim) => add(sim, keys));
    expect(time).toBeGreaterThanOrEqual(400);
    expect(time).toBeLessThan(410);
  });

  test("take no longer where others talk all the time", () => {
    const sim = machine();
    const noise = arpProbe(parseMac(OTHER), parseIp("10.0.0.9"));
    for (let at = 0; at < 1000; at += 30) {
      sim.kernel.clock.after(at, () => deliver(master(sim), noise));
    }
    const ipam = staticIpam(["10.0.0.5/24"]);
    expect(timeOf(sim, () => add(sim, { ipam, ...detection }))).toBeLessThan(320);
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
    expect(probed(sim)).toHaveLength(address.includes(":") ? 3 : 1);
  });

  test("is found as the last of several", () => {
    const ipam = staticIpam(["10.0.0.5/24", "10.0.0.6/24", "10.0.0.7/24"]);
    const error = refusal(crowded("10.0.0.7"), { config: config({ ipam, ...detection }) });
    expect(error.msg).toContain("address 10.0.0.7 of");
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

/** Puts something in the place of the first call on a packet socket that is `name`. */
function onPackets(name: "bind" | "send" | "recvfrom", errno: number): typeof confine {
  return (system) => {
    const sockets = new Set<number>();
    let isDone = false;
    const own: Partial<System> = {
      socket: (domain, type, protocol) => {
        const fd = system.socket(domain, type, protocol);
        if (domain === U.AF_PACKET) sockets.add(fd);
        return fd;
      },
      [name]: (...args: unknown[]) => {
        const isHit = !isDone && sockets.has(args[0] as number);
        if (isHit) isDone = true;
        return isHit ? -errno : (system[name] as (...args: unknown[]) => number)(...args);
      },
    };
    const get = (_: System, key: keyof System) => own[key] ?? system[key].bind(system);
    return confine(new Proxy(system, { get } as ProxyHandler<System>));
  };
}

describe("what keeps ADD from asking fails it:", () => {
  test.each([
    ["bind", U.ENODEV, "listen: ENODEV"],
    ["send", U.ENOBUFS, "send an ARP probe: ENOBUFS"],
    ["recvfrom", U.ENETDOWN, "listen: ENETDOWN"],
  ] as const)("%s", (name, errno, words) => {
    const wrap = onPackets(name, errno);
    const keys = { ipam: staticIpam(["10.0.0.5/24"]), ...detection };
    const error = refusal(crowded("10.0.0.5"), { config: config(keys), wrap });
    expect(error.code).toBe(errno === U.ENOBUFS ? 11 : 103);
    expect(error.msg).toContain(`look for others with the addresses of "mv0": ${words}`);
  });

  test.each([
    ["send", U.EINTR],
    ["recvfrom", U.EINTR],
    ["recvfrom", U.EAGAIN],
    // a length that no kernel gives
    ["recvfrom", -300],
  ] as const)("but not %s that says %i, which is called again", (name, errno) => {
    const keys = { ipam: staticIpam(["10.0.0.5/24"]), ...detection };
    const wrap = onPackets(name, errno);
    expect(refusal(crowded("10.0.0.5"), { config: config(keys), wrap }).code).toBe(104);
  });

  test("but not a poll that is interrupted, whichever", () => {
    let hasFired = () => true;
    for (let nth = 1; hasFired(); nth++) {
      const wrap: typeof confine = (system) => {
        const faulty = withFault(system, { call: "poll", failure: U.EINTR, nth });
        hasFired = faulty.fired;
        return confine(faulty.system);
      };
      const keys = { ...dual, ...detection };
      const outcome = run(crowded("2001:db8::5"), { config: config(keys), wrap });
      expect(failure(outcome).msg).toContain(`${OTHER} has it`);
    }
  });
});

test.each(["off", "optimistic"])("conflictDetection is refused where dad is %s", (dad) => {
  const keys = { ...dual, ...detection, ipv6: { dad } };
  const error = failure(run(machine(), { config: config(keys) }));
  expect(error.code).toBe(7);
  expect(error.msg).toContain('asks for IPv6 by the kernel: "ipv6.dad" must be "wait"');
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
