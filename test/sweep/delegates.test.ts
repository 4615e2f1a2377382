import { sweepDeaths } from "./deaths.ts";
import { sweepFaults } from "./faults.ts";
import { delegates } from "./scenario.ts";

sweepFaults(delegates);
sweepDeaths(delegates);
