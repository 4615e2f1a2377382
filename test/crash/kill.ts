import { join } from "node:path";
import { compile } from "../../bench/compile.ts";
import type { CniCall, CniOutput } from "../../lab/cni.ts";
import type { Lab } from "../../lab/lab.ts";
import { macvlanProgram, nodeDirectory, programDirectory, root } from "../../lab/paths.ts";

const killer = join(root, "build/test/kill-at");

/** The first process of the plugin: all its calls, on the Node host those of the core alone. */
export const plugin = programDirectory === nodeDirectory ? "runtime" : "process";
/** Whose calls are counted, and who is killed (kill-at.c). */
export type Victim = typeof plugin | "child";

/** @throws Error where there is no C compiler */
export function compileKiller(): void {
  compile(join(root, "test/crash/kill-at.c"), killer);
}

/** A call of the plugin in which the victim is killed when it is about to make its n-th call. */
export function killedAt(n: number, victim: Victim, lab: Lab, call: CniCall): CniOutput {
  const env = { KILL_PROGRAM: macvlanProgram, KILL_AT: String(n), KILL_WHO: victim };
  return lab.cni({ ...call, program: killer, env });
}
