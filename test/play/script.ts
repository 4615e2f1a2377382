import type { Lab } from "../../lab/lab.ts";

/** Where the IPAM plugins that a test writes itself are: the first directory of CNI_PATH. */
export const scriptDirectory = "/run/scripts";

/** Writes an IPAM plugin in shell. */
export function installScript(lab: Lab, name: string, script: string): void {
  const write = 'mkdir -p "$0" && cat > "$0/$1" && chmod 755 "$0/$1"';
  const input = `#!/bin/sh\n${script}\n`;
  lab.run(["sh", "-c", write, scriptDirectory, name], { input });
}
