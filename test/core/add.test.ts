import { describe, expect, test } from "vitest";
import { createMacvlan, describeRoute, setMtu } from "../../host/sim/index.ts";
import { parseIp } from "../../host/sim/text.ts";
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

// What ADD of macvlan makes of each key, in the kernel and in the result.

const MAC = "02:00:00:00:00:77";
const MODES = { private: 1, vepa: 2, bridge: 4, passthru: 8 };

describe("mode", () => {
  test.each(Object.entries(MODES))("%s", (mode, number) => {
    const sim = machine();
    add(sim, { mode });
    expect(podLink(sim).macvlan?.mode).toBe(number);
  });

  test.each([undefined, "", null])("%j is bridge", (mode) => {
    const sim = machine();
    add(sim, { mode });
    expect(podLink(sim).macvlan?.mode).toBe(MODES.bridge);
  });

  test("passthru reports the master's MAC address, and takes the master for itself", () => {
    const sim = machine();
    const result = add(sim, { mode: "passthru" });
    expect(result.interfaces?.[0]?.mac).toBe("02:00:00:00:00:01");
    const error = refusal(sim, { config: config(), ifname: "mv1" });
    expect(error).toMatchObject({ code: 101 });
    expect(error.msg).toContain("EINVAL");
    expect(error.details).toContain("passthru");
  });

  test("passthru says that it cannot have the MAC address asked for", () => {
    const outcome = run(machine(), { config: config({ mode: "passthru", mac: MAC }) });
    expect(outcome.status).toBe(0);
    expect(outcome.json).toMatchObject({ interfaces: [{ mac: "02:00:00:00:00:01" }] });
    expect(outcome.stderr).toMatch(/passthru .*MAC address of its master/);
  });
});

describe("mac", () => {
  const CONFIGURED = "02:00:00:00:00:0a";
  const ARGS = "02:00:00:00:00:0b";
  const RUNTIME = "02:00:00:00:00:0c";

  test.each([
    { mac: CONFIGURED, args: undefined, runtime: undefined, wanted: CONFIGURED },
    { mac: CONFIGURED, args: `MAC=${ARGS}`, runtime: undefined, wanted: ARGS },
    { mac: CONFIGURED, args: `MAC=${ARGS}`, runtime: RUNTIME, wanted: RUNTIME },
    { mac: CONFIGURED, args: undefined, runtime: RUNTIME, wanted: RUNTIME },
    { mac: undefined, args: "MAC=", runtime: "", wanted: undefined },
  ])("$mac < CNI_ARGS $args < runtimeConfig $runtime", ({ mac, args, runtime, wanted }) => {
    const sim = machine();
    const call = {
      config: config({ mac, runtimeConfig: { mac: runtime } }),
      ...(args && { args }),
    };
    const result = add(sim, {}, call);
    expect(result.interfaces?.[0]?.mac).toBe(wanted ?? "9a:5e:11:00:00:01");
  });

  test.each(["02-AA-BB-CC-DD-EE", "02AA.BBCC.DDEE", "02:aa:bb:CC:dd:ee"])(
    "%s is understood, and printed with colons",
    (mac) => {
      expect(add(machine(), { mac }).interfaces?.[0]?.mac).toBe("02:aa:bb:cc:dd:ee");
    },
  );

  test("a capability in capital letters counts too", () => {
    const result = add(machine(), { RuntimeConfig: { MAC: RUNTIME } });
    expect(result.interfaces?.[0]?.mac).toBe(RUNTIME);
  });

  test("the address of the master is refused", () => {
    const error = refusal(machine(), { config: config({ mac: "02:00:00:00:00:01" }) });
    expect(error.msg).toContain("EADDRINUSE");
  });
});

