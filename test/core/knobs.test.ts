import { describe, expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import { confine } from "../../host/policy.ts";
import type { Link, Macvlan } from "../../host/sim/link.ts";
import * as U from "../../host/sim/uapi.ts";
import { add, config, failure, machine, POD, podLink, refusal, run, staticIpam } from "./core.ts";

// Settings that are handed to the kernel as they are, and sysctls of the interface.

const EVERY = {
  mode: "source",
  nodst: true,
  sourceMacs: ["02:00:00:00:00:61", "02-00-00-00-00-62", "0200.0000.0061"],
  bcqueuelen: 3000,
  bclim: 5,
  promisc: true,
  allmulti: true,
  txQLen: 500,
  group: 7,
  alias: "pod a, ünicode",
  sysctl: {
    "net.ipv4.conf.IFNAME.rp_filter": "2",
    "net.ipv4.conf.IFNAME.arp_ignore": "1",
    "net.ipv6.conf.IFNAME.autoconf": "0",
    "net.ipv4.neigh.IFNAME.mcast_solicit": "5",
  },
};
const IPAM = { ipam: staticIpam(["10.0.0.5/24", "2001:db8::5/64"]) };

describe.each([
  ["layer 2", {}],
  ["with addresses", IPAM],
])("%s", (_, ipam) => {
  test("every knob is as it was asked for, and CHECK finds it so", () => {
    const sim = machine();
    const keys = { ...EVERY, ...ipam };
    const prevResult = add(sim, keys);
    const link = podLink(sim);
    expect(link).toMatchObject({
      promisc: true,
      allmulti: true,
      txQueueLength: 500,
      group: 7,
      alias: "pod a, ünicode",
      up: true,
      macvlan: { mode: U.MACVLAN_MODE_SOURCE, flags: U.MACVLAN_FLAG_NODST, queueLength: 3000 },
    });
    expect(link.macvlan?.sources.map((mac) => mac[5])).toEqual([0x61, 0x62]);
    expect(link.lower?.broadcastCutoff).toBe(5);
    expect(link.settings.changes()).toMatchObject({
      "ipv4/conf/rp_filter": 2,
      "ipv4/conf/arp_ignore": 1,
      "ipv6/conf/autoconf": 0,
      "ipv4/neigh/mcast_solicit": 5,
    });
    const check = run(sim, { command: "CHECK", config: config({ ...keys, prevResult }) });
    expect(check).toMatchObject({ status: 0, stderr: "" });
  });

  test("nothing is touched that was not asked for", () => {
    const sim = machine();
    add(sim, ipam);
    const link = podLink(sim);
    expect(link).toMatchObject({ promisc: false, txQueueLength: 1000, group: 0, alias: "" });
    expect(link.settings.find("ipv4/conf", "rp_filter")).toBe(0);
  });
});

test("a sysctl of the configuration goes before what the plugin sets by itself", () => {
  const sim = machine();
  const sysctl = {
    "net.ipv4.conf.IFNAME.arp_notify": "0",
    "net.ipv6.neigh.IFNAME.retrans_time_ms": "777",
  };
  add(sim, { sysctl, ...IPAM });
  expect(podLink(sim).settings.get("ipv4/conf", "arp_notify")).toBe(0);
  expect(podLink(sim).settings.get("ipv6/neigh", "retrans_time_ms")).toBe(777);
});

describe("sysctls are set before the link is up:", () => {
  test.each([{}, IPAM])("%j", (ipam) => {
    const sim = machine();
    let value: unknown;
    sim.netns(POD).subscribers.add((change) => {
      if (change.what !== "link" || !change.link.up) return;
      value ??= change.link.settings.get("ipv6/conf", "accept_ra");
    });
    add(sim, { sysctl: { "net.ipv6.conf.IFNAME.accept_ra": "0" }, ...ipam });
    expect(value).toBe(0);
  });
});

describe("refused, with nothing changed:", () => {
  const source = { mode: "source", sourceMacs: ["02:00:00:00:00:61"] };
  const sysctl = (key: string, value: unknown = "1") => ({ sysctl: { [key]: value } });
  const MANY = Array.from({ length: 257 }, (_, i) => [`net.ipv4.conf.IFNAME.x${i}`, "1"]);
  const NO_SYSCTL = "is no sysctl of the interface, as net.ipv4.conf.IFNAME.rp_filter is";
  test.each<[Record<string, unknown>, number, string]>([
    [{ mode: "source" }, 7, 'key "sourceMacs" is missing'],
    [{ sourceMacs: ["02:00:00:00:00:61"] }, 7, 'key "sourceMacs" is for mode source alone'],
    [{ ...source, sourceMacs: ["x"] }, 7, 'key "sourceMacs[0]" "x" is no hardware address'],
    [{ ...source, sourceMacs: ["01:00:00:00:00:61"] }, 7, "is a multicast address"],
    [{ ...source, sourceMacs: "x" }, 6, 'key "sourceMacs" must be an array'],
    [{ ...source, sourceMacs: Array(1025).fill("x") }, 7, "has more than 1024 addresses"],
    [{ nodst: true }, 7, 'key "nodst" is for mode source alone'],
    [{ ...source, nopromisc: true }, 7, 'key "nopromisc" is for mode passthru alone'],
    [{ bclim: -2 }, 7, 'key "bclim" is -2, must be -1 to 2147483647'],
    [{ bclim: 2147483648 }, 7, 'key "bclim"'],
    [{ txQLen: 4294967296 }, 7, 'key "txQLen"'],
    [{ group: -1 }, 7, 'key "group"'],
    [{ group: "default" }, 6, 'key "group" must be a whole number'],
    [{ promisc: "on" }, 6, 'key "promisc"'],
    [{ allmulti: 1 }, 6, 'key "allmulti"'],
    [{ alias: "ü".repeat(128) }, 7, 'key "alias" must be at most 255 bytes'],
    [{ alias: "a\0b" }, 7, 'key "alias"'],
    [{ sysctl: [] }, 6, 'key "sysctl" must be an object'],
    [{ sysctl: Object.fromEntries(MANY) }, 7, 'key "sysctl" has more than 256 keys'],
    [{ sysctl: Object.fromEntries(MANY.slice(1)) }, 103, 'set sysctl "net.ipv4.conf.IFNAME.x1" to'],
    [sysctl("net.ipv4.ip_forward"), 7, NO_SYSCTL],
    [sysctl("net.ipv4.conf.all.rp_filter"), 7, NO_SYSCTL],
    [sysctl("net.ipv4.conf.mv0.rp_filter"), 7, NO_SYSCTL],
    [sysctl("net.ipv4.conf.IFNAME.../all/rp_filter"), 7, NO_SYSCTL],
    [sysctl("net.ipv4.conf.IFNAME."), 7, NO_SYSCTL],
    [sysctl(`net.ipv4.conf.IFNAME.${"x".repeat(65)}`), 7, NO_SYSCTL],
    [sysctl("net/ipv4/conf/IFNAME/rp_filter"), 7, NO_SYSCTL],
    [sysctl("net.ipv4.conf.IFNAME.rp_filter\0"), 7, NO_SYSCTL],
    [sysctl("net.ipv4.conf.IFNAME.rp_filter", 1), 6, "must be a string, not 1"],
    [sysctl("net.ipv4.conf.IFNAME.rp_filter", "on"), 7, 'is "on", must be a whole number'],
    [sysctl("net.ipv4.conf.IFNAME.rp_filter", "x"), 7, 'is "x", must be a whole number'],
    [sysctl("net.ipv4.conf.IFNAME.rp_filter", "100000000000"), 7, "must be a whole number"],
    [sysctl("net.ipv4.conf.IFNAME.rp_filter", "01"), 7, 'is "01", must be a whole number'],
    [sysctl("net.ipv4.conf.IFNAME.rp_filter", ""), 7, 'is "", must be a whole number'],
  ])("%j", (keys, code, msg) => {
    const error = refusal(machine(), { config: config(keys) });
    expect(error.code).toBe(code);
    expect(error.msg).toContain(msg);
  });

  test("a sysctl that the kernel has not, and a value that it does not take", () => {
    for (const ipam of [{}, IPAM]) {
      const none = config({ ...sysctl("net.ipv4.conf.IFNAME.nonesuch"), ...ipam });
      expect(refusal(machine(), { config: none })).toMatchObject({
        code: 103,
        msg: expect.stringMatching(/^set sysctl "net\.ipv4.*nonesuch" to 1: ENOENT/),
        details: "this kernel has none of that name",
      });
      const odd = config({ ...sysctl("net.ipv4.conf.IFNAME.rp_filter", "99999999999"), ...ipam });
      const error = refusal(machine(), { config: odd });
      expect(error.msg).toMatch(/to 99999999999: EINVAL/);
      expect(error.details).toBeUndefined();
    }
  });
});

describe("a kernel", () => {
  test("before 6.4 has no broadcast cutoff, and does not say so by itself", () => {
    const sim = machine({ macvlanMax: 8 });
    expect(refusal(sim, { config: config({ bclim: 5 }) })).toMatchObject({
      code: 101,
      msg: 'this kernel has no broadcast cutoff: "bclim" is 5',
      details: "Linux 6.4 and later have it; remove the key",
    });
    add(sim, { bclim: 1 });
  });

  test("before 5.11 has no length of the broadcast queue", () => {
    const outcome = run(machine({ macvlanMax: 6 }), { config: config({ bcqueuelen: 5 }) });
    expect(outcome.status).toBe(0);
    expect(outcome.stderr).toContain('"bcqueuelen" has no effect on this kernel: Linux 5.11');
  });

  test("before 5.13 has no nodst", () => {
    const sim = machine();
    sim.refuse({ type: U.RTM_NEWLINK, errno: U.EINVAL });
    const keys = { mode: "source", sourceMacs: ["02:00:00:00:00:61"], nodst: true };
    expect(refusal(sim, { config: config(keys) })).toMatchObject({
      code: 101,
      details: expect.stringContaining("nodst needs Linux 5.13"),
    });
  });
});

test("a longer broadcast queue of a sibling is told of", () => {
  const sim = machine();
  add(sim, { bcqueuelen: 5000 });
  const outcome = run(sim, { config: config({ bcqueuelen: 2000 }), ifname: "mv1" });
  expect(outcome.status).toBe(0);
  expect(outcome.stderr).toBe(
    'macvlan: the broadcast queue of master "eth0" holds 5000 frames and not 2000, because ' +
      "another macvlan there asks for more\n",
  );
  add(sim, {}, { ifname: "mv2" });
});

describe("CHECK finds a difference in", () => {
  const OTHER = Uint8Array.of(2, 0, 0, 0, 0, 9);
  const cases: [string, (link: Link, macvlan: Macvlan) => unknown][] = [
    ["promisc off", (link) => Object.assign(link, { promisc: false })],
    ["allmulti off", (link) => Object.assign(link, { allmulti: false })],
    ["txQLen 1000, the configuration says 500", (l) => Object.assign(l, { txQueueLength: 1000 })],
    ["group 0, the configuration says 7", (link) => Object.assign(link, { group: 0 })],
    ['alias "", the configuration says "pod a', (link) => Object.assign(link, { alias: "" })],
    ["nodst not as the configuration says", (_, own) => Object.assign(own, { flags: 0 })],
    ["no source MAC address 02:00:00:00:00:61", (_, { sources }) => sources.shift()],
    [
      "source MAC addresses that the configuration does not say",
      (_, { sources }) => sources.push(OTHER),
    ],
    [
      "bcqueuelen 1000, the configuration says 3000",
      (_, own) => Object.assign(own, { queueLength: 1000 }),
    ],
    [
      'sysctl "net.ipv4.conf.IFNAME.rp_filter" is "0", the configuration says 2',
      (link) => link.settings.set("ipv4/conf", "rp_filter", 0),
    ],
  ];
  test.each(cases)("%s", (words, change) => {
    const sim = machine();
    const prevResult = add(sim, EVERY);
    const link = podLink(sim);
    change(link, link.macvlan as Macvlan);
    const error = failure(run(sim, { command: "CHECK", config: config({ ...EVERY, prevResult }) }));
    expect(error.code).toBe(107);
    expect(error.msg).toContain(words);
  });

  test("not what it cannot look at", () => {
    const sim = machine();
    const keys = { sysctl: { "net.ipv4.conf.IFNAME.rp_filter": "1" } };
    const prevResult = add(sim, keys);
    const wrap = (system: System): System => {
      const confined = confine(system);
      const open: System["open"] = (path, ...words) =>
        path.endsWith("/rp_filter") ? -U.EACCES : confined.open(path, ...words);
      return { ...confined, open };
    };
    const check = { command: "CHECK", config: config({ ...keys, prevResult }), wrap };
    expect(failure(run(sim, check))).toMatchObject({
      code: 108,
      msg: 'sysctl "net.ipv4.conf.IFNAME.rp_filter" cannot be read',
    });
  });

  test("nothing that was not asked for", () => {
    const sim = machine();
    const prevResult = add(sim);
    const more = { promisc: true, allmulti: true, txQueueLength: 7, group: 7, alias: "x" };
    Object.assign(podLink(sim), more);
    const check = { command: "CHECK", config: config({ prevResult }) };
    expect(run(sim, check)).toMatchObject({ status: 0, stderr: "" });
  });

  test("not in the cutoff, which is the master's, nor in times of neighbours", () => {
    const sim = machine();
    const prevResult = add(sim, EVERY);
    const link = podLink(sim);
    if (link.lower) link.lower.broadcastCutoff = 9;
    link.settings.set("ipv4/neigh", "mcast_solicit", 6);
    const outcome = run(sim, { command: "CHECK", config: config({ ...EVERY, prevResult }) });
    expect(outcome.status).toBe(0);
    expect(outcome.stderr).toContain('bclim of the master of "mv0" is 9 now');
  });
});
