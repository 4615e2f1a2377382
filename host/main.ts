// The plugin executable (build/bin/macvlan): the core on the kernel that this process runs on.
import fs from "node:fs";
import path from "node:path";
import type { System } from "./imports.ts";
import { linux } from "./linux.ts";
import { confine } from "./policy.ts";
import { reportFailure, runPlugin } from "./run.ts";

const CORE = path.join(import.meta.dirname, "../macvlan.wasm");

function main(system: System): number {
  try {
    return runPlugin(new WebAssembly.Module(fs.readFileSync(CORE)), system);
  } catch (error) {
    return reportFailure(error, system);
  }
}

const confined = confine(linux);
const target = process.env.CNI_MACVLAN_TRACE;
if (target) {
  import("./trace/start.ts").then(({ startTrace }) => {
    process.exitCode = main(startTrace(confined, target));
  });
} else {
  process.exitCode = main(confined);
}
