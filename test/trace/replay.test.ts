import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readTrace, replay } from "../../host/replay.ts";
import type { Call, Outcome, Sim } from "../../host/sim/index.ts";
import type { Entry } from "../../host/trace/entry.ts";
import { record } from "../../host/trace/record.ts";
import { config, core, machine, staticIpam } from "../core/core.ts";

/** Runs a command on a machine, with a trace of it. */
function traced(sim: Sim, call: Call): { outcome: Outcome; text: string } {
  let text = "";
  const wrap: Call["wrap"] = (system) =>
    record(system, 17, (line) => {
      text += line;
    });
  return { outcome: sim.run(core, { wrap, ...call }), text };
}

function only(text: string): Entry[] {
  const [entries, ...more] = readTrace(text);
  expect(more).toEqual([]);
  return entries ?? [];
}

const print = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const ipam = staticIpam(["10.0.0.5/24", "2001:db8::5/64"], {
  routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.1" }],
});

describe("a trace that is replayed gives the same bytes:", () => {
  /** What to do before the call that is traced, and that call. */
  const CALLS: Record<string, [before: readonly Call[], call: Call]> = {
    ADD: [[], { config: config({ ipam }) }],
    "ADD, refused": [[], { config: config({ master: "none" }) }],
    "ADD, without a configuration": [[], { config: "{" }],
    "ADD, with bytes that are no UTF-8": [[], { config: Uint8Array.of(0x7b, 0xff, 0x00, 0x7d) }],
    DEL: [[{ config: config({ ipam }) }], { command: "DEL", config: config({ ipam }) }],
    VERSION: [[], { command: "VERSION" }],
    STATUS: [[], { command: "STATUS", config: config({ ipam }) }],
    "no command": [[], { env: { CNI_COMMAND: undefined } }],
  };

  test.each(Object.entries(CALLS))("%s", (_, [before, call]) => {
    const sim = machine();
    for (const earlier of before) sim.run(core, earlier);
    const { outcome, text } = traced(sim, call);
    const { status, stdout, stderr, divergence } = replay(core, only(text));
    expect(divergence).toBeUndefined();
    expect({ status, stdout: print(stdout), stderr: print(stderr) }).toEqual({
      status: outcome.status,
      stdout: outcome.stdout,
      stderr: outcome.stderr,
    });
  });

  test("with a delegate that prints and logs", () => {
    const sim = machine();
    sim.files.install("/opt/cni/bin/other", ({ env }) => ({
      stdout: env.CNI_COMMAND === "ADD" ? '{"ips":[{"address":"10.0.0.9/24"}]}' : "",
      stderr: "a word of mine\n",
    }));
    const { outcome, text } = traced(sim, { config: config({ ipam: { type: "other" } }) });
    expect(outcome.status).toBe(0);
    expect(text).toContain("a word of mine");
    const { stdout, divergence } = replay(core, only(text));
    expect(divergence).toBeUndefined();
    expect(print(stdout)).toBe(outcome.stdout);
  });
});

describe("the first divergence is reported:", () => {
  const { text } = traced(machine(), { config: config({ ipam }) });
  const entries = only(text);

  test("another call", () => {
    const at = entries.findIndex(({ call }) => call === "send");
    const other = entries.map((entry, i) =>
      i === at ? { ...entry, call: "close" as const } : entry,
    );
    const { divergence, status } = replay(core, other);
    expect(divergence).toMatchObject({ at, traced: expect.stringMatching(/^close\(/) });
    expect(divergence?.made).toMatch(/^send\(/);
    expect(status).toBe(1);
  });

  test("other bytes", () => {
    const at = entries.findLastIndex(({ call }) => call === "write");
    const other = entries.map((entry, i) =>
      i === at ? { ...entry, args: [1, { text: "something else" }] } : entry,
    );
    expect(replay(core, other).divergence).toMatchObject({ at });
  });

  test("a call that the trace has not", () => {
    const cut = entries.slice(0, -1);
    expect(replay(core, cut).divergence).toEqual({
      at: cut.length,
      traced: "nothing: it ended",
      made: expect.stringMatching(/^close\(/),
    });
  });

  test("a call that is not made", () => {
    const longer = [...entries, ...entries.slice(-1)];
    expect(replay(core, longer).divergence).toMatchObject({
      at: entries.length,
      made: "nothing: it ended",
    });
  });

  test("one that an answer brings about", () => {
    const other = entries.map((entry) =>
      entry.call === "getenv" && entry.args[0] === "CNI_IFNAME"
        ? { ...entry, result: { text: "xyz" } }
        : entry,
    );
    const { divergence } = replay(core, other);
    expect(divergence?.traced).toContain("ip link add link if2 name mv0");
    expect(divergence?.made).toContain("ip link add link if2 name xyz");
  });
});

test("a trap is replayed as one: standard error is not compared", () => {
  const WASM = [0, 97, 115, 109, 1, 0, 0, 0, 1, 8, 2, 96, 0, 1, 127, 96, 0, 0, 3, 3, 2, 0, 1];
  const exported = (name: string, index: number) => [name.length, ...Buffer.from(name), 0, index];
  const exports = [2, ...exported("run", 0), ...exported("rescue", 1)];
  const code = [2, 3, 0, 0, 11, 2, 0, 11];
  const trapping = new WebAssembly.Module(
    Uint8Array.from([...WASM, 7, exports.length, ...exports, 10, code.length, ...code]),
  );
  let text = "";
  const wrap: Call["wrap"] = (system) =>
    record(system, 1, (line) => {
      text += line;
    });
  const outcome = machine().run(trapping, { wrap });
  expect(outcome).toMatchObject({ status: 1, json: { code: 108 } });
  const replayed = replay(trapping, only(text));
  expect(replayed.divergence).toBeUndefined();
  expect(print(replayed.stdout)).toBe(outcome.stdout);
});

describe("a file of traces", () => {
  test("has one for each start, also of a process id that comes back", () => {
    const one = traced(machine(), { command: "VERSION" }).text;
    const two = traced(machine(), { command: "ADD", config: config() }).text.replaceAll(
      ":17,",
      ":18,",
    );
    const [first = "", ...rest] = one.trimEnd().split("\n");
    const mixed = [first, ...two.trimEnd().split("\n"), ...rest, ...one.trimEnd().split("\n")];
    const runs = readTrace(mixed.join("\n"));
    expect(runs).toEqual([only(one), only(two), only(one)]);
  });

  test.each([
    ["{", /line 1/],
    ["5", /line 1/],
    ['{"pid":1,"trace":2}', /later version/],
    ['{"pid":1,"call":"open","args":[],"result":0}', /has not begun/],
    ['{"pid":1,"trace":1}\n{"pid":1,"call":"fork","args":[],"result":0}', /line 2/],
    ['{"pid":1,"trace":1}\n{"pid":1,"call":"open"}', /line 2/],
    ['{"trace":1}', /line 1/],
  ])("that is none says where: %s", (text, message) => {
    expect(() => readTrace(text)).toThrow(message);
  });
});

test("whatever a trace answers, the core ends", () => {
  const { text } = traced(machine(), { config: config({ ipam }) });
  const entries = only(text);
  const change = fc.record({
    at: fc.nat({ max: entries.length - 1 }),
    result: fc.integer({ min: -120, max: 70_000 }),
  });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
      const other = entries.map((entry, i) => {
        const { result } = changes.find(({ at }) => at === i) ?? {};
        return result === undefined || typeof entry.result !== "number"
          ? entry
          : { ...entry, result };
      });
      expect([0, 1]).toContain(replay(core, other).status);
    }),
    { numRuns: 300 },
  );
});
