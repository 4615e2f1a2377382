import { join } from "node:path";
import type { Lab } from "../../lab/lab.ts";
import { macvlanProgram, staticProgram } from "../../lab/paths.ts";
import { installPlugins } from "../play/plugins.ts";
import { referenceDirectory } from "./requirements.ts";

/** Ours beside the reference's `host-local`; returns their directory. */
export function installOurs(lab: Lab): string {
  const hostLocal = join(referenceDirectory, "host-local");
  return installPlugins(lab, [macvlanProgram, staticProgram, hostLocal]);
}
