import { describe, expect, test } from "vitest";
import type { Result110 } from "../../host/schema/index.ts";
import { type Sim, setUp, uapi as U } from "../../host/sim/index.ts";
import { formatMac } from "../../host/sim/text.ts";
import { add, config, failure, machine, POD, podLink, refusal, run, staticIpam } from "./core.ts";

// The keys `macPolicy` and `macPrefix`.

const args = "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0";
const stable = { macPolicy: "stable" };
const v4 = staticIpam(["10.1.2.3/16"]);
const v6 = staticIpam(["2001:db8::a:b0c:d0e/64"]);
const prefix = (macPrefix: string, ipam = v4) => ({ macPolicy: "prefix", macPrefix, ipam });

/** 64-bit FNV-1a, as http://www.isthe.com/chongo/tech/comp/fnv/ has it. */
function fnv1a(text: string): bigint {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(text)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash;
}

/** The upper 48 bits, locally administered and unicast. */
function macOf(text: string): string {
  const digits = fnv1a(text).toString(16).padStart(16, "0").slice(0, 12);
  const first = (Number.parseInt(digits.slice(0, 2), 16) & 0xfc) | 2;
  const rest = digits.slice(2).match(/../g) ?? [];
  return [first.toString(16).padStart(2, "0"), ...rest].join(":");
}

/** A result as some runtimes keep it. */
function withoutMac({ interfaces, ...rest }: Result110): object {
  return { ...rest, interfaces: interfaces?.map(({ mac, ...entry }) => entry) };
}

/** ADD on the machine; what the kernel has must be what is reported. */
function macAfter(sim: Sim, keys: Record<string, unknown>, call = {}, name = "mv0"): string {
  const result = add(sim, keys, { ifname: name, ...call });
  const mac = formatMac(podLink(sim, name).mac);
  expect(result.interfaces?.at(-1)?.mac).toBe(mac);
  return mac;
}

describe("stable", () => {
  test.each([
    ["a pod", { args }, "net1/shop/web-0/mv0"],
    ["a container", {}, "net1/container-1/mv0"],
    [
      "a pod without a namespace",
      { args: "IgnoreUnknown=1;K8S_POD_NAME=x" },
      "net1/container-1/mv0",
    ],
    [
      "a namespace without a pod",
      { args: "IgnoreUnknown=1;K8S_POD_NAMESPACE=x" },
      "net1/container-1/mv0",
    ],
  ])("%s: the hash of its names", (_, call, names) => {
    expect(macAfter(machine(), stable, call)).toBe(macOf(names));
    expect(macAfter(machine(), { ...stable, ipam: v4 }, call)).toBe(macOf(names));
  });

  test("stays when a pod is made again, and is another for another pod, interface, network", () => {
    const first = macAfter(machine(), stable, { args });
    expect(macAfter(machine(), stable, { args, containerId: "c2" })).toBe(first);
    expect(macAfter(machine(), stable, { args }, "mv1")).not.toBe(first);
    expect(macAfter(machine(), { ...stable, name: "net2" }, { args })).not.toBe(first);
    expect(macAfter(machine(), stable, { args: args.replace("-0", "-1") })).not.toBe(first);
  });

  test("IPAM sees it already", () => {
    const sim = machine();
    let seen = "";
    sim.files.install("/opt/cni/bin/dhcp", ({ env }) => {
      if (env.CNI_COMMAND === "ADD") seen = formatMac(podLink(sim).mac);
      return { stdout: JSON.stringify({ ips: [{ address: "10.0.0.5/24" }] }) };
    });
    expect(macAfter(sim, { ...stable, ipam: { type: "dhcp" } }, { args })).toBe(seen);
  });
});

