// The results as tables in Markdown.
import { bareLabel, cases } from "./cases.ts";
import { type PluginName, pluginNames } from "./plugin.ts";
import { findSample, median, quantile, type Results, type Sample, wholeRound } from "./results.ts";
import { judge } from "./targets.ts";

/** How the tables and the plot call them. */
export const titles: Readonly<Record<PluginName | "bare", string>> = {
  native: "native host",
  node: "Node host",
  reference: "reference",
  floor: "kernel floor",
  bare: "Node alone",
};

/** Everything, a heading for each table. */
export function report(results: Results): string {
  const { machine, rounds, sizes } = results;
  const parts = [`${machine}; ${rounds} rounds.`];
  const verdicts = targetTable(results);
  if (verdicts !== undefined) parts.push("### Targets of the native host", verdicts);
  for (const [name, samples] of Object.entries(results.cases))
    parts.push(`### ${cases[name]?.title ?? name}`, caseTable(samples));
  parts.push("### Size on disk", sizeTable(sizes));
  return parts.join("\n\n");
}

function targetTable(results: Results): string | undefined {
  const rows = judge(results).map(({ what, to, limit, ratio }) => [
    what,
    `${titles.native} to ${titles[to]}`,
    share(ratio),
    `<= ${limit}`,
    ratio <= limit ? "met" : "missed",
  ]);
  return rows.length === 0 ? undefined : format([["", "", "ratio", "target", ""], ...rows]);
}

const columns = [
  ...["", "", "median ms", "p90 ms", "CPU ms", "memory MiB", "system calls", "RTNL requests"],
  ...["to reference", "to floor"],
];

function caseTable(samples: readonly Sample[]): string {
  const rounds = pluginNames.flatMap((name) => wholeRound(samples, name) ?? []);
  const all = [...samples, ...rounds];
  const labels = [...new Set(all.map(({ label }) => label))];
  // Side by side what is compared: the plugins under each command.
  const sorted = labels.flatMap((label) => all.filter((sample) => sample.label === label));
  const table = [columns, ...sorted.map((sample) => row(sample, all))];
  // Without strace(1) nothing was counted; and not every case is about rtnetlink.
  const isUsed = (column: number) =>
    column < 2 || table.some((cells, i) => i > 0 && !["", "0"].includes(cells[column] ?? ""));
  return format(table.map((cells) => cells.filter((_, column) => isUsed(column))));
}

function row(sample: Sample, all: readonly Sample[]): string[] {
  const { label, plugin, wall, cpu, memory, calls, requests } = sample;
  const isOurs = plugin === "native" || plugin === "node";
  const ratio = (to: PluginName) => {
    const other = isOurs ? findSample(all, label, to) : undefined;
    return other ? share(median(wall) / median(other.wall)) : "";
  };
  return [
    label === bareLabel ? `\`${label}\`` : label,
    titles[plugin],
    median(wall).toFixed(2),
    quantile(wall, 0.9).toFixed(2),
    median(cpu).toFixed(2),
    (median(memory) / 1024).toFixed(1),
    calls?.toLocaleString("en") ?? "",
    requests?.toLocaleString("en") ?? "",
    ratio("reference"),
    ratio("floor"),
  ];
}

function sizeTable(sizes: Results["sizes"]): string {
  const rows = pluginNames.flatMap((name) => {
    const [own, other] = [sizes[name], sizes.reference];
    if (own === undefined) return [];
    const ratio = other === undefined || name === "reference" ? "" : share(own / other);
    return [["macvlan, host-local, static", titles[name], `${Math.ceil(own / 1024)}`, ratio]];
  });
  return format([["", "", "KiB", "to reference"], ...rows]);
}

/** Small ones would be nothing with two digits. */
function share(ratio: number): string {
  return ratio.toFixed(ratio < 0.1 ? 3 : 2);
}

function format([head = [], ...rows]: readonly string[][]): string {
  const widths = head.map((_, column) =>
    Math.max(1, ...[head, ...rows].map((row) => row[column]?.length ?? 0)),
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
