import fc from "fast-check";
import { expect } from "vitest";
import type { System } from "../../host/imports.ts";
import { confine } from "../../host/policy.ts";
import { errorSchema, ownErrorSchema } from "../../host/schema/index.ts";
import type { Call, Outcome, Sim } from "../../host/sim/index.ts";
import { core } from "../core/core.ts";

/** How long each property is tried, in seconds: `npm run fuzz` sets it. */
const SECONDS = Number(process.env.FUZZ_SECONDS ?? 2);
/** For vitest: the time of a property, and for its last case and for shrinking. */
export const TIMEOUT = SECONDS * 1000 + 60_000;
/** More calls than any command makes: one that makes more does not end. */
const MOST_CALLS = 50_000;

/** Tries a property for the fixed time. A failure names the seed and path to repeat it by. */
export function holds<T extends [unknown, ...unknown[]]>(
  ...[arbitrary, property]: [fc.Arbitrary<T>, (...args: T) => void]
): void {
  let runs = 0;
  fc.assert(
    fc.property(arbitrary, (args) => {
      runs++;
      property(...args);
    }),
    {
      numRuns: Number.MAX_SAFE_INTEGER,
      interruptAfterTimeLimit: SECONDS * 1000,
      markInterruptAsFailure: false,
    },
  );
  expect(runs).toBeGreaterThan(10);
}

/**
 * Runs the core as the plugin, under the policy, and judges what no input may change: it ends, with
 * one answer, that is its own if it fails; holds nothing; and was refused nothing by the policy.
 *
 * @param under goes between the policy and the machine: a kernel that lies. What it says of names
 *   may lead the core to what the policy refuses.
 */
export function runSane(sim: Sim, call: Call, under?: (system: System) => System): Outcome {
  let calls = 0;
  let refusal: string | undefined;
  const outcome = sim.run(core, {
    ...call,
    wrap: (system) =>
      watched(confine(under ? under(system) : system), (name, result) => {
        if (++calls > MOST_CALLS) throw new Error("the core does not end");
        if (result === -EACCES) refusal ??= name;
      }),
  });
  expect(outcome.held).toBe(0);
  expect([0, 1]).toContain(outcome.status);
  if (outcome.status === 1) expectError(outcome);
  if (!under) expect(refusal, `refused by the policy: ${refusal}`).toBeUndefined();
  return outcome;
}

const EACCES = 13;

/** `system`, each call of which is reported with its result. */
function watched(system: System, report: (name: string, result: unknown) => void): System {
  const calls = Object.entries(system).map(([name, call]) => [
    name,
    (...args: unknown[]) => {
      const result: unknown = (call as (...args: unknown[]) => unknown)(...args);
      report(name, result);
      return result;
    },
  ]);
  return Object.fromEntries(calls) as System;
}

/** Code 0 is no error, 999 says nothing; a trap is the host's to report and the core's to avoid. */
function expectError({ json, stderr }: Outcome): void {
  const { code, msg } = errorSchema.parse(json);
  expect(msg, stderr).not.toContain("stopped unexpectedly");
  expect([0, 999]).not.toContain(code);
}

/** The code of a failure of the core's own; 0 where it succeeded. */
export function codeOf({ status, json }: Outcome): number {
  return status === 0 ? 0 : ownErrorSchema.parse(json).code;
}

/** What a text may turn into on its way: cut, spliced, doubled, with strange bytes. */
export function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> {
  const change = fc.record({
    at: fc.nat(),
    remove: fc.nat({ max: 8 }),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 3 }),
      fc
        .constantFrom("null", '"', "{", "}", "[", "]", ",", ":", "-1", "1e9", "\\u0000", "true")
        .map((token) => new TextEncoder().encode(token)),
    ),
  });
  return fc.tuple(text, fc.array(change, { maxLength: 3 })).map(([source, changes]) => {
    let bytes = Buffer.from(source);
    for (const { at, remove, insert } of changes) {
      const start = at % (bytes.length + 1);
      bytes = Buffer.concat([bytes.subarray(0, start), insert, bytes.subarray(start + remove)]);
    }
    return Uint8Array.from(bytes);
  });
}