describe("mtu", () => {
  test.each([
    [undefined, 1500],
    [0, 1500],
    [68, 68],
    [1400, 1400],
    [1500, 1500],
  ])("%s gives %d", (mtu, wanted) => {
    const sim = machine();
    const result = add(sim, { mtu });
    expect(podLink(sim).mtu).toBe(wanted);
    expect(result.interfaces?.[0]?.mtu).toBe(wanted);
  });

  test("the master's counts, whatever it is", () => {
    const sim = machine();
    setMtu(sim.host.find("eth0") as never, 9000);
    expect(add(sim, { mtu: 8999 }).interfaces?.[0]?.mtu).toBe(8999);
    expect(refusal(sim, { config: config({ mtu: 9001 }), ifname: "mv1" })).toMatchObject({
      code: 7,
      msg: 'invalid MTU 9001, must be at most 9000, the MTU of master "eth0"',
    });
  });

  test("one that is too small for IPv6 is refused before any address is given", () => {
    const ipam = staticIpam(["2001:db8::5/64"]);
    const error = refusal(machine(), { config: config({ mtu: 1279, ipam }) });
    expect(error.code).toBe(7);
    expect(error.msg).toContain("1280");
  });
});

test.each([
  [undefined, 1000],
  [0, 1000],
  [5, 5],
  [4294967295, 4294967295],
])("bcqueuelen %s gives %d", (bcqueuelen, wanted) => {
  const sim = machine();
  add(sim, { bcqueuelen });
  expect(podLink(sim).macvlan?.queueLength).toBe(wanted);
});

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
    sim.addMaster("ethx", options).bridged = what === "a bridge port";
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
): void {
  const devices = [device].flat();
  netns.routes.insert({
    family,
    table,
    dst: new Uint8Array(family === 2 ? 4 : 16),
    dstLength: 0,
    type: 1,
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

  test("a default route of another table is none", () => {
    const sim = machine();
    addDefaultRoute(sim, "eth0", 0, sim.host, 2, 100);
    expect(refusal(sim, { config: config(none) }).code).toBe(100);
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

test("ifname that exists in the container is refused, whatever it is", () => {
  const sim = machine();
  sim.addMaster("mv0", { kind: "bridge" }, sim.netns(POD));
  const error = refusal(sim, {});
  expect(error).toMatchObject({ code: 102 });
  expect(error.msg).toContain('"mv0" already exists');
});

test("a name of the host is no hindrance", () => {
  const sim = machine();
  sim.addMaster("mv0");
  add(sim);
  expect(podLink(sim).kind).toBe("macvlan");
});

describe("layer 2", () => {
  test.each([undefined, null, {}, { type: "" }])("ipam %j", (ipam) => {
    const sim = machine();
    const result = add(sim, { ipam });
    expect(podLink(sim).up).toBe(true);
    expect(addressesOf(podLink(sim))).toEqual([]);
    expect(result).not.toHaveProperty("ips");
  });

  test("needs no CNI_PATH", () => {
    add(machine(), {}, { config: config(), env: { CNI_PATH: undefined } });
  });
});

describe("layer 3", () => {
  const ipam = staticIpam(["10.0.0.5/24", "2001:db8::5/64"]);

  test("announces itself when it comes up", () => {
    const sim = machine();
    add(sim, { ipam });
    expect(podLink(sim).settings.changes()).toEqual({
      "ipv4/conf/arp_notify": 1,
      "ipv6/conf/ndisc_notify": 1,
      "ipv6/conf/keep_addr_on_down": 1,
    });
  });

  test("gives an IPv4 address its broadcast address, but not where there is none", () => {
    const sim = machine();
    add(sim, { ipam: staticIpam(["10.0.0.5/24", "10.1.0.4/31", "10.2.0.1/32"]) });
    const broadcasts = podLink(sim).addresses.map(({ broadcast }) => broadcast?.join("."));
    expect(broadcasts.slice(0, 3)).toEqual(["10.0.0.255", undefined, undefined]);
  });

  test("switches IPv6 on where it was off", () => {
    const sim = machine();
    const pod = sim.netns(POD);
    pod.defaults.set("ipv6/conf", "disable_ipv6", 1);
    pod.links.get(1)?.settings.set("ipv6/conf", "disable_ipv6", 1);
    add(sim, { ipam });
    expect(podLink(sim).settings.get("ipv6/conf", "disable_ipv6")).toBe(0);
    expect(podLink(sim, "lo").settings.get("ipv6/conf", "disable_ipv6")).toBe(0);
  });

  test("leaves IPv6 alone where no address is of it", () => {
    const sim = machine();
    sim.netns(POD).links.get(1)?.settings.set("ipv6/conf", "disable_ipv6", 1);
    add(sim, { ipam: staticIpam(["10.0.0.5/24"]) });
    expect(podLink(sim, "lo").settings.get("ipv6/conf", "disable_ipv6")).toBe(1);
    expect(podLink(sim).settings.changes()).not.toHaveProperty("ipv6/conf/keep_addr_on_down");
  });

  test("with IPv4 alone works on a kernel without IPv6", () => {
    const sim = machine({ ipv6: false });
    add(sim, { ipam: staticIpam(["10.0.0.5/24"]) });
    expect(addressesOf(podLink(sim))).toEqual(["10.0.0.5/24"]);
  });

  test("with IPv6 fails on a kernel without it, and leaves nothing", () => {
    const error = refusal(machine({ ipv6: false }), { config: config({ ipam }) });
    expect(error.code).toBe(103);
  });
});

describe("routes", () => {
  const gateways = {
    addresses: [
      { address: "10.0.0.5/24", gateway: "10.0.0.1" },
      { address: "2001:db8::5/64", gateway: "2001:db8::1" },
    ],
  };

  /** The routes that are there but were not made by the kernel, after ADD with these. */
  function routesAfter(routes: readonly object[]): string[] {
    const sim = machine();
    add(sim, { ipam: { type: "static", ...gateways, routes } });
    const made = sim.netns(POD).routes.all.filter(({ protocol }) => protocol !== 2);
    return made.map(describeRoute);
  }

  test.each([
    [
      "a gateway of its own",
      { dst: "10.9.0.0/16", gw: "10.0.0.9" },
      "10.9.0.0/16 type 1 table 254 proto 3 scope 0 via 10.0.0.9 dev mv0",
    ],
    [
      "the gateway of the first address of the family",
      { dst: "0.0.0.0/0" },
      "0.0.0.0/0 type 1 table 254 proto 3 scope 0 via 10.0.0.1 dev mv0",
    ],
    [
      "the same for IPv6",
      { dst: "::/0" },
      "::/0 type 1 table 254 proto 3 scope 0 metric 1024 via 2001:db8::1 dev mv0",
    ],
    [
      "host bits, which are no matter",
      { dst: "10.9.1.2/16" },
      "10.9.0.0/16 type 1 table 254 proto 3 scope 0 via 10.0.0.1 dev mv0",
    ],
    [
      "a scope of link, which has no gateway",
      { dst: "10.9.0.0/16", scope: 253 },
      "10.9.0.0/16 type 1 table 254 proto 3 scope 253 dev mv0",
    ],
    [
      "a table below and above 255",
      { dst: "10.9.0.0/16", table: 1000 },
      "10.9.0.0/16 type 1 table 1000 proto 3 scope 0 via 10.0.0.1 dev mv0",
    ],
    [
      "metric, MTU and MSS",
      { dst: "2001:db8:9::/48", priority: 5, mtu: 1400, advmss: 1300 },
      "2001:db8:9::/48 type 1 table 254 proto 3 scope 0 metric 5 rtax 2=1400 rtax 8=1300" +
        " via 2001:db8::1 dev mv0",
    ],
  ])("with %s", (_, route, wanted) => {
    expect(routesAfter([route])).toEqual([wanted]);
  });

  test.each([
    ["10.9.0.0/16", "10.0.0.8", "10.0.0.9", ""],
    ["2001:db8:9::/48", "2001:db8::8", "2001:db8::9", " metric 1024"],
  ])("to %s by two gateways become one", (dst, a, b, metric) => {
    expect(
      routesAfter([
        { dst, gw: a },
        { dst, gw: b },
      ]),
    ).toEqual([
      `${dst} type 1 table 254 proto 3 scope 0${metric} via ${a} dev mv0 via ${b} dev mv0`,
    ]);
  });

  test("without any gateway go to the link", () => {
    const sim = machine();
    add(sim, { ipam: staticIpam(["10.0.0.5/24"], { routes: [{ dst: "10.9.0.0/16" }] }) });
    const made = sim.netns(POD).routes.all.filter(({ protocol }) => protocol !== 2);
    expect(made.map(describeRoute)).toEqual([
      "10.9.0.0/16 type 1 table 254 proto 3 scope 0 dev mv0",
    ]);
  });

  test("the same one twice is one", () => {
    const route = { dst: "10.9.0.0/16", gw: "10.0.0.9" };
    expect(routesAfter([route, route])).toHaveLength(1);
  });

  test("by a gateway that cannot be reached are refused, with the kernel's words", () => {
    const ipam = { type: "static", ...gateways, routes: [{ dst: "10.9.0.0/16", gw: "10.8.0.1" }] };
    const error = refusal(machine(), { config: config({ ipam }) });
    expect(error.code).toBe(103);
    expect(error.msg).toContain("ENETUNREACH");
    expect(error.msg).toContain("Nexthop has invalid gateway");
    expect(error.msg).toContain("10.9.0.0/16");
  });
});

describe("prevResult", () => {
  const prevResult = {
    cniVersion: "1.1.0",
    interfaces: [
      { name: "br0", mac: "02:00:00:00:00:33" },
      { name: "eth9", sandbox: POD },
    ],
    ips: [{ interface: 1, address: "10.5.0.2/24", gateway: "10.5.0.1" }],
    routes: [{ dst: "10.6.0.0/16" }],
    dns: { nameservers: ["10.5.0.53"], domain: "prev" },
  };

  test("goes through, with what ADD brought about behind it", () => {
    const sim = machine();
    const ipam = staticIpam(["10.0.0.5/24"], { routes: [{ dst: "10.9.0.0/16" }] });
    const result = add(sim, { prevResult, ipam, dns: { domain: "own" } });
    expect(result.interfaces?.map(({ name }) => name)).toEqual(["br0", "eth9", "mv0"]);
    expect(result.ips).toEqual([prevResult.ips[0], { interface: 2, address: "10.0.0.5/24" }]);
    expect(result.routes?.map(({ dst }) => dst)).toEqual(["10.6.0.0/16", "10.9.0.0/16"]);
    expect(result.dns).toEqual({ nameservers: ["10.5.0.53"], domain: "own" });
    expect(addressesOf(podLink(sim))).toEqual(["10.0.0.5/24"]);
  });

  test("goes through layer 2", () => {
    const result = add(machine(), { prevResult });
    expect(result.ips).toEqual(prevResult.ips);
    expect(result.interfaces?.[2]).toMatchObject({ name: "mv0", sandbox: POD });
  });

  test("of an older version is understood", () => {
    const old = { cniVersion: "0.4.0", ips: [{ version: "4", address: "10.5.0.2/24" }], dns: {} };
    expect(add(machine(), { prevResult: old }).ips).toEqual([{ address: "10.5.0.2/24" }]);
  });

  test.each([
    ["of an unknown version", { cniVersion: "9.9.9" }],
    ["with a bad address", { cniVersion: "1.1.0", ips: [{ address: "10.5.0.2" }] }],
    ["that is no object", "x"],
  ])("%s is refused", (_, bad) => {
    expect(refusal(machine(), { config: config({ prevResult: bad }) }).code).toBe(7);
  });
});

describe("dns", () => {
  test("of the configuration goes before that of IPAM, key by key", () => {
    const ipam = staticIpam(["10.0.0.5/24"], {
      dns: { nameservers: ["10.0.0.2"], domain: "ipam", search: ["ipam"] },
    });
    const result = add(machine(), { ipam, dns: { domain: "own", options: ["a"] } });
    expect(result.dns).toEqual({
      nameservers: ["10.0.0.2"],
      domain: "own",
      search: ["ipam"],
      options: ["a"],
    });
  });
});
