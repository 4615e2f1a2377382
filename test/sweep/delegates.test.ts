import { vi } from "vitest";
import { sweepDeaths } from "./deaths.ts";
import { sweepFaults } from "./faults.ts";
import { delegates } from "./scenario.ts";

// thousands of runs each
vi.setConfig({ testTimeout: 180_000 });

sweepFaults(delegates);
sweepDeaths(delegates);
