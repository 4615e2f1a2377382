import { describe, expect, test } from "vitest";
import { CNI_VERSIONS, resultSchema } from "../../host/schema/index.ts";
import type { Call, Outcome, Sim } from "../../host/sim/index.ts";
import { PLUGIN_PATH } from "../../host/sim/index.ts";
import { add, config, core, failure, machine, POD, podLink, run } from "./core.ts";

// IPAM of type static: called by itself, from inside macvlan, and by macvlan as another program.

const STATIC = { program: "static" };

/** A configuration for static alone. */
function conf(ipam: object, keys: Record<string, unknown> = {}): Record<string, unknown> {
  return config({ ...keys, ipam: { type: "static", ...ipam } });
}

function runStatic(sim: Sim, ipam: object, call: Call = {}, keys = {}): Outcome {
  return run(sim, { ...STATIC, config: conf(ipam, keys), ...call });
}

/** The addresses and gateways that ADD of static gives, as `address` or `address via gateway`. */
function given(ipam: object, args = "", keys = {}): string[] {
  const outcome = runStatic(machine(), ipam, args === "" ? {} : { args }, keys);
  expect(outcome).toMatchObject({ status: 0, stderr: "" });
  const result = resultSchema("1.1.0").parse(outcome.json);
  if (!("ips" in result)) return [];
  return (result.ips ?? []).map(({ address, gateway }) =>
    gateway === undefined ? address : `${address} via ${gateway}`,
  );
}

const ONE = { addresses: [{ address: "10.0.0.5/24", gateway: "10.0.0.1" }] };

describe("the addresses are", () => {
  test("those of the configuration", () => {
    const addresses = [...ONE.addresses, { address: "2001:DB8::0:5/64" }];
    expect(given({ addresses })).toEqual(["10.0.0.5/24 via 10.0.0.1", "2001:db8::5/64"]);
  });

  test("IPv4 where they are IPv4-mapped", () => {
    expect(given({ addresses: [{ address: "::ffff:10.0.0.5/120" }] })).toEqual(["10.0.0.5/24"]);
  });

  test("and those of CNI_ARGS, a gateway to each subnet that it is in", () => {
    const args = "IP=10.0.0.6/24, 10.1.0.6/16 ,2001:db8::6/64;GATEWAY=10.1.0.1,2001:db8::1";
    expect(given(ONE, args)).toEqual([
      "10.0.0.5/24 via 10.0.0.1",
      "10.0.0.6/24",
      "10.1.0.6/16 via 10.1.0.1",
      "2001:db8::6/64 via 2001:db8::1",
    ]);
  });

  test("replaced by args.cni.ips", () => {
    const keys = { args: { cni: { ips: ["10.2.0.6/16", "2001:db8::7/64"] } } };
    expect(given(ONE, "IP=10.0.0.6/24", keys)).toEqual(["10.2.0.6/16", "2001:db8::7/64"]);
  });

  test("replaced by runtimeConfig.ips, which goes before all", () => {
    const keys = {
      args: { cni: { ips: ["10.2.0.6/16"] } },
      runtimeConfig: { ips: ["10.3.0.6/16"] },
    };
    expect(given(ONE, "", keys)).toEqual(["10.3.0.6/16"]);
  });

  test("not replaced by empty lists", () => {
    const keys = { args: { cni: { ips: [] } }, runtimeConfig: { ips: null } };
    expect(given(ONE, "", keys)).toEqual(["10.0.0.5/24 via 10.0.0.1"]);
  });

  test("none where none are given", () => {
    expect(given({})).toEqual([]);
    expect(runStatic(machine(), {}).json).toEqual({ cniVersion: "1.1.0" });
  });
});

test.each(CNI_VERSIONS)("the result at %s has the shape of that version", (cniVersion) => {
  const ipam = {
    ...ONE,
    routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1", mtu: 1400 }],
    dns: { domain: "x" },
  };
  const { json } = runStatic(machine(), ipam, {}, { cniVersion });
  expect(resultSchema(cniVersion).safeParse(json).error).toBeUndefined();
  expect(json).not.toHaveProperty("interfaces");
  expect(json).toMatchObject({ dns: { domain: "x" } });
  expect(JSON.stringify(json)).not.toContain('"interface"');
});

