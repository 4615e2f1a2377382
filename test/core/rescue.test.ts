import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import type { Sim } from "../../host/sim/index.ts";
import { compileProbe } from "../probe/compile.ts";
import { add, config, core, failure, machine, run } from "./core.ts";

const trapping = new WebAssembly.Module(readFileSync(compileProbe("trap")));
const keys = { ipam: { type: "host-local", subnet: "10.1.0.0/24", dataDir: "/var/lib/leases" } };

/** The machine after it has had a lease, so that the directories and what else stays are there. */
function prepare() {
  const sim = machine();
  add(sim, keys);
  run(sim, { command: "DEL", config: config(keys) });
  return sim;
}

test("an ADD that traps answers with an error and leaves neither interface nor lease", () => {
  const sim = prepare();
  const leases = () => leasesIn(sim, "/var/lib/leases/net1");
  const outcome = sim.run(trapping, { config: config(keys) });
  const error = failure(outcome);
  expect(error.code).toBe(108);
  expect(error.msg).toContain("stopped unexpectedly");
  expect(sim.netns("/run/netns/pod").find("mv0")).toBeUndefined();
  expect(leases()).toEqual([]);
  expect(outcome.held).toBe(0);
  add(sim, keys);
});

test("a rescue that traps too changes nothing of the answer", () => {
  const sim = prepare();
  let calls = 0;
  const wrap = standingStill("start_send", () => calls++);
  const silent = { ...keys, announce: { count: 0 } };
  const error = failure(sim.run(trapping, { config: config(silent), wrap }));
  expect(error.code).toBe(108);
  expect(calls).toBe(1);
});

test("there is nothing to rescue before anything was begun", () => {
  const sim = machine();
  const wrap = standingStill("program_invocation_name");
  const before = sim.snapshot();
  expect(failure(sim.run(core, { wrap })).code).toBe(108);
  expect(sim.snapshot()).toEqual(before);
});

/** The addresses that are leased. */
function leasesIn(sim: Sim, directory: string): string[] {
  const folder = sim.files.get(directory);
  if (folder.kind !== "folder") throw new Error(`${directory} is no folder`);
  return [...folder.entries.keys()].filter((name) => /^\d/.test(name));
}

/** A wrapper in which a call ends everything. */
function standingStill(call: keyof System, note = () => {}): (system: System) => System {
  const stop = () => {
    note();
    throw new Error("the machine stands still");
  };
  return (system) =>
    new Proxy(system, {
      get: (_, name: keyof System) =>
        name === call ? stop : (system[name] as () => unknown).bind(system),
    });
}
