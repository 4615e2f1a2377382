// Whole processes side by side: our hosts, the reference, and the least that the kernel allows. Not
// a test: nothing here fails for being slow. See docs/performance.md.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, release } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Lab } from "../lab/lab.ts";
import { root } from "../lab/paths.ts";
import { cases } from "./cases.ts";
import { compilePrograms } from "./compile.ts";
import { measure } from "./measure.ts";
import { draw } from "./plot.ts";
import { diskBytes, findPlugins } from "./plugin.ts";
import type { Results, Sample } from "./results.ts";
import { report } from "./table.ts";
import { canTrace } from "./trace.ts";

const { values } = parseArgs({
  options: {
    /** Rounds that are counted; 30, or 5 with --quick. */
    runs: { type: "string" },
    /** A case, or several, instead of all. */
    only: { type: "string", multiple: true },
    /** Without what takes long. */
    quick: { type: "boolean", default: false },
    /** The directory of the reference plugins. */
    reference: { type: "string", default: "/usr/lib/cni" },
    /** Where all samples go. */
    results: { type: "string", default: join(root, "build/bench/results.json") },
    /** Measure nothing: draw docs/performance.svg of the last results, and print them. */
    plot: { type: "boolean", default: false },
    /** Internal: we are in the lab already, to measure a case. */
    inside: { type: "string" },
  },
});
const rounds = Number(values.runs ?? (values.quick ? 5 : 30));
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`--runs ${values.runs}: must be a number of rounds from 1`);
for (const name of values.only ?? [])
  if (!(name in cases))
    throw new Error(`--only ${name}: must be one of ${Object.keys(cases).join(", ")}`);
const { plugins, missing } = findPlugins(values.reference);

if (values.inside !== undefined) {
  const subjects = cases[values.inside]?.subjects(plugins, values.quick) ?? [];
  process.stdout.write(JSON.stringify(measure(subjects, rounds)));
} else if (values.plot) {
  const results = JSON.parse(readFileSync(values.results, "utf8")) as Results;
  writeFileSync(join(root, "docs/performance.svg"), draw(results));
  console.log(report(results));
} else {
  const results = await run();
  mkdirSync(dirname(values.results), { recursive: true });
  writeFileSync(values.results, JSON.stringify(results, null, 1));
  console.log(report(results));
}

/** Measures the cases, each in a lab of its own. */
async function run(): Promise<Results> {
  compilePrograms();
  for (const line of missing) console.log(line);
  if (!canTrace()) console.log("no strace, so nothing is counted (Debian: strace)");
  const names = Object.keys(cases).filter(
    (name) => values.only?.includes(name) ?? !(values.quick && cases[name]?.isLong),
  );
  const samples: Record<string, Sample[]> = {};
  for (const name of names) {
    console.error(`measuring ${name} ...`);
    samples[name] = await measureInLab(name);
  }
  const sizes = plugins
    .filter(({ name }) => name !== "floor")
    .map((plugin) => [plugin.name, diskBytes(plugin)]);
  return { machine: machine(), rounds, cases: samples, sizes: Object.fromEntries(sizes) };
}

/** Enters the lab once, and not for each process. */
async function measureInLab(name: string): Promise<Sample[]> {
  await using lab = await Lab.open();
  cases[name]?.prepare?.(lab);
  const words = ["--inside", name, "--runs", String(rounds), "--reference", values.reference];
  const argv = [process.execPath, fileURLToPath(import.meta.url), ...words];
  return JSON.parse(lab.run(values.quick ? [...argv, "--quick"] : argv));
}

function machine(): string {
  const model = cpus()[0]?.model.trim() ?? "unknown processor";
  const cores = `${availableParallelism()} cores of ${model}`;
  return `${cores}, Linux ${release()}, Node ${process.version}`;
}
