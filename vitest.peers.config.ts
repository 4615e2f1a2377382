import { defineConfig } from "vitest/config";
import common, { hosts } from "./vitest.config.ts";

const files = { include: ["test/peers/**/*.peer.ts"] };

// The tests beside other people's programs: the reference plugins, podman. See docs/testing.md.
export default defineConfig({
  test: {
    ...common.test,
    projects: hosts(files, files),
    // A duplicate address or a DHCP exchange takes seconds in the reference.
    testTimeout: 60_000,
  },
});
