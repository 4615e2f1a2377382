import { describe, expect, test } from "vitest";
import { type Sim, setMtu } from "../../host/sim/index.ts";
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

// The key `ipv6`: routers, link-local addresses, duplicate address detection.

const ADDRESS = "2001:db8::5";
const ipam = staticIpam([`${ADDRESS}/64`]);
const LAYERS: readonly [string, Record<string, unknown>][] = [
  ["layer 2", {}],
  ["with IPv4", { ipam: staticIpam(["10.0.0.5/24"]) }],
  ["with IPv6", { ipam }],
];

function timeOf(sim: Sim, action: () => void): number {
  const before = sim.kernel.clock.now;
  action();
  return sim.kernel.clock.now - before;
}

/** The sysctls of the container's interface that are not as the kernel has them. */
const changes = (sim: Sim) => podLink(sim).settings.changes();

function flagsOf(sim: Sim): number | undefined {
  return podLink(sim).addresses.find(({ text }) => text === ADDRESS)?.flags;
}

function linkLocal(sim: Sim): string | undefined {
  sim.kernel.clock.advance(3000);
  return podLink(sim).addresses.find(({ text }) => text.startsWith("fe80:"))?.text;
}

describe.each(LAYERS)("%s", (_, layer) => {
  test.each<[Record<string, unknown>, Record<string, number>]>([
    [{ acceptRA: false }, { "ipv6/conf/accept_ra": 0 }],
    [{ acceptRA: true }, { "ipv6/conf/accept_ra": 2 }],
    [{ autoconf: false }, { "ipv6/conf/autoconf": 0 }],
    [{ autoconf: true }, { "ipv6/conf/accept_ra": 2 }],
    [
      { acceptRA: true, autoconf: false },
      { "ipv6/conf/accept_ra": 2, "ipv6/conf/autoconf": 0 },
    ],
    [
      { ACCEPTRA: false, autoConf: null, linkLocal: "none" },
      { "ipv6/conf/accept_ra": 0, "ipv6/conf/addr_gen_mode": 1 },
    ],
  ])("%j is set before the link is up, and CHECK finds it so", (ipv6, wanted) => {
    const sim = machine();
    let atUp: unknown;
    sim.netns(POD).subscribers.add((change) => {
      if (change.what === "link" && change.link.up) atUp ??= change.link.settings.changes();
    });
    const prevResult = add(sim, { ipv6, ...layer });
    expect(atUp).toMatchObject(wanted);
    expect(changes(sim)).toMatchObject(wanted);
    const check = { command: "CHECK", config: config({ ipv6, ...layer, prevResult }) };
    expect(run(sim, check)).toMatchObject({ status: 0, stderr: "" });
    const [key = "", value = 0] = Object.entries(wanted)[0] ?? [];
    podLink(sim).settings.set("ipv6/conf", key.replace("ipv6/conf/", ""), 5);
    expect(failure(run(sim, check)).msg).toContain(`is "5", the configuration says ${value}`);
  });

  test.each([{}, null, { dad: "" }, { linkLocal: null }])("%j changes nothing", (ipv6) => {
    const [one, other] = [machine(), machine()];
    add(one, layer);
    add(other, { ipv6, ...layer });
    expect(other.snapshot()).toEqual(one.snapshot());
  });

  test("an MTU without IPv6 has nothing to rule", () => {
    if (layer.ipam === ipam) return;
    const sim = machine();
    const keys = { mtu: 1000, ipv6: { acceptRA: false, linkLocal: "stable", dad: "off" } };
    const prevResult = add(sim, { ...keys, ...layer });
    const check = { command: "CHECK", config: config({ ...keys, ...layer, prevResult }) };
    expect(run(sim, check).status).toBe(0);
  });

  test("advertisements need an MTU with IPv6", () => {
    const keys = { mtu: 1279, ipv6: { autoconf: true }, ...layer };
    const error = refusal(machine(), { config: config(keys) });
    expect(error).toMatchObject({ code: 7, msg: expect.stringContaining("IPv6 needs 1280") });
  });
});

describe("a container without IPv6", () => {
  function off(): Sim {
    const sim = machine();
    const pod = sim.netns(POD);
    for (const settings of [pod.defaults, pod.all, pod.links.get(1)?.settings]) {
      settings?.set("ipv6/conf", "disable_ipv6", 1);
    }
    return sim;
  }
  const isOff = (sim: Sim, name?: string) =>
    podLink(sim, name).settings.get("ipv6/conf", "disable_ipv6");

  test.each([{ acceptRA: true }, { autoconf: true }])("gets it where routers count: %j", (ipv6) => {
    const sim = off();
    add(sim, { ipv6 });
    expect([isOff(sim), isOff(sim, "lo")]).toEqual([0, 0]);
    expect(changes(sim)).not.toHaveProperty("ipv6/conf/keep_addr_on_down");
  });

  test.each([{ acceptRA: false }, { linkLocal: "eui64" }, { dad: "off" }])(
    "stays as it is where they do not: %j",
    (ipv6) => {
      const sim = off();
      add(sim, { ipv6 });
      expect([isOff(sim), isOff(sim, "lo")]).toEqual([1, 1]);
    },
  );

  test("has its loopback put back when ADD fails", () => {
    const sim = off();
    sim.refuse({ type: U.RTM_SETLINK, errno: U.ENETDOWN });
    expect(refusal(sim, { config: config({ ipv6: { acceptRA: true } }) }).code).toBe(103);
  });
});

