// What the native host shall take, in terms of the reference and of the floor. Nothing fails for
// being slow: the table says whether it is met.
import { leaseLabel } from "./leases.ts";
import { findSample, median, type Results, wholeRound } from "./results.ts";

interface Target {
  readonly what: string;
  readonly to: "reference" | "floor";
  readonly limit: number;
  /** The figure of one of them, NaN where it was not measured. */
  figure(results: Results, who: "native" | "reference" | "floor"): number;
}

type Column = "wall" | "cpu" | "memory";

function of(name: string, label: string, column: Column = "wall"): Target["figure"] {
  return ({ cases }, who) => median(findSample(cases[name] ?? [], label, who)?.[column] ?? []);
}

const roundCpu: Target["figure"] = ({ cases }, who) =>
  median(wholeRound(cases.IPv4 ?? [], who)?.cpu ?? []);

const [add, del] = ["ADD", "DEL"].map((command) => leaseLabel(command, 20_000)) as [string, string];

const targets: readonly Target[] = [
  { what: "VERSION", to: "reference", limit: 0.4, figure: of("VERSION", "VERSION") },
  { what: "ADD, IPv4", to: "reference", limit: 0.25, figure: of("IPv4", "ADD, IPv4") },
  { what: "ADD, IPv4", to: "floor", limit: 2.5, figure: of("IPv4", "ADD, IPv4") },
  { what: "DEL, IPv4", to: "reference", limit: 0.15, figure: of("IPv4", "DEL, IPv4") },
  { what: "CPU time of ADD + DEL, IPv4", to: "reference", limit: 0.25, figure: roundCpu },
  {
    what: "ADD, dual-stack",
    to: "reference",
    limit: 0.08,
    figure: of("dual-stack", "ADD, dual-stack"),
  },
  { what: add, to: "reference", limit: 0.03, figure: of("leases", add) },
  { what: del, to: "reference", limit: 0.03, figure: of("leases", del) },
  {
    what: "ADD, 100 at once",
    to: "reference",
    limit: 0.4,
    figure: of("at-once", "ADD, 100 at once"),
  },
  {
    what: "Peak memory of ADD, IPv4",
    to: "reference",
    limit: 0.6,
    figure: of("IPv4", "ADD, IPv4", "memory"),
  },
  {
    what: "Size on disk",
    to: "reference",
    limit: 0.06,
    figure: ({ sizes }, who) => sizes[who] ?? Number.NaN,
  },
];

export interface Verdict {
  readonly what: string;
  readonly to: "reference" | "floor";
  readonly limit: number;
  readonly ratio: number;
}

/** The targets of which both sides were measured. */
export function judge(results: Results): Verdict[] {
  return targets
    .map(({ what, to, limit, figure }) => {
      const ratio = figure(results, "native") / figure(results, to);
      return { what, to, limit, ratio };
    })
    .filter(({ ratio }) => !Number.isNaN(ratio));
}
