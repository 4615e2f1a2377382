// The results as a picture: a row for each figure, a dot for each plugin, on one logarithmic scale,
// because the fastest and the slowest are a factor of a thousand apart. Dots that carry their
// numbers need one axis and nothing else: no library is worth its weight for that.
import { leaseLabel } from "./leases.ts";
import { type PluginName, pluginNames } from "./plugin.ts";
import { findSample, median, quantile, type Results, type Sample, wholeRound } from "./results.ts";
import { titles } from "./table.ts";

/** A dot, with a line to the 90th percentile. */
interface Dot {
  readonly name: PluginName;
  readonly value: number;
  readonly p90: number;
}

interface Row {
  readonly title: string;
  readonly unit: string;
  /** None where this was not measured. */
  readonly dots: readonly Dot[];
}

const width = 780;
const [left, right] = [200, 750] as const;
const [header, rowHeight] = [78, 48] as const;
/** The powers of ten at the ends of the axis. */
const [lowest, highest] = [-1, 4] as const;

/** The picture as SVG, for light and dark. */
export function draw(results: Results): string {
  const drawn = rows(results).filter(({ dots }) => dots.length > 0);
  const bottom = header + drawn.length * rowHeight;
  const height = bottom + 16;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" \
width="${width}" height="${height}"
  role="img" aria-labelledby="title desc">
  <title id="title">What a call costs</title>
  <desc id="desc">${drawn.map(description).join(" ")}</desc>
  <style>${style}</style>
  <rect class="paper" width="${width}" height="${height}" rx="8"/>
${[...legend(), ...axis(bottom), ...drawn.flatMap(rowText)].map((line) => `  ${line}`).join("\n")}
</svg>
`;
}

const style = `
    text { font: 14px system-ui, "DejaVu Sans", sans-serif; fill: #1f2328 }
    .small { font-size: 12px } .mid { text-anchor: middle } .faint { fill: #57606a }
    .paper { fill: #ffffff } .grid { stroke: #d0d7de } .row { stroke: #eaeef2 }
    .dot { fill: currentColor; stroke: #ffffff; stroke-width: 1.5 }
    .spread { stroke: currentColor; stroke-width: 2 } .value { fill: currentColor }
    .native { color: #0969da; font-weight: bold } .node { color: #bf3989 }
    .reference { color: #57606a } .floor { color: #1a7f37 }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 } .faint { fill: #9198a1 }
      .paper { fill: #0d1117 } .grid { stroke: #30363d } .row { stroke: #21262d }
      .dot { stroke: #0d1117 }
      .native { color: #58a6ff } .node { color: #f778ba }
      .reference { color: #9198a1 } .floor { color: #3fb950 }
    }
  `;

function rows({ cases, sizes }: Results): Row[] {
  const [v4 = [], dual = [], leases = []] = [cases.IPv4, cases["dual-stack"], cases.leases];
  const whole = pluginNames.flatMap((name) => wholeRound(v4, name) ?? []);
  const time = (title: string, samples: readonly Sample[], label: string): Row =>
    row(title, "ms", samples, label, ({ wall }) => wall);
  const memory = row("Peak memory, ADD", "MiB", v4, "ADD, IPv4", ({ memory: kib }) =>
    kib.map((value) => value / 1024),
  );
  const size = pluginNames.flatMap((name): Dot[] => {
    const value = (sizes[name] ?? Number.NaN) / 2 ** 20;
    return Number.isNaN(value) ? [] : [{ name, value, p90: value }];
  });
  return [
    time("VERSION", cases.VERSION ?? [], "VERSION"),
    time("ADD, IPv4", v4, "ADD, IPv4"),
    time("DEL, IPv4", v4, "DEL, IPv4"),
    row("CPU time, ADD + DEL", "ms", whole, "ADD + DEL, IPv4", ({ cpu }) => cpu),
    time("ADD, IPv4 + IPv6", dual, "ADD, dual-stack"),
    time("100 ADDs at once", cases["at-once"] ?? [], "ADD, 100 at once"),
    time("20,000 leases, ADD", leases, leaseLabel("ADD", 20_000)),
    // Of the floor the kernel's count of memory says nothing: it is not exact to so few pages.
    { ...memory, dots: memory.dots.filter(({ name }) => name !== "floor") },
    { title: "Size on disk", unit: "MiB", dots: size },
  ];
}

function row(
  title: string,
  unit: string,
  samples: readonly Sample[],
  label: string,
  column: (sample: Sample) => readonly number[],
): Row {
  const dots = pluginNames.flatMap((name): Dot[] => {
    const sample = findSample(samples, label, name);
    if (!sample) return [];
    const numbers = column(sample);
    return [{ name, value: median(numbers), p90: quantile(numbers, 0.9) }];
  });
  return { title, unit, dots };
}

function legend(): string[] {
  const step = (right - left) / pluginNames.length;
  return [
    `<text class="small faint" x="20" y="30">dots: medians</text>`,
    `<text class="small faint" x="20" y="46">lines: to the 90th percentile</text>`,
    ...pluginNames.flatMap((name, i) => [
      `<circle class="dot ${name}" cx="${left + i * step + 8}" cy="26" r="6"/>`,
      `<text x="${left + i * step + 20}" y="30.5">${titles[name]}</text>`,
    ]),
  ];
}

function axis(bottom: number): string[] {
  const powers = Array.from({ length: highest - lowest + 1 }, (_, i) => 10 ** (lowest + i));
  return powers.flatMap((power) => {
    const x = place(power);
    const number = power.toLocaleString("en");
    return [
      `<path class="grid" d="M${x} ${header - 12}V${bottom}"/>`,
      `<text class="small faint mid" x="${x}" y="${header - 18}">${number}</text>`,
    ];
  });
}

/** Where a value is on the axis. */
function place(value: number): number {
  const power = Math.min(highest, Math.max(lowest, Math.log10(value)));
  return Math.round(left + ((power - lowest) / (highest - lowest)) * (right - left));
}

function rowText({ title, unit, dots }: Row, index: number): string[] {
  const y = header + (index + 0.5) * rowHeight;
  return [
    `<text x="20" y="${y + 5}">${title}<tspan class="faint">, ${unit}</tspan></text>`,
    `<path class="row" d="M${left} ${y}H${right}"/>`,
    ...dots.map(
      ({ name, value, p90 }) =>
        `<path class="spread ${name}" d="M${place(value)} ${y}H${place(p90)}"/>`,
    ),
    ...dots.flatMap(({ name, value }) => {
      const x = place(value);
      // So that neighbours do not write over each other.
      const line = name === "native" || name === "reference" ? y - 11 : y + 20;
      return [
        `<circle class="dot ${name}" cx="${x}" cy="${y}" r="6"/>`,
        `<text class="small mid value ${name}" x="${x}" y="${line}">${digits(value)}</text>`,
      ];
    }),
  ];
}

function description({ title, unit, dots }: Row): string {
  const each = dots.map(({ name, value }) => `${titles[name]} ${digits(value)} ${unit}`);
  return `${title}: ${each.join(", ")}.`;
}

/** Two digits that mean something, and no exponents. */
function digits(value: number): string {
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(value >= 10 ? 0 : value >= 1 ? 1 : 2);
}
