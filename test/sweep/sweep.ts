import { afterAll, expect } from "vitest";
import type { System } from "../../host/imports.ts";
import { confine } from "../../host/policy.ts";
import { type Fault, type Outcome, withFault } from "../../host/sim/index.ts";
import { core } from "../core/core.ts";
import { isDenial, type Kind, KINDS, nameOf, wordOf } from "./fault-kinds.ts";
import { callOf, type Scenario, type World } from "./scenario.ts";
import {
  forgetLoopback,
  judgeAnew,
  judgeAnswer,
  judgeProcess,
  judgeState,
  succeed,
} from "./world.ts";

// N is raised until a run in which nothing fired, so that no place is left out.

/** More calls of one name than any command makes. */
const MOST_CALLS = 500;

const covered = new Map<string, number>();
afterAll(() => {
  const total = [...covered.values()].reduce((sum, count) => sum + count, 0);
  const each = [...covered].map(([command, count]) => `${command} ${count}`).join(", ");
  console.log(`fault sweep: ${total} fault points (${each})`);
});

/** One run of many: what goes wrong in it, and whether it did. */
export interface Sweeping {
  readonly fault: Fault;
  fired: boolean;
}

interface Run extends Outcome {
  /** What went wrong where, for whoever reads the failure of a test. */
  readonly where: string;
}

/** Runs a command in which one fault happens. */
export function runWith(
  sweeping: Sweeping,
  world: World,
  scenario: Scenario,
  command: string,
  keys = {},
): Run {
  const { fault } = sweeping;
  let fired = () => false;
  const wrap = (system: System) => {
    const faulty = withFault(system, fault);
    fired = faulty.fired;
    return confine(faulty.system);
  };
  const call = callOf(scenario, command, keys);
  world.child = scenario.inChild ? wrap : undefined;
  const outcome = world.sim.run(core, scenario.inChild ? call : { ...call, wrap });
  world.child = undefined;
  sweeping.fired = fired();
  const where = `${command}, ${nameOf(fault)}, number ${fault.nth}: ${outcome.stdout}`;
  const run = { ...outcome, where };
  // who cannot write cannot say so; who cannot go back cannot be there
  judgeAnswer(run, command, fault.call === "write" && fault.forever === true, where);
  if (!(fault.call === "setns" && fault.forever)) judgeProcess(world, run, where);
  if (scenario.program === "host-local") judgeWords(fault, run);
  return run;
}

/** The error of a lease names the reason. */
function judgeWords({ call, failure }: Kind, { status, stdout, where }: Run): void {
  // a lock that is never free is held by somebody, and that is what is said
  const isHeld = call === "flock" && wordOf(Number(failure)) === "EAGAIN";
  const nothingToSay = status === 0 || stdout === "" || isHeld || isDenial({ call, failure });
  if (nothingToSay || typeof failure !== "number") return;
  expect(stdout, where).toContain(wordOf(failure));
}

/**
 * Runs `once` with the first, second, ... call going wrong, until none did; what was judged wrong
 * is told at the end, all of it.
 */
export function sweep(command: string, once: (sweeping: Sweeping) => void): void {
  const wrong: string[] = [];
  let points = 0;
  for (const kind of KINDS) {
    for (let nth = 1; nth <= MOST_CALLS; nth++) {
      const sweeping: Sweeping = { fault: { ...kind, nth }, fired: false };
      try {
        once(sweeping);
      } catch (error) {
        wrong.push(String(error));
      }
      if (!sweeping.fired) break;
      points++;
      expect(nth, `calls of ${nameOf(kind)}`).toBeLessThan(MOST_CALLS);
    }
  }
  expect(wrong.join("\n")).toBe("");
  expect(points).toBeGreaterThan(0);
  covered.set(command, (covered.get(command) ?? 0) + points);
}

/** The next ones: DEL takes everything back, ADD makes it anew. */
export function judgeNext(world: World, scenario: Scenario, before: string, where: string): void {
  succeed(world, scenario, "DEL");
  forgetLoopback(world);
  judgeState(world, before, `after DEL: ${where}`);
  judgeAnew(world, scenario, before, where);
}
