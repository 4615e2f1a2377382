import { expect, test, vi } from "vitest";
import { sweepDeaths } from "./deaths.ts";
import { sweepFaults } from "./faults.ts";
import { links, type Scenario } from "./scenario.ts";
import { runWith, sweep } from "./sweep.ts";

// thousands of runs each
vi.setConfig({ testTimeout: 180_000 });

sweepFaults(links);
sweepDeaths(links);

test("VERSION needs nothing but a place to print to", () => {
  const [scenario] = links as [Scenario];
  sweep("VERSION", (sweeping) => {
    const run = runWith(sweeping, scenario.prepare(), scenario, "VERSION");
    if (sweeping.fault.call !== "write") expect(run.status, run.where).toBe(0);
  });
});
