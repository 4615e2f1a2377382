import { beforeEach, describe, expect, it } from "vitest";
import { compilePrograms } from "../../bench/compile.ts";
import { launch } from "../../bench/launch.ts";
import { needs } from "../live/site.ts";

const env = { PATH: "/usr/bin:/bin", WORD: "a word" };
const shell = (script: string, input = "") => ({ argv: ["sh", "-c", script], env, input });
const busy = "i=0; while [ $i -lt 200000 ]; do i=$((i + 1)); done";

describe("the launcher", () => {
  needs("cc");
  let isCompiled = false;
  beforeEach(() => {
    if (!isCompiled) compilePrograms();
    isCompiled = true;
  });

  it("gives each process its words, variables and input, and takes its output and status", () => {
    const { answers } = launch([
      shell('echo "$WORD"; cat; pwd; exit 3', "input\n"),
      shell("echo to stderr >&2; kill -9 $$"),
      shell(""),
    ]);
    expect(answers).toEqual([
      { status: 3, output: "a word\ninput\n/\n" },
      { status: 128 + 9, output: "to stderr\n" },
      { status: 0, output: "" },
    ]);
  });

  it("starts all at once", () => {
    const { cost } = launch(Array.from({ length: 10 }, () => shell("sleep 0.3")));
    expect(cost.wallMs).toBeGreaterThan(300);
    expect(cost.wallMs).toBeLessThan(2 * 300);
  });

  it("counts the CPU time of a child that outlives its parent, and does not wait for it", () => {
    const { cost: within } = launch([shell(busy)]);
    const { cost: behind } = launch([shell(`(${busy}) >/dev/null 2>&1 &`)]);
    expect(behind.cpuMs).toBeGreaterThan(within.cpuMs / 2);
    expect(behind.wallMs).toBeLessThan(within.wallMs / 2);
  });

  it("waits, as a runtime does, as long as somebody holds the output", () => {
    const { cost, answers } = launch([shell("(sleep 0.3; echo late) & echo early")]);
    expect(answers[0]?.output).toBe("early\nlate\n");
    expect(cost.wallMs).toBeGreaterThan(300);
  });

  it("reports the largest process alone", () => {
    const megabytes = (n: number) =>
      shell(`exec ${process.execPath} -e 'Buffer.alloc(${n} * 2 ** 20, 1)'`);
    const { cost: small } = launch([megabytes(0)]);
    const { cost: large } = launch([megabytes(0), megabytes(100), megabytes(0)]);
    const more = (large.memoryKib - small.memoryKib) / 1024;
    expect(more).toBeGreaterThan(90);
    expect(more).toBeLessThan(120);
  });
});
