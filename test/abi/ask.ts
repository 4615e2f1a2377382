import { mkdtempSync, writeFileSync } from "node:fs";
import path from "node:path";
import { expect } from "vitest";
import type { Lab } from "../../lab/lab.ts";

/** The program that test/probe/spawn.ts asks for. */
const PROGRAM = `#!/bin/sh
printf %s "$CNI_COMMAND"
cat
echo log >&2
[ "$CNI_COMMAND" = KILL ] && kill -TERM $$
exit 3
`;

/**
 * Runs the probe, test/probe/abi.ts, on a host: its questions and the host's answers.
 *
 * @param probe the command line.
 */
export function ask(lab: Lab, probe: readonly string[]): Record<string, number> {
  const program = path.join(mkdtempSync(path.join(lab.directory, "program-")), "program");
  writeFileSync(program, PROGRAM, { mode: 0o755 });
  const env = {
    PATH: "/usr/bin:/bin",
    PROBE: "value",
    PROBE_EMPTY: "",
    PROBE_PROGRAM: program,
    PROBE_DIRECTORY: mkdtempSync(path.join(lab.directory, "probe-")),
  };
  return parseReport(lab.run(probe, { env, input: "hello" }));
}

/** What a probe has printed: its questions and the answers. */
export function parseReport(report: string): Record<string, number> {
  const lines = report.trimEnd().split("\n");
  const entries = lines.map((line) => line.split("\t") as [string, string]);
  expect(new Set(entries.map(([name]) => name)).size).toBe(lines.length);
  return Object.fromEntries(entries.map(([name, answer]) => [name, Number(answer)]));
}
