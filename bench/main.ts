// Whole processes side by side: ours, the reference, and Node with nothing to do. Not a test:
// nothing here fails for being slow. See docs/performance.md.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { Lab } from "../lab/lab.ts";
import { fillLeases, leaseSubjects, leaseTable } from "./leases.ts";
import { measure, type Sample } from "./measure.ts";
import { master, ours, reference, subjects } from "./subject.ts";
import { table } from "./table.ts";

const { values } = parseArgs({
  options: {
    /** Rounds that are counted. */
    runs: { type: "string", default: "30" },
    /** The directory of the reference plugins. */
    reference: { type: "string", default: "/usr/lib/cni" },
    /** Internal: we are in the lab already. */
    inside: { type: "boolean", default: false },
  },
});
const rounds = Number(values.runs);
if (!Number.isInteger(rounds) || rounds < 1)
  throw new Error(`--runs ${values.runs}: must be a number of rounds from 1`);
const directory = existsSync(join(values.reference, "macvlan")) ? values.reference : undefined;
const plugins = directory === undefined ? [ours] : [ours, reference];

if (values.inside) {
  fillLeases(plugins);
  const all = [subjects(directory), leaseSubjects(directory)];
  process.stdout.write(JSON.stringify(all.map((some) => measure(some, rounds))));
} else {
  await run();
}

/** Opens a lab and measures in it, entering it once and not for each process. */
async function run(): Promise<void> {
  if (directory === undefined)
    console.log(
      `no reference plugins in ${values.reference} (Debian: containernetworking-plugins)`,
    );
  await using lab = await Lab.open();
  lab.addMaster(master);
  for (const pod of plugins) lab.addNetns(pod);
  console.log(`Node ${process.version}, ${rounds} rounds\n`);
  const words = ["--inside", "--runs", String(rounds), "--reference", values.reference];
  const self = fileURLToPath(import.meta.url);
  const output = lab.run([process.execPath, self, ...words]);
  const [samples, leaseSamples] = JSON.parse(output) as [Sample[], Sample[]];
  console.log(`${table(samples)}\n\n${leaseTable(leaseSamples)}`);
}
