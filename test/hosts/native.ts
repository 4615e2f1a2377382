// Before each file of the project `native` (vitest.config.ts): what its tests execute is there.
import { existsSync } from "node:fs";
import { beforeEach } from "vitest";
import { macvlanProgram } from "../../lab/paths.ts";
import { giveUp } from "../prerequisites.ts";

const isBuilt = existsSync(macvlanProgram);

beforeEach(({ skip }) => {
  if (!isBuilt) giveUp(skip, "the native host is not built: npm run build:native");
});
