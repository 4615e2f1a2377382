// The plugin's executable, which says on standard error how many microseconds the policy took.
import fs from "node:fs";
import { linux } from "../../host/linux.ts";
import { confine } from "../../host/policy.ts";
import { runPlugin } from "../../host/run.ts";
import { addTime } from "./timed.ts";

const module = new WebAssembly.Module(fs.readFileSync(process.argv[2] ?? ""));
const watch = { nanoseconds: 0n };
const timed = addTime(linux, watch, -1n);
const start = process.hrtime.bigint();
const confined = confine(timed);
watch.nanoseconds += process.hrtime.bigint() - start;
process.exitCode = runPlugin(module, addTime(confined, watch, 1n));
process.stderr.write(`${Number(watch.nanoseconds) / 1000}\n`);
