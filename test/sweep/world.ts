import { expect } from "vitest";
import { ownErrorSchema, resultSchema } from "../../host/schema/index.ts";
import type { Outcome } from "../../host/sim/index.ts";
import { core, POD } from "../core/core.ts";
import { callOf, DATA_DIR, type Scenario, type World } from "./scenario.ts";

// The judges: what must be true of an answer and of the machine after a call, whatever went wrong.

/** What host-local keeps beside its leases. */
const BOOKKEEPING = /\/(lock|last_reserved_ip\.\d+|\.new-lease|\.index(\/.*)?)$/;

/** What hostAccess keeps of no attachment. */
const RECORDS = /^\/run\/cni-macvlan(\/\.lock|\/[^/]+)?$/;

interface Snapshot {
  readonly netnses: readonly unknown[];
  readonly files: readonly (readonly [path: string, mode: number, content: string])[];
}

/**
 * The state of the machine, as far as it may not be changed by a call that took everything back; as
 * text, for thousands are compared.
 */
export function stateOf({ sim, raised }: World): string {
  const wasUp = raised?.up ?? true;
  if (raised) raised.up = true;
  const { netnses, files } = sim.snapshot() as Snapshot;
  if (raised) raised.up = wasUp;
  const kept = files.filter(
    ([path, , content]) =>
      !(path.startsWith(DATA_DIR) && (BOOKKEEPING.test(path) || content === "folder")) &&
      !RECORDS.test(path),
  );
  return JSON.stringify({ netnses, files: kept });
}

/** The machine is as it was at some moment. */
export function judgeState(world: World, expected: string, where: string): void {
  const state = stateOf(world);
  if (state !== expected) expect(JSON.parse(state), where).toEqual(JSON.parse(expected));
}

/** A call to its end, without a fault, that must succeed. */
export function succeed(world: World, scenario: Scenario, command: string, keys = {}): Outcome {
  const outcome = world.sim.run(core, callOf(scenario, command, keys));
  expect(outcome.status, `${command} afterwards: ${outcome.stdout}`).toBe(0);
  return outcome;
}

/** Of these states it is known what comes of an ADD and a DEL. */
const judged = new Set<string>();

/**
 * The next ADD and DEL leave the machine as it was. What has been judged from a state is not judged
 * from it again, unless leases have an index: that goes by times, which are no part of a snapshot.
 */
export function judgeAnew(world: World, scenario: Scenario, before: string, where: string): void {
  const state = `${scenario.name} ${JSON.stringify(world.sim.snapshot())}`;
  if (judged.has(state)) return;
  if (!world.sim.files.find(`${DATA_DIR}/.index`)) judged.add(state);
  succeed(world, scenario, "ADD");
  succeed(world, scenario, "DEL");
  forgetLoopback(world);
  judgeState(world, before, `ADD and DEL after ${where}`);
}

/**
 * Exactly one document or none, a code that says something, no trap.
 *
 * @param mute true where nothing can be written: then there may be no answer at all.
 */
export function judgeAnswer(outcome: Outcome, command: string, mute: boolean, where: string): void {
  const { status, stdout, json } = outcome;
  if (status !== 0) {
    expect(status, where).toBe(1);
    if (mute && stdout === "") return;
    const { msg } = ownErrorSchema.parse(json ?? where);
    expect(msg, where).not.toContain("stopped unexpectedly");
    expect(msg.length, where).toBeGreaterThan(10);
  } else if (command === "ADD") {
    resultSchema("1.1.0").parse(json);
  } else if (command !== "VERSION") {
    expect(stdout, where).toBe("");
  }
}

/** Nothing is held, and the process is where it began. */
export function judgeProcess(world: World, { held, netns }: Outcome, where: string): void {
  expect(held, `descriptors, ${where}`).toBe(0);
  expect(netns === world.sim.host, `in the host's namespace, ${where}`).toBe(true);
}

/** IPv6 of the loopback interface is left on: other interfaces of the container may need it. */
export function forgetLoopback({ sim, loopback }: World): void {
  sim.netns(POD).links.get(1)?.settings.set("ipv6/conf", "disable_ipv6", loopback);
}

/** The leases of host-local: who has which address. */
export function leasesOf({ sim }: World): string[] {
  const folder = sim.files.find(`${DATA_DIR}/net1`);
  if (folder?.kind !== "folder") return [];
  return [...folder.entries].flatMap(([name, file]) => {
    const isLease = file.kind === "file" && /^[0-9a-f]+[.:]/.test(name);
    return isLease ? [`${name} ${new TextDecoder().decode(file.content)}`] : [];
  });
}
