import fs from "node:fs";
import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { Lab } from "../../lab/lab.ts";
import { openLab } from "../prerequisites.ts";
import { bundleProgram } from "../host/program.ts";
import { answers } from "./answers.ts";
import { compileProbe } from "../probe/compile.ts";

/** The program that test/probe/spawn.ts asks for. */
const PROGRAM = `#!/bin/sh
printf %s "$CNI_COMMAND"
cat
echo log >&2
[ "$CNI_COMMAND" = KILL ] && kill -TERM $$
exit 3
`;

let lab: Lab;
openLab(async () => {
  lab = await Lab.open();
});
afterAll(() => lab?.close());

test("the Node host answers as every host must", () => {
  const probe = path.resolve(compileProbe("abi"));
  const program = path.join(lab.directory, "program");
  fs.writeFileSync(program, PROGRAM, { mode: 0o755 });
  const directory = path.join(lab.directory, "probe");
  fs.mkdirSync(directory);
  const env = {
    PATH: "/usr/bin:/bin",
    PROBE: "value",
    PROBE_EMPTY: "",
    PROBE_PROGRAM: program,
    PROBE_DIRECTORY: directory,
  };
  const runner = bundleProgram("test/abi/run-probe.ts");
  const report = lab.run([process.execPath, runner, probe], { env, input: "hello" });
  expect(parse(report)).toEqual(answers);
});

function parse(report: string): Record<string, number> {
  const lines = report.trimEnd().split("\n");
  const entries = lines.map((line) => line.split("\t") as [string, string]);
  expect(new Set(entries.map(([name]) => name)).size).toBe(lines.length);
  return Object.fromEntries(entries.map(([name, answer]) => [name, Number(answer)]));
}
