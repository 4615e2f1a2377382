import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { draw } from "../../bench/plot.ts";
import { findSample, type Results } from "../../bench/results.ts";
import { root } from "../../lab/paths.ts";
import { needs, useSite } from "../live/site.ts";

// For its judgement whether this machine allows a lab, and for a directory: the bench opens labs of
// its own.
const site = useSite();

function bench(...words: readonly string[]) {
  const argv = [join(root, "build/bench/main.mjs"), ...words];
  return spawnSync(process.execPath, argv, { cwd: "/", encoding: "utf8" });
}

describe("the bench", () => {
  needs("cc");
  needs("strace");

  it("measures, prints its tables, and keeps what the picture is drawn of", () => {
    const file = join(site.directory("bench"), "results.json");
    const only = ["--only", "VERSION", "--only", "IPv4"];
    const { status, stdout, stderr } = bench("--quick", "--runs", "1", ...only, "--results", file);
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: "measuring VERSION ...\nmeasuring IPv4 ...\n",
    });
    for (const row of [
      "`node -e 0` | Node alone",
      "VERSION | Node host",
      "VERSION | kernel floor",
      "ADD, IPv4 | Node host",
      "CHECK, IPv4 | Node host",
      "DEL, IPv4 | kernel floor",
      "ADD + DEL, IPv4 | kernel floor",
    ])
      expect(stdout.replaceAll(/ +/g, " ")).toContain(`| ${row} |`);
    const results = JSON.parse(readFileSync(file, "utf8")) as Results;
    for (const { wall, cpu, memory } of Object.values(results.cases).flat())
      expect([wall.length, cpu.length, memory.length]).toEqual([1, 1, 1]);
    // master, link, link again, address, up, route; link, removal
    const requests = (label: string) =>
      findSample(results.cases.IPv4 ?? [], label, "floor")?.requests;
    expect([requests("ADD, IPv4"), requests("DEL, IPv4")]).toEqual([6, 2]);
    expect(draw(results)).toMatch(/ADD, IPv4: .*Node host \d+ ms, .*kernel floor [\d.]+ ms\./);
  });

  it("says which cases there are", () => {
    const { status, stderr } = bench("--only", "everything");
    expect(status).toBe(1);
    expect(stderr).toContain("--only everything: must be one of VERSION, IPv4, dual-stack,");
  });
});
