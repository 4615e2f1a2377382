import { describe, expect, test } from "vitest";
import { add, machine, staticIpam } from "../core/core.ts";

/** What one simulated ADD may take, in milliseconds; thousands of cases are to run in seconds. */
const MOST = 5;
const TIMES = 200;

const CASES = {
  "layer 2": {},
  static: {
    ipam: staticIpam(["10.0.0.5/24", "2001:db8::5/64"], { routes: [{ dst: "0.0.0.0/0" }] }),
  },
  "host-local": { ipam: { type: "host-local", subnet: "10.0.0.0/16" } },
};

describe("a simulated ADD takes less than 5 ms:", () => {
  test.each(Object.entries(CASES))("%s", (name, keys) => {
    const times = Array.from({ length: TIMES }, () => {
      const sim = machine();
      const start = performance.now();
      add(sim, keys);
      return performance.now() - start;
    });
    const median = times.sort((a, b) => a - b)[TIMES / 2] ?? Number.NaN;
    console.log(`simulated ADD, ${name}: ${median.toFixed(2)} ms (median of ${TIMES})`);
    expect(median).toBeLessThan(MOST);
  });
});