test("routes and DNS go into the result as they are", () => {
  const routes = [
    { dst: "0.0.0.0/0" },
    {
      dst: "10.9.0.0/16",
      gw: "10.0.0.1",
      mtu: 1400,
      advmss: 1300,
      priority: 5,
      table: 0,
      scope: 253,
    },
  ];
  const dns = { nameservers: ["10.0.0.2"], domain: "d", search: ["s"], options: ["o"] };
  expect(runStatic(machine(), { ...ONE, routes, dns }).json).toMatchObject({ routes, dns });
});

describe("is refused:", () => {
  test.each([
    ["an address without prefix", { addresses: [{ address: "10.0.0.5" }] }, 7],
    ["an address with too long a prefix", { addresses: [{ address: "10.0.0.5/33" }] }, 7],
    ["an address with leading zeros", { addresses: [{ address: "10.0.0.05/24" }] }, 7],
    ["no address in an element", { addresses: [{ gateway: "10.0.0.1" }] }, 7],
    [
      "a gateway with a prefix",
      { addresses: [{ address: "10.0.0.5/24", gateway: "10.0.0.1/24" }] },
      7,
    ],
    ["addresses of the wrong type", { addresses: ["10.0.0.5/24"] }, 6],
    ["a route without destination", { routes: [{ gw: "10.0.0.1" }] }, 7],
    ["a route of two families", { routes: [{ dst: "::/0", gw: "10.0.0.1" }] }, 7],
    ["a scope out of range", { routes: [{ dst: "::/0", scope: 256 }] }, 7],
    ["a table out of range", { routes: [{ dst: "::/0", table: 4294967296 }] }, 7],
    ["a metric below zero", { routes: [{ dst: "::/0", priority: -1 }] }, 7],
  ])("%s", (_, ipam, code) => {
    const error = failure(runStatic(machine(), ipam));
    expect(error.code).toBe(code);
    expect(error.msg).toMatch(/ipam\.(addresses|routes)\[0\]/);
  });

  test.each([
    ["IP=10.0.0.6", 4],
    ["IP=x/24", 4],
    ["IP=10.0.0.6/24;GATEWAY=x", 4],
    ["FOO=bar", 4],
    ["IP", 4],
  ])("CNI_ARGS %s", (args, code) => {
    expect(failure(runStatic(machine(), ONE, { args })).code).toBe(code);
  });

  test.each([
    ["args.cni.ips", { args: { cni: { ips: ["10.0.0.6"] } } }],
    ["runtimeConfig.ips", { runtimeConfig: { ips: ["x"] } }],
  ])("an address without prefix in %s", (path, keys) => {
    const error = failure(runStatic(machine(), ONE, {}, keys));
    expect(error.code).toBe(7);
    expect(error.msg).toContain(path);
  });

  test("a configuration without ipam", () => {
    const error = failure(run(machine(), { ...STATIC, config: config() }));
    expect(error).toMatchObject({ code: 7, msg: 'key "ipam" is missing' });
  });
});

test.each(["0.1.0", "0.2.0"])("at %s one address of a family is the most", (cniVersion) => {
  const two = { addresses: [{ address: "10.0.0.5/24" }, { address: "10.0.0.6/24" }] };
  expect(failure(runStatic(machine(), two, {}, { cniVersion })).code).toBe(7);
  const both = { addresses: [{ address: "10.0.0.5/24" }, { address: "2001:db8::5/64" }] };
  expect(runStatic(machine(), both, {}, { cniVersion }).status).toBe(0);
});

describe("DEL, STATUS and GC", () => {
  test.each(["DEL", "STATUS", "GC"])("%s prints nothing", (command) => {
    expect(runStatic(machine(), ONE, { command })).toMatchObject({ status: 0, stdout: "" });
  });

  test("DEL succeeds whatever became of the configuration", () => {
    const broken = { addresses: [{ address: "x" }] };
    expect(runStatic(machine(), broken, { command: "DEL", args: "FOO=bar" }).status).toBe(0);
  });

  test("STATUS looks at the configuration", () => {
    const broken = { addresses: [{ address: "x" }] };
    expect(failure(runStatic(machine(), broken, { command: "STATUS" })).code).toBe(7);
  });
});

