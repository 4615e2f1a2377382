// npm run replay -- FILE: runs the core on the answers of a trace that CNI_MACVLAN_TRACE=FILE has
// saved, and says whether it does the same. See docs/testing.md.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../lab/paths.ts";
import { readTrace, replay } from "../host/replay.ts";

const [file] = process.argv.slice(2);
if (file === undefined) throw new Error("npm run replay -- FILE: which trace?");

const core = new WebAssembly.Module(readFileSync(join(root, "build/macvlan.wasm")));
for (const entries of readTrace(readFileSync(file, "utf8"))) {
  const { status, stdout, stderr, divergence } = replay(core, entries);
  const calls = `process ${entries[0]?.pid}, ${entries.length} calls`;
  if (divergence === undefined) console.log(`${calls}: the same, exit status ${status}`);
  else {
    const { at, traced, made } = divergence;
    console.log(`${calls}: differs at call ${at}\n  in the trace: ${traced}\n  now: ${made}`);
    process.exitCode = 1;
  }
  process.stderr.write(stderr);
  process.stdout.write(stdout);
}
