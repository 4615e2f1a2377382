import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Lab } from "../../lab/lab.ts";

/** Where the IPAM plugins that a test writes itself are: the first directory of CNI_PATH. */
export function scriptDirectory(lab: Lab): string {
  return join(lab.directory, "scripts");
}

/** Writes an IPAM plugin in shell. */
export function installScript(lab: Lab, name: string, script: string): void {
  mkdirSync(scriptDirectory(lab), { recursive: true });
  const file = join(scriptDirectory(lab), name);
  writeFileSync(file, `#!/bin/sh\n${script}\n`);
  chmodSync(file, 0o755);
}
