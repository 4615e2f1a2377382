// The plugin executable (build/bin/macvlan): the core on the kernel that this process runs on.
import fs from "node:fs";
import path from "node:path";
import { linux } from "./linux.ts";
import { runPlugin } from "./run.ts";

const module = new WebAssembly.Module(
  fs.readFileSync(path.join(import.meta.dirname, "../macvlan.wasm")),
);

if (process.env.MACVLAN_STRACE === "1") {
  import("./strace.ts").then(({ strace }) => {
    process.exitCode = runPlugin(module, strace(linux));
  });
} else {
  process.exitCode = runPlugin(module, linux);
}