describe("a MAC address in use on the master", () => {
  /** Other macvlans there that have these addresses. */
  function occupy(sim: Sim, macs: readonly string[]): void {
    for (const [index, mac] of macs.entries()) add(sim, { mac }, { ifname: `x${index}` });
  }
  const candidates = (count: number) =>
    Array.from({ length: count }, (_, i) => macOf(`${i > 0 ? `${i}#` : ""}net1/container-1/mv0`));

  test.each<[string, { ipam?: object }]>([
    ["layer 2", {}],
    ["with addresses and routes", { ipam: { ...v4, routes: [{ dst: "10.9.0.0/16" }] } }],
    ["with IPv6", { ipam: v6 }],
  ])("%s: stable takes the next one", (_, layer) => {
    const sim = machine();
    const taken = candidates(3);
    occupy(sim, taken);
    const outcome = run(sim, { config: config({ ...stable, ...layer }) });
    expect(outcome.status).toBe(0);
    const mac = formatMac(podLink(sim).mac);
    expect(mac).toBe(macOf("3#net1/container-1/mv0"));
    expect(outcome.json).toMatchObject({ interfaces: [{ mac }] });
    expect(outcome.stderr).toBe(
      [...taken.slice(1), mac]
        .map((next, i) => `${taken[i]} is in use on the master: "mv0" gets ${next}\n`)
        .map((words) => `macvlan: MAC address ${words}`)
        .join(""),
    );
    if (layer.ipam) expect(podLink(sim).addresses.length).toBeGreaterThan(0);
    const prevResult = outcome.json;
    const check = config({ ...stable, ...layer, prevResult });
    expect(run(sim, { command: "CHECK", config: check }).status).toBe(0);
  });

  test("what needs no link that is up is not done twice", () => {
    const gateway = { addresses: [{ address: "10.1.2.3/16", gateway: "10.1.0.1" }] };
    const ipam = { type: "static", ...gateway, routes: [{ dst: "0.0.0.0/0" }] };
    const keys = { ...stable, sourceRouting: true, ipam };
    const [one, other] = [machine(), machine()];
    occupy(other, candidates(2));
    for (const sim of [one, other]) expect(run(sim, { config: config(keys) }).status).toBe(0);
    const rulesOf = (sim: Sim) => sim.netns(POD).rules.all.length;
    expect(rulesOf(other)).toBe(rulesOf(one));
  });

  test("of the master itself, too", () => {
    const sim = machine();
    sim.addMaster("eth2", { mac: macOf("net1/container-1/mv0") });
    expect(run(sim, { config: config({ ...stable, master: "eth2" }) }).status).toBe(0);
    expect(formatMac(podLink(sim).mac)).toBe(macOf("1#net1/container-1/mv0"));
  });

  test("seven times: stable takes the eighth, and CHECK knows it", () => {
    const sim = machine();
    const eight = candidates(8);
    occupy(sim, eight.slice(0, 7));
    const { json } = run(sim, { config: config(stable) });
    expect(formatMac(podLink(sim).mac)).toBe(eight[7]);
    const prevResult = withoutMac(json as Result110);
    const check = { command: "CHECK", config: config({ ...stable, prevResult }) };
    expect(run(sim, check).status).toBe(0);
  });

  test("eight times: stable gives up, and leaves nothing", () => {
    const sim = machine();
    occupy(sim, candidates(8));
    expect(refusal(sim, { config: config({ ...stable, ipam: v4 }) })).toMatchObject({
      code: 103,
      msg:
        `set "mv0" up with MAC address ${macOf("7#net1/container-1/mv0")}: ` +
        "EADDRINUSE (Address already in use)",
      details: "and so are the 7 that were tried before: DEL what uses them",
    });
  });

  test.each([{}, { macPolicy: "random" }])("random: another one is taken: %j", (keys) => {
    const sim = machine();
    occupy(sim, ["02:00:00:00:00:99"]);
    sim.kernel.randomMac = () => Uint8Array.of(2, 0, 0, 0, 0, 0x99);
    expect(run(sim, { config: config(keys) }).status).toBe(0);
    expect(formatMac(podLink(sim).mac)).toBe(macOf("1#net1/container-1/mv0"));
  });

  test("prefix: is an error that says where it comes from", () => {
    const sim = machine();
    occupy(sim, ["0a:58:0a:01:02:03"]);
    const error = refusal(sim, { config: config(prefix("0a:58")) });
    expect(error).toMatchObject({ code: 103 });
    expect(error.msg).toContain('set "mv0" up with MAC address 0a:58:0a:01:02:03: EADDRINUSE');
    expect(error.details).toContain("has the same IP address, or one that ends alike");
  });

  test("one that was asked for is not replaced", () => {
    for (const keys of [stable, prefix("0a:58")]) {
      const sim = machine();
      occupy(sim, ["02:00:00:00:00:99"]);
      const error = refusal(sim, { config: config({ ...keys, mac: "02:00:00:00:00:99" }) });
      expect(error).toMatchObject({ code: 103 });
      expect(error.details).toContain('02:00:00:00:00:99 is in use by macvlan "x0"');
    }
  });

  test("in mode passthru the master keeps its own, whatever the kernel says", () => {
    const sim = machine();
    const keys = { mode: "passthru", macPolicy: "random" };
    const master = formatMac(sim.host.find("eth0")?.mac ?? new Uint8Array(0));
    expect(macAfter(sim, keys)).toBe(master);
    const other = machine();
    for (let i = 0; i < 99; i++) other.refuse({ type: U.RTM_SETLINK, errno: U.EBUSY });
    const { msg, details } = refusal(other, { config: config(keys) });
    expect(`${msg} ${details}`).toContain(`MAC address ${master} is in use`);
  });

  test("what is down does not count", () => {
    const sim = machine();
    occupy(sim, candidates(1));
    setUp(podLink(sim, "x0"), false);
    expect(macAfter(sim, stable)).toBe(candidates(1)[0]);
  });
});

describe("prefix", () => {
  const dual = staticIpam(["2001:db8::5/64", "10.1.2.3/16", "10.9.9.9/16"]);
  test.each([
    ["0a", v4, "0a:00:0a:01:02:03"],
    ["0a:58", v4, "0a:58:0a:01:02:03"],
    ["02-00-5E", v4, "02:00:5e:01:02:03"],
    ["02:00:5e:07", v4, "02:00:5e:07:02:03"],
    ["02:00:5e:07:08", v4, "02:00:5e:07:08:03"],
    ["0a", v6, "0a:0a:0b:0c:0d:0e"],
    ["0a:58", v6, "0a:58:0b:0c:0d:0e"],
    ["0a:58:01:02:03", v6, "0a:58:01:02:03:0e"],
    ["0a:58", dual, "0a:58:0a:01:02:03"],
  ])("%s", (macPrefix, ipam, mac) => {
    const sim = machine();
    expect(macAfter(sim, prefix(macPrefix, ipam))).toBe(mac);
    expect(podLink(sim).up).toBe(true);
  });

  test("the link-local address goes with it", () => {
    const sim = machine();
    add(sim, prefix("0a:58", v6));
    const local = podLink(sim).addresses.find(({ text }) => text.startsWith("fe80:"));
    expect(local?.text).toBe("fe80::858:bff:fe0c:d0e");
  });
});

test("an address that is asked for goes before every policy", () => {
  const mac = "02:00:00:00:00:31";
  for (const keys of [stable, prefix("0a:58")]) {
    expect(macAfter(machine(), { ...keys, mac })).toBe(mac);
    expect(macAfter(machine(), { ...keys, runtimeConfig: { mac } })).toBe(mac);
    expect(macAfter(machine(), keys, { args: `MAC=${mac}` })).toBe(mac);
  }
});

test.each([{ macPolicy: "" }, { macPolicy: null, macPrefix: "" }])("%j is random", (keys) => {
  expect(macAfter(machine(), keys)).toMatch(/^9a:5e:11/);
});

describe("CHECK, where prevResult does not name the address,", () => {
  const other = Uint8Array.of(2, 0, 0, 0, 0, 9);
  test.each([
    ["stable", stable],
    ["prefix", prefix("0a:58")],
  ])("finds another one: %s", (_, keys) => {
    const sim = machine();
    const prevResult = withoutMac(add(sim, keys));
    const check = { command: "CHECK", config: config({ ...keys, prevResult }) };
    expect(run(sim, check)).toMatchObject({ status: 0, stderr: "" });
    podLink(sim).mac = other;
    expect(failure(run(sim, check))).toMatchObject({
      code: 107,
      msg: 'interface "mv0" has MAC address 02:00:00:00:00:09, which macPolicy does not give it',
    });
  });

  test.each<[string, Record<string, unknown>]>([
    ["a random one", {}],
    ["one that was asked for", { ...stable, mac: "02:00:00:00:00:31" }],
    ["one that was asked for", { ...prefix("0a:58"), mac: "02:00:00:00:00:31" }],
  ])("has nothing to say of %s", (_, keys) => {
    const sim = machine();
    const prevResult = withoutMac(add(sim, keys));
    podLink(sim).mac = other;
    expect(run(sim, { command: "CHECK", config: config({ ...keys, prevResult }) }).status).toBe(0);
  });

  test("nor of one that prevResult does name, where the policy is newer", () => {
    const sim = machine();
    const check = { command: "CHECK", config: config({ ...stable, prevResult: add(sim) }) };
    expect(run(sim, check).status).toBe(0);
  });

  test("nor of one whose IP address prevResult does not have", () => {
    const sim = machine();
    const result = add(sim, prefix("0a:58"));
    const ips = result.ips?.map(({ address }) => ({ address }));
    const prevResult = { ...withoutMac(result), ips };
    const check = { command: "CHECK", config: config({ ...prefix("0a:58"), prevResult }) };
    expect(run(sim, check)).toMatchObject({ status: 0 });
  });
});

describe("refused, with nothing changed:", () => {
  test.each<[Record<string, unknown>, number, string]>([
    [{ macPolicy: "fixed" }, 7, 'key "macPolicy" is "fixed", must be one of random, stable, pref'],
    [{ macPolicy: 5 }, 6, 'key "macPolicy" must be a string'],
    [{ ...stable, mode: "passthru" }, 7, "in mode passthru the master's address is used"],
    [{ ...prefix("0a:58"), mode: "passthru" }, 7, "in mode passthru"],
    [{ macPrefix: "0a:58" }, 7, 'key "macPrefix" is for "macPolicy": "prefix" alone'],
    [{ ...stable, macPrefix: "0a:58" }, 7, 'key "macPrefix" is for'],
    [{ macPolicy: "prefix", macPrefix: "0a:58" }, 7, "without ipam there is none"],
    [prefix("0a:58", { type: "dhcp" }), 7, "dhcp asks with the MAC address"],
    [{ macPolicy: "prefix", ipam: v4 }, 7, 'key "macPrefix" is "", must be 1 to 5 bytes, such as'],
    [prefix("zz"), 7, 'key "macPrefix" is "zz", must be 1 to 5 bytes'],
    [prefix("0a:58:"), 7, "must be 1 to 5 bytes"],
    [prefix("0a58"), 7, "must be 1 to 5 bytes"],
    [prefix("0a.58"), 7, "must be 1 to 5 bytes"],
    [prefix("0a:00:00:00:00:00"), 7, "must be 1 to 5 bytes"],
    [
      prefix("00:11"),
      7,
      'is "00:11", not that of a local unicast address: let its first byte be 02',
    ],
    [prefix("01:00:5e"), 7, "let its first byte be 02"],
    [prefix("ff:58"), 7, "let its first byte be fe"],
    [prefix("a8:58"), 7, "let its first byte be aa"],
    [{ ...prefix("a8:58"), mac: "02:00:00:00:00:31" }, 7, "let its first byte be aa"],
  ])("%j", (keys, code, msg) => {
    const error = refusal(machine(), { config: config(keys) });
    expect(error.code).toBe(code);
    expect(error.msg).toContain(msg);
  });
});
