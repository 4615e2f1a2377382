import type { PluginName } from "./plugin.ts";

/** What one step took, a number for each round. */
export interface Sample {
  readonly label: string;
  readonly plugin: PluginName | "bare";
  /** Milliseconds. */
  readonly wall: number[];
  readonly cpu: number[];
  /** KiB. */
  readonly memory: number[];
  /** System calls, and messages to rtnetlink; counted apart, where strace(1) is. */
  readonly calls?: number;
  readonly requests?: number;
}

/** All that a run of the bench has found: build/bench/results.json. */
export interface Results {
  /** The machine and the versions, as one line. */
  readonly machine: string;
  readonly rounds: number;
  /** The cases by name. */
  readonly cases: Readonly<Record<string, readonly Sample[]>>;
  /** Bytes on disk. */
  readonly sizes: Readonly<Partial<Record<PluginName, number>>>;
}

export function findSample(
  samples: readonly Sample[],
  label: string,
  plugin: Sample["plugin"],
): Sample | undefined {
  return samples.find((sample) => sample.label === label && sample.plugin === plugin);
}

/** ADD and DEL of one container, taken together round by round. */
export function wholeRound(
  samples: readonly Sample[],
  plugin: Sample["plugin"],
): Sample | undefined {
  const add = findSample(samples, "ADD, IPv4", plugin);
  const del = findSample(samples, "DEL, IPv4", plugin);
  if (!add || !del) return undefined;
  const both = (column: "wall" | "cpu" | "memory", join: (a: number, b: number) => number) =>
    add[column].map((value, round) => join(value, del[column][round] ?? Number.NaN));
  const sum = (a: number, b: number) => a + b;
  const wall = both("wall", sum);
  return {
    label: "ADD + DEL, IPv4",
    plugin,
    wall,
    cpu: both("cpu", sum),
    memory: both("memory", Math.max),
    ...(add.calls === undefined || del.calls === undefined ? {} : { calls: add.calls + del.calls }),
    ...(add.requests === undefined || del.requests === undefined
      ? {}
      : { requests: add.requests + del.requests }),
  };
}

export function median(numbers: readonly number[]): number {
  return quantile(numbers, 0.5);
}

/** The smallest number that so large a share of them does not exceed. */
export function quantile(numbers: readonly number[], share: number): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}
