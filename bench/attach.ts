// ADD, CHECK and DEL of macvlan, as a runtime calls them.
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Process } from "./launch.ts";
import {
  dataDir,
  environment,
  macvlanArgv,
  master,
  network,
  type Plugin,
  type PluginName,
} from "./plugin.ts";
import { proveAdded, proveGone } from "./prove.ts";
import type { Step, Subject } from "./subject.ts";

const v4 = { ranges: [{ subnet: "10.4.0.0/16" }], route: { dst: "0.0.0.0/0" } };
const v6 = { ranges: [{ subnet: "fd00:4::/64" }], route: { dst: "::/0" } };
/** What a container gets addresses of. */
export const singleStack = [v4];
export const dualStack = [v4, v6];
export type Families = readonly (typeof v4)[];

/**
 * One after the other, for containers in the network namespaces `pods`, all at once.
 *
 * @param what the end of the labels: `ADD, IPv4`
 */
export function attachments(
  plugin: Plugin,
  commands: readonly ("ADD" | "CHECK" | "DEL")[],
  families: Families,
  pods: readonly string[],
  what: string,
): Subject {
  const directory = join(dataDir(plugin.name), network);
  mkdirSync(directory, { recursive: true });
  const step = (command: (typeof commands)[number]): Step => ({
    label: `${command}, ${what}`,
    processes: pods.map((pod) => attachment(plugin, command, families, pod)),
    takesResult: command !== "ADD",
    prove: () => {
      for (const pod of pods)
        command === "DEL" ? proveGone(pod, directory) : proveAdded(pod, directory, families.length);
    },
  });
  return { plugin: plugin.name, steps: commands.map(step) };
}

function attachment(plugin: Plugin, command: string, families: Families, pod: string): Process {
  const env = {
    ...environment(plugin, command),
    CNI_CONTAINERID: pod,
    CNI_NETNS: `/run/netns/${pod}`,
    CNI_IFNAME: "eth0",
  };
  return { argv: macvlanArgv(plugin), env, input: JSON.stringify(config(plugin.name, families)) };
}

function config(name: PluginName, families: Families): object {
  const ipam = {
    type: "host-local",
    dataDir: dataDir(name),
    ranges: families.map(({ ranges }) => ranges),
    routes: families.map(({ route }) => route),
  };
  return { cniVersion: "1.0.0", name: network, type: "macvlan", master, ipam };
}
