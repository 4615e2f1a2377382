// host-local alone, in directories that hold more and more leases of others.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { programDirectory } from "../lab/paths.ts";
import type { Sample } from "./measure.ts";
import { bare, environment, ours, reference, type Step, type Subject } from "./subject.ts";
import { format, median, quantile } from "./table.ts";

/** How many leases of others there are. */
const sizes = [0, 1000, 20_000, 65_000] as const;
/** Where one takes a second, fewer rounds. */
const roundsOfLarge = 10;
const large = 20_000;

/** What a command of ours may take with `large` leases, in terms of what it takes with none. */
const target = 1.5;

/** The n-th address of the range, n from 0: the range begins after network and gateway. */
function address(n: number): string {
  return `10.4.${(n + 2) >> 8}.${(n + 2) & 255}`;
}

/** A tmpfs(5) of the lab's. */
const root = "/run/leases-of-others";
const dataDir = (plugin: string, size: number) => join(root, plugin, String(size));
const network = "bench";

/** Makes a directory for each plugin and number of leases: some 800 MB of the lab's memory. */
export function fillLeases(plugins: readonly string[]): void {
  for (const plugin of plugins) {
    for (const size of sizes) {
      const directory = join(dataDir(plugin, size), network);
      mkdirSync(directory, { recursive: true });
      for (let n = 0; n < size; n++) {
        const content = `${n.toString(16).padStart(64, "0")}\r\neth0`;
        writeFileSync(join(directory, address(n)), content, { mode: 0o600 });
      }
      if (size > 0) writeFileSync(join(directory, "last_reserved_ip.0"), address(size - 1));
    }
  }
}

/**
 * ADD, CHECK and DEL of one container, with each number of leases; in a range of which all but one
 * address are taken; and after somebody else has changed the directory.
 *
 * @param directory of the reference plugins; undefined where they are not installed
 */
export function leaseSubjects(directory: string | undefined): Subject[] {
  const programs = [
    { plugin: ours, program: join(programDirectory, "host-local") },
    ...(directory === undefined
      ? []
      : [{ plugin: reference, program: join(directory, "host-local") }]),
  ];
  const of = ({ plugin, program }: (typeof programs)[number]): Subject[] => {
    const steps = (size: number, kind: string, end: string): Step[] =>
      ["ADD", "CHECK", "DEL"].map((command) => ({
        label: label(command, size, kind),
        argv: [program],
        env: { ...environment(programDirectory), ...variables(command) },
        input: config(dataDir(plugin, size), end),
      }));
    const all = "10.4.255.254";
    const changed = join(dataDir(plugin, large), network);
    const touch = { label: "", argv: ["touch", changed], env: environment(""), input: "" };
    return [
      ...sizes.map((size) => ({ plugin, steps: steps(size, "", all), ...fewer(size) })),
      { plugin, steps: steps(65_000, oneFree, address(65_000)), rounds: roundsOfLarge },
      { plugin, steps: [touch, ...steps(large, afterOthers, all)], rounds: roundsOfLarge },
    ];
  };
  return [{ plugin: "node", steps: [bare] }, ...programs.flatMap(of)];
}

const oneFree = ", one address free";
const afterOthers = ", changed by another";

const fewer = (size: number) => (size < large ? {} : { rounds: roundsOfLarge });

function label(command: string, size: number, kind = ""): string {
  return `${command}, ${size.toLocaleString("en")} leases${kind}`;
}

function variables(command: string): Record<string, string> {
  return {
    CNI_COMMAND: command,
    CNI_CONTAINERID: "c1",
    CNI_IFNAME: "eth0",
    CNI_NETNS: "/run/netns/none",
  };
}

function config(dataDir: string, rangeEnd: string): string {
  const ranges = [[{ subnet: "10.4.0.0/16", rangeEnd }]];
  const ipam = { type: "host-local", dataDir, ranges };
  return JSON.stringify({ cniVersion: "1.0.0", name: network, type: "macvlan", ipam });
}

const columns = [
  "",
  "",
  "to none",
  "to reference",
  "over node",
  "target",
  "median",
  "p90",
] as const;

/** The samples as a table in Markdown; times in milliseconds. */
export function leaseTable(samples: readonly Sample[]): string {
  const find = (label: string, plugin: string) =>
    samples.find((sample) => sample.label === label && sample.plugin === plugin);
  const node = median(samples.find((sample) => sample.label === bare.label));
  const rows = samples
    .filter((sample) => sample.label.includes(" leases"))
    .map((sample) => {
      const { label: name, plugin } = sample;
      const [command = ""] = name.split(",");
      const [own, none] = [median(sample), median(find(label(command, 0), plugin))];
      const isOurs = plugin === ours;
      const theirs = isOurs ? find(name, reference) : undefined;
      const isJudged = isOurs && name === label(command, large);
      return [
        name,
        plugin,
        (own / none).toFixed(2),
        theirs ? (own / median(theirs)).toFixed(2) : "",
        isOurs ? (own - node).toFixed(1) : "",
        isJudged ? `<= ${target}: ${own / none <= target ? "met" : "missed"}` : "",
        own.toFixed(1),
        quantile(sample, 0.9).toFixed(1),
      ];
    });
  return format([[...columns], ...rows]);
}
