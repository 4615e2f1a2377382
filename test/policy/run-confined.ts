// The plugin's executable with another core: the module named by its first argument.
import fs from "node:fs";
import { linux } from "../../host/linux.ts";
import { confine } from "../../host/policy.ts";
import { runPlugin } from "../../host/run.ts";

const module = new WebAssembly.Module(fs.readFileSync(process.argv[2] ?? ""));
process.exitCode = runPlugin(module, confine(linux));
