import { launch, type Process } from "./launch.ts";
import { median, type Sample } from "./results.ts";
import type { Step, Subject } from "./subject.ts";
import { type Count, canTrace, readCount, traced } from "./trace.ts";

/** Rounds that fill the caches and are not counted. In the first one the steps are proved. */
const warmup = 2;
/** Of a process that waits for others, the number of its system calls is a matter of chance. */
const roundsOfTrace = 3;

/**
 * Runs all subjects in turn, one round after the other, so that what else the machine does touches
 * all alike; each round begins with another one, so that none always comes after the same.
 *
 * @param rounds that are counted
 * @throws Error with the output of a step that fails
 */
export function measure(subjects: readonly Subject[], rounds: number): Sample[] {
  const samples = new Map<Step, Sample>();
  for (const { steps, plugin } of subjects)
    for (const step of steps)
      samples.set(step, { label: step.label, plugin, wall: [], cpu: [], memory: [] });
  for (let round = -warmup; round < rounds; round++) {
    const first = (round + warmup) % subjects.length;
    for (const subject of [...subjects.slice(first), ...subjects.slice(0, first)]) {
      if (round >= (subject.rounds ?? rounds)) continue;
      play(subject, (step, processes) => {
        const { cost, outputs } = run(subject, step, processes);
        if (round === -warmup) step.prove?.();
        if (round >= 0) add(samples.get(step), cost);
        return outputs;
      });
    }
  }
  const counts = canTrace() ? count(subjects) : new Map<Step, Count[]>();
  return [...samples]
    .filter(([{ label }]) => label !== "")
    .map(([step, sample]) => ({ ...sample, ...typical(counts.get(step)) }));
}

type Run = (step: Step, processes: readonly Process[]) => readonly string[];

/** One round of a subject; what ADD has printed is given to the steps after it. */
function play({ steps }: Subject, run: Run): void {
  let results: readonly string[] = [];
  for (const step of steps) {
    const processes = step.takesResult
      ? step.processes.map((process, i) => withResult(process, results[i]))
      : step.processes;
    const outputs = run(step, processes);
    if (!step.takesResult) results = outputs;
  }
}

function withResult(process: Process, result: string | undefined): Process {
  const config = { ...JSON.parse(process.input), prevResult: JSON.parse(result ?? "null") };
  return { ...process, input: JSON.stringify(config) };
}

function run({ plugin }: Subject, { label }: Step, processes: readonly Process[]) {
  const { cost, answers } = launch(processes);
  const failed = answers.find(({ status }) => status !== 0);
  if (failed) {
    const { status, output } = failed;
    throw new Error(`${label || "a step"} of ${plugin}: exit status ${status}: ${output}`);
  }
  return { cost, outputs: answers.map(({ output }) => output) };
}

function add(sample: Sample | undefined, cost: ReturnType<typeof launch>["cost"]): void {
  sample?.wall.push(cost.wallMs);
  sample?.cpu.push(cost.cpuMs);
  sample?.memory.push(cost.memoryKib);
}

/** Counts the system calls of all steps of one process, in rounds of their own. */
function count(subjects: readonly Subject[]): Map<Step, Count[]> {
  const counts = new Map<Step, Count[]>();
  for (const subject of subjects) {
    for (let round = 0; round < (subject.rounds === undefined ? roundsOfTrace : 1); round++) {
      play(subject, (step, processes) => {
        const isCounted = processes.length === 1 && step.label !== "";
        if (!isCounted) return run(subject, step, processes).outputs;
        const { outputs } = run(subject, step, processes.map(traced));
        counts.set(step, [...(counts.get(step) ?? []), readCount()]);
        return outputs;
      });
    }
  }
  return counts;
}

function typical(counts: readonly Count[] | undefined): Partial<Count> {
  if (counts === undefined) return {};
  return {
    calls: median(counts.map(({ calls }) => calls)),
    requests: median(counts.map(({ requests }) => requests)),
  };
}