describe("CHECK", () => {
  const found = { cniVersion: "1.1.0", ips: [{ address: "10.0.0.5/24", gateway: "10.0.0.1" }] };

  test("succeeds where prevResult has what is configured", () => {
    const keys = { prevResult: { ...found, ips: [...found.ips, { address: "10.7.0.5/24" }] } };
    expect(runStatic(machine(), ONE, { command: "CHECK" }, keys)).toMatchObject({ status: 0 });
  });

  test.each([
    ["another gateway", { ips: [{ address: "10.0.0.5/24", gateway: "10.0.0.9" }] }],
    ["another prefix length", { ips: [{ address: "10.0.0.5/25", gateway: "10.0.0.1" }] }],
    ["no such address", { ips: [{ address: "10.0.0.6/24" }] }],
    ["no address at all", {}],
  ])("fails where it has %s", (_, changed) => {
    const keys = { prevResult: { cniVersion: "1.1.0", ...changed } };
    const error = failure(runStatic(machine(), ONE, { command: "CHECK" }, keys));
    expect(error.code).toBe(107);
    expect(error.msg).toContain("static: Failed to match addr 10.0.0.5/24 on interface mv0");
  });

  test("fails without prevResult", () => {
    expect(failure(runStatic(machine(), ONE, { command: "CHECK" }))).toMatchObject({
      code: 7,
      msg: "required prevResult missing",
    });
  });
});

describe("under macvlan", () => {
  /** Makes `static` a program of its own, that says when it runs. */
  function apart(sim: Sim): () => number {
    let calls = 0;
    sim.files.remove(`${PLUGIN_PATH}/static`);
    const plugin = sim.pluginOf(core);
    sim.files.install(`${PLUGIN_PATH}/static`, (invocation) => {
      calls++;
      return plugin(invocation);
    });
    return () => calls;
  }

  test("the same program is not executed", () => {
    const sim = machine();
    const spawned: string[] = [];
    const outcome = run(sim, {
      config: conf(ONE),
      wrap: (system) =>
        new Proxy(system, {
          get(target, name) {
            if (name === "spawn") spawned.push("spawn");
            const member = Reflect.get(target, name, target);
            return typeof member === "function" ? member.bind(target) : member;
          },
        }),
    });
    expect(outcome.status).toBe(0);
    expect(spawned).toEqual([]);
  });

  test("another program of that name is executed, with the same outcome", () => {
    const inside = machine();
    const outside = machine();
    const calls = apart(outside);
    const ipam = { type: "static", ...ONE, routes: [{ dst: "0.0.0.0/0" }], dns: { domain: "x" } };
    expect(add(outside, { ipam })).toEqual(add(inside, { ipam }));
    expect(calls()).toBe(1);
    expect(outside.netns(POD).routes.all.length).toBe(inside.netns(POD).routes.all.length);
    expect(podLink(outside).addresses.map(({ text }) => text)).toEqual(
      podLink(inside).addresses.map(({ text }) => text),
    );
  });

  test.each(["the same program", "another program"])("%s gives the same errors", (which) => {
    const sim = machine();
    if (which === "another program") apart(sim);
    const before = sim.snapshot();
    const broken = conf({ addresses: [{ address: "10.0.0.5" }] });
    const error = failure(run(sim, { config: broken }));
    expect(error.code).toBe(7);
    expect(error.msg).toContain("ipam.addresses[0].address");
    expect(sim.snapshot()).toEqual(before);
  });

  test("no address is no configuration for an interface", () => {
    const sim = machine();
    const before = sim.snapshot();
    expect(failure(run(sim, { config: conf({}) }))).toMatchObject({ code: 106 });
    expect(sim.snapshot()).toEqual(before);
  });

  test("CNI_ARGS may hold what is macvlan's and what is static's", () => {
    const sim = machine();
    const args = "MAC=02:00:00:00:00:44;IP=10.0.0.6/24;GATEWAY=10.0.0.1";
    const result = add(sim, {}, { config: conf({}), args });
    expect(result.interfaces?.[0]?.mac).toBe("02:00:00:00:00:44");
    expect(result.ips).toEqual([{ interface: 0, address: "10.0.0.6/24", gateway: "10.0.0.1" }]);
  });
});
