// Whatever comes in by standard input, the environment and an IPAM plugin: one answer, no trap, no
// end of memory, nothing left behind, and the schemas say the same as the core.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { netConfSchema, prevResultSchema } from "../../host/schema/netconf.ts";
import { config as whole, machine } from "../core/core.ts";
import { codeOf, damaged, holds, runSane, TIMEOUT } from "./fuzz.ts";
import { around, config, result, text } from "./values.ts";

const command = fc.constantFrom("ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION");
// what a configuration itself is refused with; 2: a mode
const UNDECODABLE = [2, 6];
const INVALID = [2, 6, 7];

interface Keys {
  readonly ipam?: { readonly type?: string };
  readonly runtimeConfig?: { readonly mac?: string };
  readonly master?: unknown;
}

/** A route whose gateway is of another family: nothing that the schemas compare. */
const isMixed = (code: number, json: unknown) =>
  code === 7 && JSON.stringify(json).includes("is not of the family of");

/** An IPv4-mapped address with less than its 96 bits: no pattern of the schemas sees that. */
const SHORT_MAPPED = /::ffff:[^"]*\/(?:\d|[1-8]\d|9[0-5])"/;

describe("configurations", { timeout: TIMEOUT }, () => {
  test("of any kind are answered; a failed ADD leaves nothing", () => {
    const any = fc.oneof(config, around(config));
    holds(fc.tuple(any, command), (keys, name) => {
      const sim = machine();
      const before = sim.snapshot();
      const outcome = runSane(sim, { command: name, config: keys });
      const isRefusedAdd = name === "ADD" && outcome.status === 1;
      if (isRefusedAdd && !JSON.stringify(keys).includes("host-local")) {
        expect(sim.snapshot()).toEqual(before);
      }
      runSane(sim, { command: "DEL", config: keys });
    });
  });

  test("that are damaged are answered", () => {
    const documents = damaged(around(config).map((keys) => JSON.stringify(keys)));
    holds(fc.tuple(documents, command), (bytes, name) => {
      runSane(machine(), { command: name, config: bytes });
    });
  });

  test("with keys in any letter case and order mean the same to core and policy", () => {
    const cased = (key: string) =>
      fc.constantFrom(
        key,
        key.toUpperCase(),
        key.toLowerCase(),
        key[0]?.toUpperCase() + key.slice(1),
      );
    const keys = fc.tuple(cased("ipam"), cased("type"), cased("dataDir"), cased("name"));
    const values = fc.shuffledSubarray(["/data", "/other", null], { minLength: 1 });
    holds(fc.tuple(keys, values), ([ipam, type, dataDir, name], [first, second]) => {
      const inner = {
        [type]: "host-local",
        [dataDir]: first,
        subnet: "10.0.0.0/24",
        datadir: second,
      };
      const keyed = { cniVersion: "1.1.0", [name]: "net1", master: "eth0", [ipam]: inner };
      expect(runSane(machine(), { config: keyed }).status).toBe(0);
    });
  });

  test("that the schema accepts can be decoded, and their keys are known", () => {
    holds(fc.tuple(around(config)), (keys) => {
      const { success } = netConfSchema.safeParse(keys);
      if (success) expect(UNDECODABLE).not.toContain(codeOf(runSane(machine(), { config: keys })));
    });
  });

  test("that the core takes for ADD are accepted by the schema, as far as ADD reads them", () => {
    // An absent key and null are the same to the core; what no IPAM plugin is there to read is not
    // read, nor the form that prevResult has in another version. In a list of masters a text that
    // no interface can have for a name means none. The texts of `dns` are handed on as they are.
    const unread = ["type", "args", "runtimeConfig", "prevResult", "cni.dev/valid-attachments"];
    const withoutDns = (keys: object) =>
      JSON.parse(JSON.stringify(keys, (key, value) => (key === "dns" ? undefined : value)));
    holds(fc.tuple(around(config)), (keys) => {
      const { status } = runSane(machine(), { config: keys });
      const { ipam, runtimeConfig, master } = keys as Keys;
      if (status !== 0 || JSON.stringify(keys).includes("null") || (ipam && !ipam.type)) return;
      const issues = netConfSchema.safeParse(withoutDns(keys)).error?.issues ?? [];
      const ignored = runtimeConfig?.mac ? [...unread, "mac"] : [...unread];
      if (Array.isArray(master)) ignored.push("master");
      expect(issues.filter(({ path }) => !ignored.includes(String(path[0])))).toEqual([]);
    });
  });
});

describe("CNI_ARGS", { timeout: TIMEOUT }, () => {
  test("of any kind are taken or refused with code 4", () => {
    const piece = fc.oneof(
      fc.constantFrom("MAC=", "IP=", "GATEWAY=", "IgnoreUnknown=", "=", ";", "02:00:00:00:00:09"),
      fc.constantFrom("10.0.0.9", "10.0.0.9/24", "1", "true", "K8S_POD_NAME=x", ","),
      text.filter((value) => !value.includes("\0")),
    );
    const args = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(""));
    holds(fc.tuple(args), (value) => {
      const outcome = runSane(machine(), { args: value, config: whole() });
      expect([0, 4, 7]).toContain(codeOf(outcome));
      if (codeOf(outcome) === 7) expect(value).toContain("MAC=");
    });
  });
});

