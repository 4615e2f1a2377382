import { defineConfig } from "vitest/config";
import type { Reporter, TestCase } from "vitest/node";

/** A skipped test is a hole in the proof: name and reason are always printed. */
const skips: Reporter = {
  onTestCaseResult(test: TestCase) {
    const result = test.result();
    if (result.state !== "skipped") return;
    console.log(`SKIPPED ${test.fullName}: ${result.note ?? "no reason given"}`);
  },
};

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    exclude: ["test/peers/**"],
    reporters: ["default", skips],
    maxWorkers: 2,
    // the live tests start many processes, on machines that may be slow
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
