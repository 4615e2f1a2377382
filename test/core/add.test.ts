import { describe, expect, test } from "vitest";
import { setMtu } from "../../host/sim/index.ts";
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
