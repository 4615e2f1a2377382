import { afterAll, describe, expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import { withDeath } from "../../host/sim/index.ts";
import { core, POD } from "../core/core.ts";
import { callOf, type Scenario, type World } from "./scenario.ts";
import { forgetLoopback, judgeAnew, judgeState, leasesOf, stateOf, succeed } from "./world.ts";

// The process ends at a system call, at every one in turn: none of the calls after it is made. The
// kernel closes its descriptors and so gives back the lock; nothing else is tidied up. After that a
// DEL brings the machine back; where the runtime has forgotten the container, and its namespace has
// ended with it, a GC does.

/** More calls than any command makes. */
const MOST_CALLS = 2000;

const VALID = { "cni.dev/valid-attachments": [{ containerID: "other", ifname: "eth0" }] };

let covered = 0;
afterAll(() => console.log(`crash sweep: ${covered} deaths`));

/** What is done after a death. */
type Repair = (world: World, scenario: Scenario) => void;

const repairs: Readonly<Record<string, Repair>> = {
  "DEL brings the machine back": (world, scenario) => {
    succeed(world, scenario, "DEL");
  },
  "GC brings it back where the container is forgotten": (world, scenario) => {
    world.sim.removeNetns(POD);
    succeed(world, scenario, "GC", VALID);
  },
  "DEL does so after the next ADD, whether that went well or not": (world, scenario) => {
    world.sim.run(core, callOf(scenario, "ADD"));
    succeed(world, scenario, "DEL");
  },
  "DEL finds what is left after another container came and went": (world, scenario) => {
    const second = { containerId: "container-2", netns: "/run/netns/second" };
    world.sim.addNetns(second.netns);
    for (const command of ["ADD", "DEL"]) {
      // in mode passthru and with fixed addresses there may be no room for a second one
      world.sim.run(core, { ...callOf(scenario, command), ...second });
    }
    world.sim.removeNetns(second.netns);
    succeed(world, scenario, "DEL");
  },
};

export function sweepDeaths(scenarios: readonly Scenario[]): void {
  describe.each(scenarios)("$name, dead at any call:", (scenario) => {
    describe.each(["ADD", "DEL", "GC"])("%s:", (command) => {
      test.each(Object.entries(repairs))("%s", (_, repair) => {
        for (let nth = 1; dieAt(nth, scenario, command, repair); nth++) {
          expect(nth).toBeLessThan(MOST_CALLS);
          covered++;
        }
      });
    });
  });
}

/** @returns false where the command came to its end before its `nth` call. */
function dieAt(nth: number, scenario: Scenario, command: string, repair: Repair): boolean {
  const world = scenario.prepare();
  if (command !== "ADD") {
    succeed(world, scenario, "ADD");
    scenario.afterAdd?.(world);
  }
  let died = () => false;
  const wrap = (system: System) => {
    const mortal = withDeath(system, nth);
    died = mortal.died;
    return mortal.system;
  };
  const call = callOf(scenario, command, command === "GC" ? VALID : {});
  world.child = scenario.inChild ? wrap : undefined;
  world.sim.run(core, scenario.inChild ? call : { ...call, wrap });
  world.child = undefined;
  const where = `${command} dead at call ${nth}`;
  judgeLeases(world, where);
  repair(world, scenario);
  judgeRepair(world, scenario, where);
  return died();
}

/** All is as on a machine where nothing ever happened, but for a container that has ended. */
function judgeRepair(world: World, scenario: Scenario, where: string): void {
  const untouched = scenario.prepare();
  const isGone = world.sim.files.find(POD) === undefined;
  if (isGone) untouched.sim.removeNetns(POD);
  else forgetLoopback(world);
  const before = stateOf(untouched);
  judgeState(world, before, where);
  if (!isGone) judgeAnew(world, scenario, before, where);
}

/** No lease is empty or half-written. */
function judgeLeases(world: World, where: string): void {
  for (const lease of leasesOf(world)) {
    expect(lease, where).toMatch(/^\S+ (other\r\neth0|container-1\r\nmv0)$/);
  }
}
