import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root: the same from the sources and from a bundle below build/. */
export const root = findRoot(dirname(fileURLToPath(import.meta.url)));

/** The built plugin executables, one program under two names. */
export const macvlanProgram = join(root, "build/bin/macvlan");
export const staticProgram = join(root, "build/bin/static");
/** The directory of the executables: a CNI_PATH. */
export const programDirectory = join(root, "build/bin");

function findRoot(start: string): string {
  for (let directory = start; ; directory = dirname(directory)) {
    if (packageName(directory) === "cni-macvlan-wasm") return directory;
    if (directory === dirname(directory)) throw new Error(`${start} is not in the repository`);
  }
}

function packageName(directory: string): unknown {
  try {
    return JSON.parse(readFileSync(join(directory, "package.json"), "utf8")).name;
  } catch {
    return undefined;
  }
}
