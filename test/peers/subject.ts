import { mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { macvlanProgram, staticProgram } from "../../lab/paths.ts";
import { referenceDirectory } from "./requirements.ts";

/** One of the two that are compared: a directory of plugins. */
export interface Subject {
  readonly name: "reference" | "ours";
  readonly path: string;
}

export const reference: Subject = { name: "reference", path: referenceDirectory };

/** Ours, as an administrator would install it: symlinks beside the reference's IPAM plugins. */
export function installOurs(directory: string): Subject {
  mkdirSync(directory, { recursive: true });
  const plugins = { macvlan: macvlanProgram, static: staticProgram };
  for (const [name, program] of Object.entries(plugins))
    symlinkSync(program, join(directory, name));
  symlinkSync(join(referenceDirectory, "host-local"), join(directory, "host-local"));
  return { name: "ours", path: directory };
}
