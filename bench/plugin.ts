import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { nodeDirectory, root } from "../lab/paths.ts";
import { floorProgram } from "./compile.ts";

/** Who is measured; the order is that of the tables. */
export const pluginNames = ["native", "node", "reference", "floor"] as const;
export type PluginName = (typeof pluginNames)[number];

/** A set of plugins: macvlan, host-local and static in one directory. */
export interface Plugin {
  readonly name: PluginName;
  /** The CNI_PATH. */
  readonly directory: string;
}

/** The link that carries the macvlans. */
export const master = "m0";
/** Where the leases of a plugin are; the lab has a /run of its own. */
export const dataDir = (name: PluginName) => `/run/leases/${name}`;
/** The network of all configurations, and with it the directory of its leases. */
export const network = "bench";

/**
 * The plugins that are there; of the others it is said why they are left out.
 *
 * @param reference the directory of the reference plugins
 */
export function findPlugins(reference: string): { plugins: Plugin[]; missing: string[] } {
  const places: Readonly<Record<PluginName, [directory: string, remedy: string]>> = {
    native: [join(root, "build/native"), "no native host in build/native (npm run build:native)"],
    node: [nodeDirectory, "no Node host in build/bin"],
    reference: [
      reference,
      `no reference plugins in ${reference} (Debian: containernetworking-plugins)`,
    ],
    floor: [dirname(floorProgram), ""],
  };
  const isThere = (name: PluginName) =>
    name === "floor" || existsSync(join(places[name][0], "macvlan"));
  return {
    plugins: pluginNames.filter(isThere).map((name) => ({ name, directory: places[name][0] })),
    missing: pluginNames.filter((name) => !isThere(name)).map((name) => places[name][1]),
  };
}

/** The words that start its macvlan. */
export function macvlanArgv({ name, directory }: Plugin): string[] {
  return name === "floor"
    ? [floorProgram, master, join(dataDir(name), network)]
    : [join(directory, "macvlan")];
}

/** As bare as a container runtime's. */
export function environment({ directory }: Plugin, command: string): Record<string, string> {
  return {
    PATH: `${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`,
    CNI_PATH: directory,
    CNI_COMMAND: command,
  };
}

/**
 * The bytes of macvlan, host-local and static, each file once: programs may be one under three
 * names. Node's own 100 MB are not in it.
 */
export function diskBytes({ name, directory }: Plugin): number {
  const programs = ["macvlan", "host-local", "static"].map((program) => join(directory, program));
  // What the bundle loads: the module and, of the binding's two builds, the one for this machine.
  const loaded = ["../macvlan.wasm", "../lib/koffi/linux.node"];
  const beside = name === "node" ? loaded.map((file) => join(directory, file)) : [];
  const sizes = new Map<number, number>();
  for (const file of [...programs, ...beside]) {
    const { ino, size } = statSync(file);
    sizes.set(ino, size);
  }
  return [...sizes.values()].reduce((sum, size) => sum + size, 0);
}
