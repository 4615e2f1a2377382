import { readdirSync } from "node:fs";
import path from "node:path";
import { expect, test } from "vitest";
import { failure } from "../live/outcome.ts";
import { useSite } from "../live/site.ts";
import { compileProbe } from "../probe/compile.ts";
import { buildCore } from "./build.ts";

// A core with a mistake in it, as test/core/rescue.test.ts has it on the simulated machine.

const site = useSite();

test("an ADD that traps answers with an error and leaves neither interface nor lease", {
  timeout: 300_000,
}, ({ skip }) => {
  const program = buildCore(skip, compileProbe("trap"));
  const dataDir = site.directory("leases");
  const keys = { ipam: { type: "host-local", subnet: "10.1.0.0/24", dataDir } };
  const options = { program, path: path.dirname(program) };
  const pod = site.pod();
  site.unchanged(() => {
    const output = site.call("ADD", pod, keys, options);
    expect(failure(output, 108).msg).toContain("stopped unexpectedly");
    expect(output.stderr).not.toBe("");
  });
  const names = readdirSync(path.join(dataDir, "live"));
  expect(names.filter((name) => /^\d/.test(name))).toEqual([]);
  expect(names).toContain("lock");
  site.add(pod, keys);
});
