import type { Lab } from "../lab/lab.ts";
import { attachments, dualStack, type Families, singleStack } from "./attach.ts";
import { fillLeases, leaseSubjects } from "./leases.ts";
import { environment, macvlanArgv, master, type Plugin } from "./plugin.ts";
import type { Subject } from "./subject.ts";

/** What is measured in one lab, all plugins side by side. */
export interface Case {
  readonly title: string;
  /** Whether --quick leaves it out. */
  readonly isLong?: boolean;
  /** Makes what the subjects need; from outside of the lab. */
  prepare?(lab: Lab): void;
  /** The subjects of all plugins, from inside. */
  subjects(plugins: readonly Plugin[], isQuick: boolean): Subject[];
}

export const bareLabel = "node -e 0";
const pods = Array.from({ length: 100 }, (_, n) => `pod${n}`);
const one = pods.slice(0, 1);
/** There are two ends to each. */
const cables = 500;

/** By the names that --only takes. */
export const cases: Readonly<Record<string, Case>> = {
  VERSION: {
    title: "VERSION",
    subjects: (plugins) => [bare, ...plugins.map(version)],
  },
  IPv4: {
    title: "One container, IPv4",
    prepare: (lab) => addPods(lab, one),
    subjects: (plugins) => plugins.map((plugin) => life(plugin, singleStack, "IPv4")),
  },
  "dual-stack": {
    title: "One container, IPv4 and IPv6",
    prepare: (lab) => addPods(lab, one),
    subjects: (plugins) =>
      // The floor waits for no duplicate address detection.
      withoutFloor(plugins).map((plugin) => ({
        ...life(plugin, dualStack, "dual-stack"),
        rounds: 10,
      })),
  },
  "at-once": {
    title: "100 containers at once",
    isLong: true,
    prepare: (lab) => addPods(lab, pods),
    subjects: (plugins) =>
      plugins.map((plugin) => ({
        ...attachments(plugin, ["ADD", "DEL"], singleStack, pods, "100 at once"),
        rounds: 5,
      })),
  },
  links: {
    title: "A host with 1,000 other links",
    isLong: true,
    prepare: (lab) => {
      addPods(lab, one);
      addCables(lab);
    },
    subjects: (plugins) =>
      plugins.map((plugin) =>
        attachments(plugin, ["ADD", "DEL"], singleStack, one, "1,000 other links"),
      ),
  },
  leases: {
    title: "host-local beside the leases of others",
    subjects: (plugins, isQuick) => {
      fillLeases(plugins, isQuick);
      return leaseSubjects(withoutFloor(plugins), isQuick);
    },
  },
};

function life(plugin: Plugin, families: Families, what: string): Subject {
  // The floor knows no CHECK: there is nothing that it would have to do.
  const commands = plugin.name === "floor" ? (["ADD", "DEL"] as const) : all;
  return attachments(plugin, commands, families, one, what);
}

const all = ["ADD", "CHECK", "DEL"] as const;

function withoutFloor(plugins: readonly Plugin[]): Plugin[] {
  return plugins.filter(({ name }) => name !== "floor");
}

/** What every process of the Node host pays before its first line. */
const bare: Subject = {
  plugin: "bare",
  steps: [
    { label: bareLabel, processes: [{ argv: [process.execPath, "-e", "0"], env: {}, input: "" }] },
  ],
};

function version(plugin: Plugin): Subject {
  const env = environment(plugin, "VERSION");
  const input = '{"cniVersion":"1.0.0"}';
  const step = { label: "VERSION", processes: [{ argv: macvlanArgv(plugin), env, input }] };
  return { plugin: plugin.name, steps: [step] };
}

function addPods(lab: Lab, names: readonly string[]): void {
  lab.addMaster(master);
  for (const name of names) lab.addNetns(name);
}

function addCables(lab: Lab): void {
  const lines = Array.from(
    { length: cables },
    (_, n) => `link add other${n} type veth peer name other${n}p\n`,
  );
  lab.run(["ip", "-batch", "-"], { input: lines.join("") });
}
