import type { Sample } from "./measure.ts";
import { bare, ours, reference } from "./subject.ts";

/** What our processes may take over Node's own start, in milliseconds. */
const targets: Readonly<Record<string, number>> = { VERSION: 15, "ADD, static": 25 };

const columns = ["", "", "to reference", "over node", "target", "median", "p90"] as const;

/** The samples as a table in Markdown; times in milliseconds. */
export function table(samples: readonly Sample[]): string {
  const node = median(samples.find(({ label }) => label === bare.label));
  const rows = samples.map((sample) => {
    const own = median(sample);
    const isOurs = sample.plugin === ours;
    const theirs = samples.find(
      ({ plugin, label }) => plugin === reference && label === sample.label,
    );
    const target = isOurs ? targets[sample.label] : undefined;
    const over = own - node;
    return [
      sample.label,
      sample.plugin,
      isOurs && theirs ? (own / median(theirs)).toFixed(2) : "",
      isOurs ? over.toFixed(1) : "",
      target === undefined ? "" : `<= ${target}: ${over <= target ? "met" : "missed"}`,
      own.toFixed(1),
      quantile(sample, 0.9).toFixed(1),
    ];
  });
  return format([[...columns], ...rows]);
}

export function median(sample: Sample | undefined): number {
  return sample === undefined ? Number.NaN : quantile(sample, 0.5);
}

export function quantile({ milliseconds }: Sample, share: number): number {
  const sorted = [...milliseconds].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function format([head = [], ...rows]: readonly string[][]): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  // Two columns of words to the left, the numbers to the right.
  const cell = (text: string, column: number) => {
    const width = widths[column] ?? 0;
    return column < 2 ? text.padEnd(width) : text.padStart(width);
  };
  const line = (row: readonly string[]) => `| ${row.map(cell).join(" | ")} |`;
  const rule = widths.map((width, i) => (i < 2 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}
