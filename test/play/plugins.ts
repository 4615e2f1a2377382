import type { Lab } from "../../lab/lab.ts";

/** By the same path in every lab, because messages name it. */
const directory = "/run/plugins";

/** Installs plugins as an administrator would, by symbolic links; returns their directory. */
export function installPlugins(lab: Lab, programs: readonly string[]): string {
  lab.run(["mkdir", directory]);
  lab.run(["ln", "-s", ...programs, directory]);
  return directory;
}
