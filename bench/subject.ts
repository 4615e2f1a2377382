import { dirname, join } from "node:path";
import { macvlanProgram, programDirectory } from "../lab/paths.ts";

/** One process to measure. */
export interface Step {
  /** What the table calls it: `ADD, static`. */
  readonly label: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly input: string;
}

/** Steps that belong together, because each finds what the one before it left: ADD, then DEL. */
export interface Subject {
  /** The column's name, and the key of its network namespace. */
  readonly plugin: string;
  readonly steps: readonly Step[];
  /** Fewer rounds than the others, where one takes seconds. */
  readonly rounds?: number;
}

/** A plugin, and where it finds its IPAM plugins. */
interface Plugin {
  readonly name: string;
  readonly program: string;
  readonly path: string;
}

/** The link that carries the macvlans, and the addresses they get. */
export const master = "m0";
const v4 = { address: "10.1.2.3/24", gateway: "10.1.2.1" };
const v6 = { address: "fd00:1::3/64", gateway: "fd00:1::1" };
const networks: Readonly<Record<string, { ipam: object; rounds?: number }>> = {
  static: { ipam: { type: "static", addresses: [v4], routes: [{ dst: "0.0.0.0/0" }] } },
  "host-local": {
    ipam: {
      type: "host-local",
      dataDir: "/run/leases",
      subnet: "10.4.0.0/16",
      routes: [{ dst: "0.0.0.0/0" }],
    },
  },
  "IPv6 with DAD": { ipam: { type: "static", addresses: [v6] }, rounds: 5 },
};

export const ours = "ours";
export const reference = "reference";
/** What every process of ours pays before its first line: Node's own start. */
export const bare: Step = {
  label: "node -e 0",
  argv: [process.execPath, "-e", "0"],
  env: {},
  input: "",
};

/**
 * Everything that is measured.
 *
 * @param directory of the reference plugins; undefined where they are not installed
 */
export function subjects(directory: string | undefined): Subject[] {
  const plugins: Plugin[] = [
    {
      name: ours,
      program: macvlanProgram,
      path: directory === undefined ? programDirectory : `${programDirectory}:${directory}`,
    },
  ];
  if (directory !== undefined)
    plugins.push({ name: reference, program: join(directory, "macvlan"), path: directory });
  return [
    { plugin: "node", steps: [bare] },
    ...plugins.map((plugin) => ({ plugin: plugin.name, steps: [version(plugin)] })),
    ...Object.entries(networks).flatMap(([name, { ipam, rounds }]) =>
      // host-local is the reference's on both sides.
      name === "host-local" && directory === undefined
        ? []
        : plugins.map((plugin) => ({
            plugin: plugin.name,
            steps: ["ADD", "DEL"].map((command) => attachment(plugin, command, name, ipam)),
            ...(rounds === undefined ? {} : { rounds }),
          })),
    ),
  ];
}

function version({ program, path }: Plugin): Step {
  const env = { ...environment(path), CNI_COMMAND: "VERSION" };
  return { label: "VERSION", argv: [program], env, input: '{"cniVersion":"1.0.0"}' };
}

function attachment(
  { name, program, path }: Plugin,
  command: string,
  network: string,
  ipam: object,
) {
  const env = {
    ...environment(path),
    CNI_COMMAND: command,
    CNI_CONTAINERID: name,
    CNI_NETNS: `/run/netns/${name}`,
    CNI_IFNAME: "eth0",
  };
  const config = { cniVersion: "1.0.0", name: "bench", type: "macvlan", master, ipam };
  return { label: `${command}, ${network}`, argv: [program], env, input: JSON.stringify(config) };
}

/** As bare as a container runtime's. */
export function environment(path: string): Record<string, string> {
  return { PATH: `${dirname(process.execPath)}:/usr/sbin:/usr/bin:/sbin:/bin`, CNI_PATH: path };
}
