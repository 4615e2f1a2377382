// host-local alone, in directories that hold more and more leases of others.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Process } from "./launch.ts";
import { environment, network, type Plugin } from "./plugin.ts";
import type { Step, Subject } from "./subject.ts";

/** How many leases of others there are. */
const [none, many, most] = [0, 20_000, 65_000] as const;
const sizes = (isQuick: boolean) => (isQuick ? [none, many] : [none, many, most]);
/** Where one takes a second, fewer rounds. */
const roundsOfMany = 10;

/** The n-th address of the range, n from 0: the range begins after network and gateway. */
function address(n: number): string {
  return `10.4.${(n + 2) >> 8}.${(n + 2) & 255}`;
}

/** The reference has one of its own. Both our hosts are the same program, with one index. */
function dataDir({ name }: Plugin, size: number): string {
  return `/run/leases/${name === "reference" ? "reference" : "ours"}/${size}`;
}

/** Makes the directories, on a tmpfs(5) of the lab's: all of them take some 800 MB of memory. */
export function fillLeases(plugins: readonly Plugin[], isQuick: boolean): void {
  for (const size of sizes(isQuick)) {
    const directories = new Set(plugins.map((plugin) => join(dataDir(plugin, size), network)));
    for (const directory of directories) {
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
 */
export function leaseSubjects(plugins: readonly Plugin[], isQuick: boolean): Subject[] {
  return plugins.flatMap((plugin) => {
    const steps = (size: number, kind: string, end: string): Step[] =>
      ["ADD", "CHECK", "DEL"].map((command) => ({
        label: leaseLabel(command, size, kind),
        processes: [hostLocal(plugin, command, size, end)],
      }));
    const subject = (steps: Step[], size: number): Subject => ({
      plugin: plugin.name,
      steps,
      ...(size < many ? {} : { rounds: roundsOfMany }),
    });
    const all = "10.4.255.254";
    const changed = join(dataDir(plugin, many), network);
    const touch = { label: "", processes: [{ argv: ["touch", changed], env: {}, input: "" }] };
    return [
      ...sizes(isQuick).map((size) => subject(steps(size, "", all), size)),
      ...(isQuick ? [] : [subject(steps(most, ", one address free", address(most)), most)]),
      subject([touch, ...steps(many, ", changed by another", all)], many),
    ];
  });
}

export function leaseLabel(command: string, size: number, kind = ""): string {
  return `${command}, ${size.toLocaleString("en")} leases${kind}`;
}

function hostLocal(plugin: Plugin, command: string, size: number, rangeEnd: string): Process {
  const env = {
    ...environment(plugin, command),
    CNI_CONTAINERID: "c1",
    CNI_IFNAME: "eth0",
    CNI_NETNS: "/run/netns/none",
  };
  const ranges = [[{ subnet: "10.4.0.0/16", rangeEnd }]];
  const ipam = { type: "host-local", dataDir: dataDir(plugin, size), ranges };
  const config = { cniVersion: "1.0.0", name: network, type: "macvlan", ipam };
  return { argv: [join(plugin.directory, "host-local")], env, input: JSON.stringify(config) };
}
