// npm run fuzz:native: the core, compiled natively with sanitizers, in a world that libFuzzer makes
// up (native/fuzz). First all that is in the repository, then for a time what comes of it.
//
//   --seconds N      60 by default; 0 for the corpus alone
//
// What is new goes to build/fuzz/corpus. A story that breaks the core goes to build/fuzz/, and from
// there to native/fuzz/corpus when the core is mended.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";

const OUT = "build/fuzz";
const CORPUS = "native/fuzz/corpus";
const LIMITS = ["-max_len=4096", "-timeout=20", "-rss_limit_mb=2048", "-print_final_stats=1"];
const NEEDED = { make: "make", wasm2c: "wabt", clang: "clang libclang-rt-14-dev" };

process.chdir(path.join(import.meta.dirname, ".."));
const { values } = parseArgs({ options: { seconds: { type: "string", default: "60" } } });
const seconds = Number(values.seconds);
if (!Number.isInteger(seconds) || seconds < 0) {
  throw new Error(`--seconds ${values.seconds}: must be a number of seconds from 0`);
}

const missing = Object.entries(NEEDED).filter(
  ([program]) => spawnSync(program, ["--version"]).error !== undefined,
);
for (const [program, packages] of missing) {
  console.error(`fuzz: ${program} is missing: apt-get install ${packages}`);
}
process.exitCode = missing.length > 0 ? 1 : fuzz();

function fuzz() {
  fs.mkdirSync(`${OUT}/corpus`, { recursive: true });
  const built = run("make", ["--silent", "-C", "native/fuzz"]);
  if (built !== 0) return built;
  const options = [...LIMITS, `-artifact_prefix=${OUT}/`];
  const files = fs.readdirSync(CORPUS).map((file) => path.join(CORPUS, file));
  const replayed = run(`${OUT}/native`, [...options, "-verbosity=0", ...files]);
  if (replayed !== 0 || seconds === 0) return replayed;
  const time = [`-max_total_time=${seconds}`, "-verbosity=1", "-reduce_inputs=0"];
  const places = [`${OUT}/corpus`, CORPUS];
  return run(`${OUT}/native`, [...options, ...time, "-dict=native/fuzz/words.dict", ...places]);
}

function run(program, words) {
  const { status, error } = spawnSync(program, words, { stdio: "inherit" });
  if (error) console.error(`fuzz: ${error.message}`);
  return status ?? 1;
}
