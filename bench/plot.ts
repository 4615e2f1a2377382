// The results as a picture: a panel for each figure, a bar for each plugin. Bars that carry their
// numbers need neither axes nor scales, and so no library to draw them.
import { leaseLabel } from "./leases.ts";
import { type PluginName, pluginNames } from "./plugin.ts";
import { findSample, median, quantile, type Results, type Sample, wholeRound } from "./results.ts";
import { titles } from "./table.ts";

/** A bar, with a thin line from its end to the 90th percentile. */
interface Bar {
  readonly name: PluginName;
  readonly value: number;
  readonly p90: number;
}

interface Panel {
  readonly title: string;
  readonly unit: string;
  /** The bars; empty where this was not measured. */
  readonly bars: readonly Bar[];
}

const columns = 3;
const [width, height] = [250, 132] as const;
const margin = 20;
const header = 34;
/** Where bars begin in a panel, and how long the longest is: the number stands behind it. */
const [left, longest] = [78, 100] as const;
const [firstRow, rowHeight, barHeight] = [36, 21, 13] as const;

/** The picture as SVG, for light and dark. */
export function draw(results: Results): string {
  const drawn = panels(results).filter(({ bars }) => bars.length > 0);
  const total = columns * width + 2 * margin;
  const bottom = header + Math.ceil(drawn.length / columns) * height + margin;
  const place = (panel: Panel, i: number) => {
    const [x, y] = [margin + (i % columns) * width, header + Math.floor(i / columns) * height];
    return `  <g transform="translate(${x} ${y})">\n${panelText(panel)}\n  </g>`;
  };
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total} ${bottom}" \
width="${total}" height="${bottom}"
  role="img" aria-labelledby="title desc">
  <title id="title">What a call costs</title>
  <desc id="desc">${drawn.map(description).join(" ")}</desc>
  <style>${style}</style>
  <rect class="paper" width="${total}" height="${bottom}" rx="8"/>
  <text class="small" x="${margin}" y="24">Bars: medians, shorter is better. \
Lines: 90th percentiles. ${results.machine.replace(/ of .*?,/, ",").replace(/;.*/, "")}.</text>
${drawn.map(place).join("\n")}
</svg>
`;
}

const style = `
    text { font: 13px system-ui, "DejaVu Sans", sans-serif; fill: #1f2328 }
    .small { font-size: 12px; fill: #57606a } .title { font-weight: bold } .end { text-anchor: end }
    .paper { fill: #ffffff } .spread { stroke: #57606a; stroke-width: 1.5 }
    .native { fill: #0969da } .node { fill: #54aeff } .reference { fill: #8c959f }
    .floor { fill: #d0d7de }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .small { fill: #9198a1 }
      .paper { fill: #0d1117 } .spread { stroke: #9198a1 }
      .native { fill: #58a6ff } .node { fill: #1f6feb } .reference { fill: #6e7681 }
      .floor { fill: #3d444d }
    }
  `;

function panels({ cases, sizes }: Results): Panel[] {
  const [v4 = [], dual = [], leases = []] = [cases.IPv4, cases["dual-stack"], cases.leases];
  const many = leaseLabel("ADD", 20_000);
  const whole = pluginNames.flatMap((name) => wholeRound(v4, name) ?? []);
  const times = (title: string, samples: readonly Sample[], label: string): Panel =>
    panel(title, "ms", samples, label, ({ wall }) => wall);
  return [
    times("VERSION", cases.VERSION ?? [], "VERSION"),
    times("ADD, IPv4", v4, "ADD, IPv4"),
    times("DEL, IPv4", v4, "DEL, IPv4"),
    times("ADD, IPv4 and IPv6", dual, "ADD, dual-stack"),
    times("100 ADDs at once", cases["at-once"] ?? [], "ADD, 100 at once"),
    times("ADD beside 20,000 leases", leases, many),
    panel("CPU time, ADD + DEL", "ms", whole, "ADD + DEL, IPv4", ({ cpu }) => cpu),
    panel("Peak memory, ADD", "MiB", v4, "ADD, IPv4", ({ memory }) =>
      memory.map((kib) => kib / 1024),
    ),
    {
      title: "Size on disk",
      unit: "MiB",
      bars: pluginNames.flatMap((name) => {
        const value = (sizes[name] ?? Number.NaN) / 2 ** 20;
        return Number.isNaN(value) ? [] : [{ name, value, p90: value }];
      }),
    },
  ];
}

function panel(
  title: string,
  unit: string,
  samples: readonly Sample[],
  label: string,
  column: (sample: Sample) => readonly number[],
): Panel {
  const bars = pluginNames.flatMap((name): Bar[] => {
    const sample = findSample(samples, label, name);
    if (!sample) return [];
    const numbers = column(sample);
    return [{ name, value: median(numbers), p90: quantile(numbers, 0.9) }];
  });
  return { title, unit, bars };
}

/** Above the bars, what our native host takes of what the reference takes. */
function ratio({ bars }: Panel): string {
  const [own, other] = ["native", "reference"].map((name) => bars.find((bar) => bar.name === name));
  return own && other ? `× ${significant(own.value / other.value)}` : "";
}

function panelText(panel: Panel): string {
  const { title, bars } = panel;
  const head = `<tspan class="small">${ratio(panel)}</tspan>`;
  const scale = longest / Math.max(...bars.map(({ p90 }) => p90));
  const rows = bars.flatMap((bar, row) => barText(panel, bar, scale, firstRow + row * rowHeight));
  return [`<text class="title" y="14">${title} ${head}</text>`, ...rows]
    .map((line) => `    ${line}`)
    .join("\n");
}

/** @param y of the line that its words stand on */
function barText({ unit }: Panel, { name, value, p90 }: Bar, scale: number, y: number): string[] {
  const length = Math.max(1, value * scale).toFixed(1);
  const [middle, spread] = [y + 2 - barHeight / 2, left + p90 * scale];
  return [
    `<text class="small end" x="${left - 8}" y="${y}">${titles[name].replace("kernel ", "")}</text>`,
    `<rect class="${name}" x="${left}" y="${y + 2 - barHeight}" width="${length}" \
height="${barHeight}" rx="2"/>`,
    `<path class="spread" d="M${(left + value * scale).toFixed(1)} ${middle}H${spread.toFixed(1)}"/>`,
    `<text class="small" x="${(spread + 6).toFixed(1)}" y="${y}">${significant(value)} ${unit}</text>`,
  ];
}

function description({ title, unit, bars }: Panel): string {
  const each = bars.map(({ name, value }) => `${titles[name]} ${significant(value)} ${unit}`);
  return `${title}: ${each.join(", ")}.`;
}

/** Two digits that mean something, and no exponents. */
function significant(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(value >= 10 ? 0 : value >= 1 ? 1 : 2);
}
