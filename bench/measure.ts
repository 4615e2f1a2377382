import { spawnSync } from "node:child_process";
import type { Step, Subject } from "./subject.ts";

/** Milliseconds of each run of a step. */
export interface Sample {
  readonly plugin: string;
  readonly label: string;
  readonly milliseconds: number[];
}

/**
 * Runs all subjects in turn, one round after the other, so that what else the machine does touches
 * all alike. The first rounds fill the caches and are not counted.
 *
 * @param rounds that are counted
 * @throws Error with the output of a step that fails
 */
export function measure(subjects: readonly Subject[], rounds: number): Sample[] {
  const warmup = 2;
  const samples = new Map<Step, Sample>();
  for (let round = -warmup; round < rounds; round++) {
    for (const subject of subjects) {
      if (round >= (subject.rounds ?? rounds)) continue;
      for (const step of subject.steps) {
        const milliseconds = run(subject.plugin, step);
        if (round < 0) continue;
        const { plugin } = subject;
        const sample = samples.get(step) ?? { plugin, label: step.label, milliseconds: [] };
        sample.milliseconds.push(milliseconds);
        samples.set(step, sample);
      }
    }
  }
  return [...samples.values()];
}

/** One whole process, from before its start until its end is known. */
function run(plugin: string, { label, argv, env, input }: Step): number {
  const [program = "", ...words] = argv;
  const start = process.hrtime.bigint();
  const { status, stdout, stderr } = spawnSync(program, words, { env, input, cwd: "/" });
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6;
  if (status !== 0) throw new Error(`${label} of ${plugin} failed: ${stdout}${stderr}`);
  return milliseconds;
}
