import { describe, expect, test } from "vitest";
import type { CniError } from "../../host/schema/index.ts";
import type { Outcome } from "../../host/sim/index.ts";
import { POD } from "../core/core.ts";
import { isDenial, isHarmless } from "./fault-kinds.ts";
import type { Scenario, World } from "./scenario.ts";
import { judgeNext, runWith, sweep } from "./sweep.ts";
import { forgetLoopback, judgeState, leasesOf, stateOf, succeed } from "./world.ts";

// Every system call goes wrong in every plausible way, wherever a command makes it: once, and from
// then on. After each run the answer and the machine are judged, and the next DEL and ADD have to
// succeed.

export function sweepFaults(scenarios: readonly Scenario[]): void {
  describe.each(scenarios)("$name:", (scenario) => {
    test("ADD succeeds whole or leaves nothing", () => sweepAdd(scenario));
    test("DEL takes back all, or says that it did not", () => sweepDel(scenario));
    test("CHECK changes nothing, and takes no failure for a difference", () =>
      sweepCheck(scenario));
    test("STATUS changes nothing", () => sweepStatus(scenario));
    test("GC frees what is not listed and nothing else, or says that it did not", () =>
      sweepGc(scenario));
  });
}

function sweepAdd(scenario: Scenario): void {
  const faultless = scenario.prepare();
  succeed(faultless, scenario, "ADD");
  const whole = stateOf(faultless);
  sweep("ADD", (sweeping) => {
    const { fault } = sweeping;
    const world = scenario.prepare();
    const before = stateOf(world);
    const run = runWith(sweeping, world, scenario, "ADD");
    if (isHarmless(fault)) {
      expect(run.status, run.where).toBe(0);
      judgeState(world, whole, run.where);
    }
    if (run.status !== 0 && !fault.forever) judgeState(world, before, run.where);
    if (run.status === 0) succeed(world, scenario, "CHECK", { prevResult: run.json });
    judgeNext(world, scenario, before, run.where);
  });
}

function sweepDel(scenario: Scenario): void {
  sweep("DEL", (sweeping) => {
    const { fault } = sweeping;
    const world = scenario.prepare();
    const before = stateOf(world);
    const { json } = added(world, scenario);
    const run = runWith(sweeping, world, scenario, "DEL", { prevResult: json });
    if (isHarmless(fault)) expect(run.status, run.where).toBe(0);
    forgetLoopback(world);
    if (run.status === 0 && !isDenial(fault)) judgeState(world, before, run.where);
    judgeNext(world, scenario, before, run.where);
  });
}

function sweepCheck(scenario: Scenario): void {
  sweep("CHECK", (sweeping) => {
    const world = scenario.prepare();
    const before = stateOf(world);
    const { json } = added(world, scenario);
    const whole = stateOf(world);
    const run = runWith(sweeping, world, scenario, "CHECK", { prevResult: json });
    if (isHarmless(sweeping.fault)) expect(run.status, run.where).toBe(0);
    if (run.status !== 0 && !isDenial(sweeping.fault)) {
      expect((run.json as CniError | undefined)?.code, run.where).not.toBe(107);
    }
    judgeState(world, whole, run.where);
    judgeNext(world, scenario, before, run.where);
  });
}

function sweepStatus(scenario: Scenario): void {
  sweep("STATUS", (sweeping) => {
    const world = scenario.prepare();
    const before = stateOf(world);
    const run = runWith(sweeping, world, scenario, "STATUS");
    if (isHarmless(sweeping.fault)) expect(run.status, run.where).toBe(0);
    judgeState(world, before, run.where);
  });
}

function sweepGc(scenario: Scenario): void {
  const keys = { "cni.dev/valid-attachments": [{ containerID: "other", ifname: "eth0" }] };
  sweep("GC", (sweeping) => {
    const world = scenario.prepare();
    const before = leasesOf(world);
    added(world, scenario);
    world.sim.removeNetns(POD);
    const run = runWith(sweeping, world, scenario, "GC", keys);
    if (isHarmless(sweeping.fault)) expect(run.status, run.where).toBe(0);
    if (run.status === 0 && !isDenial(sweeping.fault)) {
      expect(leasesOf(world), run.where).toEqual(before);
    }
    succeed(world, scenario, "GC", keys);
    expect(leasesOf(world), run.where).toEqual(before);
  });
}

/** An ADD that went well, before something else goes wrong. */
function added(world: World, scenario: Scenario): Outcome {
  const outcome = succeed(world, scenario, "ADD");
  scenario.afterAdd?.(world);
  return outcome;
}