describe("prevResult", { timeout: TIMEOUT }, () => {
  test("of any kind is answered, by ADD and CHECK", () => {
    holds(fc.tuple(result, fc.constantFrom("ADD", "CHECK")), (prevResult, name) => {
      const sim = machine();
      runSane(sim, { config: whole() });
      const ifname = name === "ADD" ? "mv1" : "mv0";
      runSane(sim, { command: name, ifname, config: whole({ prevResult }) });
    });
  });

  test("that the schema accepts, ADD takes", () => {
    holds(fc.tuple(result), (prevResult) => {
      const { success } = prevResultSchema.safeParse(prevResult);
      if (!success || SHORT_MAPPED.test(JSON.stringify(prevResult))) return;
      const outcome = runSane(machine(), { config: whole({ prevResult }) });
      if (isMixed(codeOf(outcome), outcome.json)) return;
      expect(INVALID, JSON.stringify(outcome.json)).not.toContain(codeOf(outcome));
    });
  });
});

describe("the output of an IPAM plugin", { timeout: TIMEOUT }, () => {
  const output = fc.oneof(
    damaged(result.map((value) => JSON.stringify(value))),
    fc.uint8Array({ maxLength: 40 }),
    result.map((value) => new TextEncoder().encode(JSON.stringify(value))),
  );
  const exit = fc.record({
    status: fc.constantFrom(0, 0, 0, 1, 255),
    stderr: fc.constantFrom("", "some words\n", "\xff\x00"),
  });

  test("of any kind is answered; a failed ADD leaves nothing, and has called DEL", () => {
    holds(fc.tuple(output, exit), (stdout, how) => {
      const sim = machine();
      const called: string[] = [];
      sim.files.install("/opt/cni/bin/other", ({ env }) => {
        called.push(env.CNI_COMMAND ?? "");
        return env.CNI_COMMAND === "ADD" ? { ...how, stdout } : {};
      });
      const before = sim.snapshot();
      const outcome = runWithCodes(sim);
      expect(called).toEqual(outcome.status === 0 ? ["ADD"] : ["ADD", "DEL"]);
      if (outcome.status === 1) expect(sim.snapshot()).toEqual(before);
    });
  });

  function runWithCodes(sim: ReturnType<typeof machine>) {
    return runSane(sim, { config: whole({ ipam: { type: "other" } }) });
  }

  test("that is an error is passed on, whatever is in it", () => {
    const error = fc.record({
      code: fc.oneof(fc.integer({ min: 1, max: 998 }), fc.constantFrom(0, -1, 1.5, "7")),
      msg: fc.oneof(text, fc.constant(5)),
      details: text,
    });
    holds(fc.tuple(error), (printed) => {
      const sim = machine();
      sim.files.install("/opt/cni/bin/other", () => ({
        status: 1,
        stdout: JSON.stringify(printed),
      }));
      const outcome = runWithCodes(sim);
      expect(outcome.status).toBe(1);
    });
  });
});
