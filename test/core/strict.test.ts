import { describe, expect, test } from "vitest";
import { generate } from "../../host/schema/generate.ts";
import type { Call, Outcome } from "../../host/sim/index.ts";
import { config, failure, machine, refusal, run, staticIpam, succeed } from "./core.ts";

// Keys that nobody reads: a warning, or with `strict` an error.

type Keys = Record<string, unknown>;

function ignored(keys: Keys, call: Call = {}): string[] {
  const outcome = run(machine(), { config: config(keys), ...call });
  expect(outcome).toMatchObject({ status: 0 });
  return outcome.stderr.split("\n").slice(0, -1);
}

const POOL = { type: "host-local", ranges: [[{ subnet: "10.0.0.0/24" }]] };

describe("ADD warns of", () => {
  test.each<[string, Keys, string]>([
    ["a key that is none", { zebra: 1 }, '"zebra"'],
    ["one mistyped", { mater: "x" }, '"mater": did you mean "master"?'],
    ["a longer one", { bcQueueLength: 5 }, '"bcQueueLength": did you mean "bcqueuelen"?'],
    ["one in capitals", { MASTERS: "x" }, '"MASTERS": did you mean "master"?'],
    ["a shorter one", { mstr: "x" }, '"mstr": did you mean "master"?'],
    ["one with half of its letters", { xastxx: "x" }, '"xastxx"'],
    ["ipv6", { ipv6: { acceptRa2: true } }, '"ipv6.acceptRa2": did you mean "ipv6.acceptRA"?'],
    ["announce", { announce: { counts: 1 } }, '"announce.counts": did you mean "announce.count"?'],
    [
      "conflictDetection",
      { conflictDetection: { probs: 1 } },
      '"conflictDetection.probs": did you mean "conflictDetection.probes"?',
    ],
    ["null", { zebra: null }, '"zebra"'],
    ["no name", { "": 1 }, '""'],
    ["a line feed", { "a\nb": 1 }, '"a\\nb"'],
    ["a long one", { ["x".repeat(70)]: 1 }, '"(72 bytes)"'],
    ["dns", { dns: { nameserver: "x" } }, '"dns.nameserver": did you mean "dns.nameservers"?'],
    [
      "capabilities",
      { capabilities: { macs: true } },
      '"capabilities.macs": did you mean "capabilities.mac"?',
    ],
    [
      "runtimeConfig",
      { runtimeConfig: { IPS4: [] } },
      '"runtimeConfig.IPS4": did you mean "runtimeConfig.ips"?',
    ],
  ])("%s", (_, keys, words) => {
    expect(ignored(keys)).toEqual([`macvlan: ignored unknown key ${words}`]);
  });

  test.each<[string, Keys, string]>([
    ["ipam", staticIpam([], { adresses: [] }), "adresses"],
    [
      "an address",
      { type: "static", addresses: [{ address: "10.0.0.5/24", gatway: "" }] },
      "addresses[0].gatway",
    ],
    [
      "a route",
      staticIpam(["10.0.0.5/24"], { routes: [{ dst: "10.1.0.0/16", gwy: "" }] }),
      "routes[0].gwy",
    ],
    ["dns of ipam", staticIpam(["10.0.0.5/24"], { dns: { domains: "x" } }), "dns.domains"],
    ["a pool", { ...POOL, datadirs: "x" }, "datadirs"],
    [
      "a range",
      { type: "host-local", ranges: [[{ subnet: "10.0.0.0/24", rangestrat: "x" }]] },
      "ranges[0][0].rangestrat",
    ],
  ])("%s", (_, ipam, path) => {
    const program = String(ipam.type);
    const outcome = run(machine(), { config: config({ ipam }) });
    expect(outcome.stderr).toContain(
      `macvlan: ignored unknown key "ipam.${path}": did you mean "ipam.`,
    );
    const alone = run(machine(), { program, config: config({ ipam, zebra: 1 }) });
    expect(alone.stderr).toMatch(new RegExp(`^${program}: ignored unknown key "ipam\\..*\\n$`));
  });

  test("eight of very many by name", () => {
    const keys = Array.from({ length: 100_000 }, (_, i) => [`key ${i}`, i]);
    const lines = ignored(Object.fromEntries(keys));
    expect(lines).toHaveLength(9);
    expect(lines[8]).toBe("macvlan: ignored 99992 more unknown keys");
  });

  test("keys of ipam that is another plugin's: never", () => {
    const sim = machine();
    sim.files.install("/opt/cni/bin/other", () => ({ status: 0, stdout: "{}", stderr: "" }));
    const outcome = run(sim, { config: config({ ipam: { type: "other", adresses: [] } }) });
    expect(failure(outcome).code).toBe(106);
    expect(outcome.stderr).not.toContain("unknown key");
  });
});

