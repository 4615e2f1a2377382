import { mkdtempSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import { confine } from "../../host/policy.ts";
import { Lab } from "../../lab/lab.ts";
import { config, core, machine, staticIpam } from "../core/core.ts";
import { bundleProgram } from "../host/program.ts";
import { openLab } from "../prerequisites.ts";
import { addTime } from "./timed.ts";

const ROUNDS = 9;

let lab: Lab;
openLab(async () => {
  lab = await Lab.open();
});
afterAll(() => lab?.close());

// What the calls of the core take, less what those take that the policy lets through. The best of
// some rounds is taken, because whatever else the machine does only adds to it.
describe("what the policy takes of", () => {
  test("an ADD in a process that has done many", () => {
    const times = Array.from({ length: 200 }, () => {
      const watch = { nanoseconds: 0n };
      const wrap = (system: System) => addTime(confine(addTime(system, watch, -1n)), watch, 1n);
      const ipam = staticIpam(["10.1.0.2/24", "2001:db8::2/64"]);
      const outcome = machine().run(core, { config: config({ ipam }), wrap });
      expect(outcome.status).toBe(0);
      return Number(watch.nanoseconds) / 1000;
    });
    report("a later ADD", times, 1000);
  });

  test("ADD and DEL, each in a process of its own", () => {
    lab.addMaster("eth0");
    lab.addNetns("pod");
    // found as IPAM plugin it is the program itself, so that the leases are kept in one process
    const runner = bundleProgram("test/policy/run-timed.ts");
    const bin = mkdtempSync(join(lab.directory, "bin-"));
    symlinkSync(runner, join(bin, "host-local"));
    const dataDir = mkdtempSync(join(lab.directory, "leases-"));
    const ipam = { type: "host-local", dataDir, subnet: "10.0.0.0/24" };
    const input = JSON.stringify(config({ ipam }));
    const argv = [process.execPath, runner, resolve("build/macvlan.wasm")];
    const commands = Array.from({ length: ROUNDS }, () => ["ADD", "DEL"]).flat();
    const times = commands.map((command) => {
      const env = {
        CNI_COMMAND: command,
        CNI_CONTAINERID: "c1",
        CNI_NETNS: "/run/netns/pod",
        CNI_IFNAME: "mv0",
        CNI_PATH: bin,
        PATH: "/usr/bin:/bin",
      };
      const output = lab.exec(argv, { env, input });
      expect(output, output.stdout).toMatchObject({ status: 0 });
      return { command, microseconds: Number(output.stderr) };
    });
    for (const name of ["ADD", "DEL"]) {
      const some = times.filter(({ command }) => command === name);
      report(
        `the first ${name}`,
        some.map(({ microseconds }) => microseconds),
        2500,
      );
    }
  });
});

function report(what: string, times: readonly number[], most: number): void {
  const best = Math.min(...times);
  console.log(`policy, ${what}: ${best.toFixed(0)} us`);
  expect(best).toBeGreaterThan(0);
  expect(best).toBeLessThan(most);
}