test("a kernel without IPv6 has nothing to rule, and no routers to listen to", () => {
  const sim = machine({ ipv6: false });
  add(sim, { ipv6: { acceptRA: false, autoconf: false, linkLocal: "none", dad: "optimistic" } });
  const error = refusal(machine({ ipv6: false }), { config: config({ ipv6: { acceptRA: true } }) });
  expect(error).toMatchObject({ code: 103, msg: expect.stringContaining('IPv6 on "lo"') });
  const sysctl = '{"net.ipv6.conf.IFNAME.accept_ra": "1", "net.ipv6.conf.IFNAME.accept_ra": "1"}';
  const text = JSON.stringify(config({ ipv6: { acceptRA: false, dad: "off" }, sysctl: 0 }));
  const asked = refusal(machine({ ipv6: false }), { config: text.replace(":0}", `:${sysctl}}`) });
  expect(asked.msg).toContain('set sysctl "net.ipv6.conf.IFNAME.accept_ra" to 1: ENOENT');
});

test("a sysctl of the configuration goes before the policy, for CHECK as well", () => {
  const sim = machine();
  const keys = {
    ipv6: { acceptRA: false, linkLocal: "stable" },
    sysctl: { "net.ipv6.conf.IFNAME.accept_ra": "1", "net.ipv6.conf.IFNAME.addr_gen_mode": "0" },
  };
  const prevResult = add(sim, keys);
  expect(changes(sim)).not.toHaveProperty("ipv6/conf/accept_ra");
  expect(linkLocal(sim)).toMatch(/ff:fe/);
  expect(run(sim, { command: "CHECK", config: config({ ...keys, prevResult }) }).status).toBe(0);
});

describe("the link-local address", () => {
  const made = (word: string, call = {}, keys = {}) => {
    const sim = machine();
    add(sim, { ipv6: { linkLocal: word }, ...keys }, call);
    return linkLocal(sim);
  };

  test("comes from the MAC address, or there is none", () => {
    expect(made("eui64", {}, { mac: "02:00:00:00:00:77" })).toBe("fe80::ff:fe00:77");
    expect(made("none")).toBeUndefined();
    const sim = machine();
    sim.netns(POD).defaults.set("ipv6/conf", "addr_gen_mode", 1);
    add(sim, { ipv6: { linkLocal: "eui64" } });
    expect(linkLocal(sim)).toMatch(/^fe80::.*ff:fe/);
  });

  test("stable: is that of the pod, whatever the container and its MAC address", () => {
    const args = "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0";
    const first = made("stable", { args });
    expect(made("stable", { args, containerId: "c9" })).toBe(first);
    expect(made("stable", { args: args.replace("web-0", "web-1") })).not.toBe(first);
    expect(made("stable", { args }, { name: "net2" })).not.toBe(first);
    expect(made("stable", { args, ifname: "mv0" })).toBe(first);
    expect(made("stable")).toBe(made("stable"));
    expect(made("stable", { containerId: "c9" })).not.toBe(made("stable"));
  });

  test.each([
    // FNV-1a of "0#net1/container-1/mv0" and "1#net1/container-1/mv0"
    ["container-1", "9789:bbdc:bfcb:c1da:1ba8:283c:61c9:13d3"],
    ["c37", "c23:772:bd78:9fb4:fd07:3359:e25b:c239"],
  ])("stable: its secret is what the documentation says, for %s", (containerId, secret) => {
    const sim = machine();
    const keys = { ipv6: { linkLocal: "stable" } };
    const prevResult = add(sim, keys, { containerId });
    expect(changes(sim)).toMatchObject({
      "ipv6/conf/addr_gen_mode": 2,
      "ipv6/conf/stable_secret": secret,
    });
    const check = { command: "CHECK", config: config({ ...keys, prevResult }), containerId };
    expect(run(sim, check)).toMatchObject({ status: 0, stderr: "" });
  });

  test("random: is another one each time", () => {
    const sim = machine();
    add(sim, { ipv6: { linkLocal: "random" } });
    add(sim, { ipv6: { linkLocal: "random" } }, { ifname: "mv1" });
    const [one, two] = ["mv0", "mv1"].map((name) => podLink(sim, name).addresses[0]?.text);
    expect(one).toMatch(/^fe80:/);
    expect(one).not.toBe(two);
  });
});

