// Thousands of containers on the real kernel, many at once, on a network of few addresses, some of
// them killed on the way: no address twice, nothing left. See docs/testing.md.
import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../lab/paths.ts";
import { Judge } from "./judge.ts";
import { Random } from "./random.ts";
import { report } from "./report.ts";
import { Worker } from "./worker.ts";
import { World } from "./world.ts";

const { values } = parseArgs({
  options: {
    /** How long, for each of the programs. */
    seconds: { type: "string", default: "30" },
    /** Containers at the same time. */
    workers: { type: "string", default: "64" },
    /** Addresses of each family; by default one for three workers. */
    addresses: { type: "string" },
    /** Of what is random; another one each time by default. */
    seed: { type: "string", default: String(Date.now() % 2 ** 31) },
    /** A directory of executables, from the repository's root; by default both hosts'. */
    programs: { type: "string", multiple: true, default: ["build/native", "build/bin"] },
  },
});
const seconds = number("seconds", values.seconds, 86_400);
const workers = number("workers", values.workers, 1000);
const addresses = number("addresses", values.addresses ?? `${Math.ceil(workers / 3)}`, 200);
const seed = number("seed", values.seed, 2 ** 31);
/** After so many it is known that something is wrong. */
const MOST_FAULTS = 10;

const directories = values.programs.map((name) => resolve(root, name));
for (const directory of directories)
  if (!existsSync(join(directory, "macvlan")))
    throw new Error(`${directory} has no macvlan: npm run build, npm run build:native`);

console.log(`seed ${seed}: ${workers} workers, ${addresses} addresses of each family`);
for (const directory of directories) {
  const { judge, elapsed } = await soak(directory);
  console.log(report(relative(root, directory), judge, elapsed));
  if (judge.faults.length > 0) process.exitCode = 1;
}

async function soak(directory: string): Promise<{ judge: Judge; elapsed: number }> {
  const judge = new Judge();
  const world = await World.open(directory, addresses);
  await using _lab = world.lab;
  const crew = Array.from({ length: workers }, (_, i) => {
    const pod = world.lab.addNetns(`pod${i}`);
    return new Worker(world, judge, new Random(seed + i), pod);
  });
  const before = world.state();
  await crew[0]?.comeAndGo();
  const files = world.files();
  const start = performance.now();
  const isOver = () =>
    performance.now() - start > seconds * 1000 || judge.faults.length >= MOST_FAULTS;
  const work = async (worker: Worker) => {
    while (!isOver()) await worker.round();
  };
  await Promise.all(crew.map(work));
  const elapsed = (performance.now() - start) / 1000;
  await Promise.all(crew.slice(0, addresses).map((worker) => worker.abandon()));
  judge.silent("GC", await world.collectAll());
  await crew[0]?.comeAndGo();
  for (const line of await world.left(before, files)) judge.fault(`left: ${line}`);
  return { judge, elapsed };
}

function number(name: string, text: string, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new Error(`--${name} ${text}: must be a whole number from 1 to ${most}`);
}
