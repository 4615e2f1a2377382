import { sweepDeaths } from "./deaths.ts";
import { sweepFaults } from "./faults.ts";
import { leases } from "./scenario.ts";

sweepFaults(leases);
sweepDeaths(leases);
