import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

/** The repository's root: the same from the sources and from a bundle below build/. */
export const root = findRoot(dirname(fileURLToPath(import.meta.url)));

/** Where the executables of the Node host are built. */
export const nodeDirectory = join(root, "build/bin");
/**
 * The directory of the executables that are meant, a CNI_PATH: those of the Node host, unless
 * MACVLAN_PROGRAMS names another one, from the repository's root.
 */
export const programDirectory = resolve(root, process.env.MACVLAN_PROGRAMS ?? nodeDirectory);
/** The plugin executables in it, one program under two names. */
export const macvlanProgram = join(programDirectory, "macvlan");
export const staticProgram = join(programDirectory, "static");
/** The native host's, if it is built. */
export const nativeProgram = join(root, "build/native/macvlan");

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