describe("duplicate address detection", () => {
  const keys = (dad: string) => ({ ipv6: { dad }, ipam });

  test("wait: as without the key", () => {
    const [one, other] = [machine(), machine()];
    add(one, { ipam });
    const time = timeOf(other, () => add(other, keys("wait")));
    expect(time).toBeGreaterThanOrEqual(50);
    expect(other.snapshot()).toEqual(one.snapshot());
  });

  test("optimistic: ADD does not wait, the address is in use, detection goes on", () => {
    const sim = machine();
    const time = timeOf(sim, () => add(sim, keys("optimistic")));
    expect(time).toBeLessThan(5);
    expect((flagsOf(sim) ?? 0) & 0x44).toBe(U.IFA_F_OPTIMISTIC | U.IFA_F_TENTATIVE);
    sim.kernel.clock.advance(3000);
    expect((flagsOf(sim) ?? 0) & 0x44).toBe(0);
    expect(changes(sim)["ipv6/neigh/retrans_time_ms"]).toBeUndefined();
  });

  test("optimistic: a duplicate does not fail ADD, but CHECK, when the kernel has found it", () => {
    const sim = machine();
    sim.host.find("eth0")?.stations.add(ADDRESS);
    const prevResult = add(sim, keys("optimistic"));
    const check = { command: "CHECK", config: config({ ...keys("optimistic"), prevResult }) };
    sim.kernel.clock.advance(3000);
    expect(failure(run(sim, check))).toMatchObject({
      code: 107,
      msg: `address ${ADDRESS}/64 of "mv0" is already used by another host`,
    });
  });

  test("optimistic: a kernel without it says so", () => {
    const error = refusal(machine({ optimisticDad: false }), {
      config: config(keys("optimistic")),
    });
    expect(error).toMatchObject({ code: 103, msg: expect.stringContaining("optimistic_dad") });
    expect(error.details).toContain("CONFIG_IPV6_OPTIMISTIC_DAD");
  });

  test("off: ADD does not wait, and nobody looks", () => {
    const sim = machine();
    sim.host.find("eth0")?.stations.add(ADDRESS);
    const time = timeOf(sim, () => add(sim, keys("off")));
    expect(time).toBeLessThan(5);
    sim.kernel.clock.advance(3000);
    expect((flagsOf(sim) ?? 0) & 0x4a).toBe(U.IFA_F_NODAD);
    expect(changes(sim)["ipv6/conf/accept_dad"]).toBe(0);
  });

  test.each(["optimistic", "off"])("%s: no carrier is no matter", (dad) => {
    const sim = machine();
    sim.addMaster("eth1", { cable: false });
    const outcome = run(sim, { config: config({ ...keys(dad), master: "eth1" }) });
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
    expect(addressesOf(podLink(sim))).toEqual([`${ADDRESS}/64`]);
  });

  test.each(["optimistic", "off"])("%s: IPv4 addresses have no such flags", (dad) => {
    const sim = machine();
    add(sim, { ipv6: { dad }, ipam: staticIpam(["10.0.0.5/24"]) });
    expect(podLink(sim).addresses[0]?.flags).toBe(U.IFA_F_PERMANENT);
  });
});

describe("refused, with nothing changed:", () => {
  test.each<[unknown, number, string]>([
    [[], 6, 'key "ipv6" must be an object'],
    ["off", 6, 'key "ipv6" must be an object'],
    [{ acceptRA: 1 }, 6, 'key "ipv6.acceptRA" must be true or false, not 1'],
    [{ autoconf: "no" }, 6, 'key "ipv6.autoconf"'],
    [{ linkLocal: "eui-64" }, 7, 'is "eui-64", must be one of eui64, none, stable, random'],
    [{ dad: "later" }, 7, 'key "ipv6.dad" is "later", must be one of wait, optimistic, off'],
    [{ acceptRA: false, autoconf: true }, 7, 'key "ipv6.autoconf" is true, but acceptRA is false'],
    [{ acceptRa2: true }, 2, 'unknown key "ipv6.acceptRa2"'],
  ])("%j", (ipv6, code, msg) => {
    const error = refusal(machine(), { config: config({ ipv6, strict: true }) });
    expect(error.code).toBe(code);
    expect(error.msg).toContain(msg);
  });
});

test("an MTU that falls later is no difference", () => {
  const sim = machine();
  const keys = { ipv6: { acceptRA: false } };
  const { interfaces, ...rest } = add(sim, keys);
  const prevResult = { ...rest, interfaces: interfaces?.map(({ mtu, ...entry }) => entry) };
  setMtu(podLink(sim), 1200);
  expect(run(sim, { command: "CHECK", config: config({ ...keys, prevResult }) }).status).toBe(0);
});
