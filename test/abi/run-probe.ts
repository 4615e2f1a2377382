// A program like the plugin's executable, with another core: the module named by its first
// argument.
import fs from "node:fs";
import { linux } from "../../host/linux.ts";
import { runPlugin } from "../../host/run.ts";

process.exitCode = runPlugin(new WebAssembly.Module(fs.readFileSync(process.argv[2] ?? "")), linux);