/** The names of all keys of the objects in a JSON Schema, in the objects' own shape. */
function everyKey(schema: { properties?: object }): Keys {
  return Object.fromEntries(Object.keys(schema.properties ?? {}).map((key) => [key, null]));
}

describe("ADD does not warn of", () => {
  const schema = generate()["netconf.schema.json"] as {
    properties: Record<string, { properties?: object; anyOf?: Keys[] }>;
  };
  const set = config();

  test("a key of the JSON Schema", () => {
    const keys = everyKey(schema);
    expect(Object.keys(keys).length).toBeGreaterThan(14);
    expect(ignored({ ...keys, ...set })).toEqual([]);
  });

  test("one in another letter case", () => {
    const keys = Object.entries(everyKey(schema)).filter(([key]) => !(key in set));
    const upper = keys.map(([key, value]) => [key.toUpperCase(), value]);
    expect(ignored({ ...set, ...Object.fromEntries(upper) })).toEqual([]);
  });

  test.each(["dns", "runtimeConfig"])("a key of the JSON Schema in %s", (key) => {
    const keys = everyKey(schema.properties[key] ?? {});
    expect(Object.keys(keys).length).toBeGreaterThan(2);
    expect(ignored({ [key]: keys })).toEqual([]);
  });

  test("what the conventions, Multus, editors and people write", () => {
    expect(
      ignored({
        ipMasq: false,
        disableCheck: true,
        disableGC: true,
        loadOnlyInlinedPlugins: true,
        cniVersions: ["1.0.0"],
        args: { cni: { labels: [] }, "org.example": 1 },
        capabilities: {
          portMappings: true,
          bandwidth: true,
          "io.kubernetes.cri.pod-annotations": true,
        },
        runtimeConfig: { portMappings: [], deviceID: "x", CNIDeviceInfoFile: "y" },
        deviceID: "x",
        pciBusID: "y",
        "cni.dev/attachments": [],
        "org.example.why": "",
        $schema: "netconf.schema.json",
        _why: "",
      }),
    ).toEqual([]);
  });
});

describe("with strict", () => {
  const strict = { strict: true };

  test("an unknown key is an error with its value, before anything is changed", () => {
    const keys = { ...strict, bcQueueLength: 5000, zebra: { a: "x".repeat(100) } };
    expect(refusal(machine(), { config: config(keys) })).toMatchObject({
      code: 2,
      msg: 'unknown key "bcQueueLength" is 5000: did you mean "bcqueuelen"?',
      details: 'also: unknown key "zebra" is an object',
    });
  });

  test("one in ipam too, and everything is taken back", () => {
    const ipam = staticIpam(["10.0.0.5/24"], { rotues: [] });
    expect(refusal(machine(), { config: config({ ...strict, ipam }) })).toMatchObject({
      code: 2,
      msg: 'unknown key "ipam.rotues" is []: did you mean "ipam.routes"?',
    });
    const ranges = [[{ subnet: "10.0.0.0/24", rangestrat: "x" }]];
    const pool = { type: "host-local", ranges };
    expect(refusal(machine(), { config: config({ ...strict, ipam: pool }) }).code).toBe(2);
  });

  test("STATUS gives the error that ADD would give, and never warns", () => {
    const sim = machine();
    const keys = { zebra: 1, ipam: { ...POOL, zebra: 2 } };
    succeed(sim, "STATUS", { config: config(keys) });
    for (const ipam of [{ ...POOL, zebra: 2 }, staticIpam(["10.0.0.5/24"], { zebra: 2 })]) {
      const error = refusal(machine(), { command: "STATUS", config: config({ ...strict, ipam }) });
      expect(error).toMatchObject({ code: 2, msg: 'unknown key "ipam.zebra" is 2' });
    }
    const error = refusal(sim, { command: "STATUS", config: config({ ...strict, zebra: 1 }) });
    expect(error).toMatchObject({ code: 2, msg: 'unknown key "zebra" is 1' });
  });

  test("CHECK, DEL and GC succeed in silence", () => {
    const sim = machine();
    const ipam = staticIpam(["10.0.0.5/24"]);
    const added: Outcome = run(sim, { config: config({ ipam }) });
    const unknown = { ...strict, zebra: 1, ipam: { ...ipam, zebra: 2 } };
    const keys = config({ ...unknown, prevResult: added.json });
    for (const command of ["CHECK", "DEL", "GC"]) succeed(sim, command, { config: keys });
  });

  test("what is known is no error", () => {
    expect(ignored({ ...strict, MTU: 1400 })).toEqual([]);
  });

  test("and strict is true or false", () => {
    const error = refusal(machine(), { config: config({ strict: "yes" }) });
    expect(error).toMatchObject({ code: 6 });
    expect(error.msg).toContain('"strict" must be true or false');
  });
});
