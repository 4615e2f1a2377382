import { defineConfig } from "vitest/config";
import common from "./vitest.config.ts";

// The tests beside other people's programs: the reference plugins, podman. See docs/testing.md.
export default defineConfig({
  test: {
    ...common.test,
    include: ["test/peers/**/*.peer.ts"],
    exclude: [],
    // test/peers/reference.peer.ts has a twin of labs for each.
    maxConcurrency: 2,
    // A duplicate address or a DHCP exchange takes seconds in the reference.
    testTimeout: 60_000,
  },
});
