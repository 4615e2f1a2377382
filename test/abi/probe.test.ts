import path from "node:path";
import { afterAll, expect, test } from "vitest";
import { Lab } from "../../lab/lab.ts";
import { nodeDirectory, programDirectory } from "../../lab/paths.ts";
import { buildCore } from "../hosts/build.ts";
import { bundleProgram } from "../host/program.ts";
import { openLab } from "../prerequisites.ts";
import { compileProbe } from "../probe/compile.ts";
import { answers } from "./answers.ts";
import { ask } from "./ask.ts";

let lab: Lab;
openLab(async () => {
  lab = await Lab.open();
});
afterAll(() => lab?.close());

/** The probe on the host whose executables are meant. */
function commandLine(skip: (reason: string) => never): string[] {
  const core = compileProbe("abi");
  if (programDirectory === nodeDirectory) {
    return [process.execPath, bundleProgram("test/abi/run-probe.ts"), path.resolve(core)];
  }
  return [buildCore(skip, core, "--free")];
}

test("the host answers as every host must", { timeout: 300_000 }, ({ skip }) => {
  expect(ask(lab, commandLine(skip))).toEqual(answers);
});
