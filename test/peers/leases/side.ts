import { spawnSync } from "node:child_process";
import { lstatSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nodeDirectory, programDirectory } from "../../../lab/paths.ts";
import { type Call, hostLocal } from "../../ipam/host-local/process.ts";
import { referenceDirectory } from "../requirements.ts";

export const referenceProgram = `${referenceDirectory}/host-local`;

/** What one implementation of host-local answers to a call. */
export interface Answer {
  readonly status: number | null;
  readonly stdout: string;
}

export type Implementation = (call: Call) => Answer;

/** An executable. */
function executed(program: string): Implementation {
  return (call) => {
    const { status, stdout } = spawnSync(program, {
      env: environment(call),
      input: JSON.stringify(call.config),
      encoding: "utf8",
    });
    return { status, stdout };
  };
}

export const reference = executed(referenceProgram);

/** The core: on the Node host in this process, which saves the start of thousands of others. */
export const ours: Implementation =
  programDirectory === nodeDirectory ? hostLocal : executed(join(programDirectory, "host-local"));

/** The variables of a call, as both take them. */
export function environment(call: Call): Record<string, string> {
  return {
    CNI_COMMAND: call.command ?? "ADD",
    CNI_CONTAINERID: call.containerId ?? "c1",
    CNI_IFNAME: call.ifname ?? "eth0",
    CNI_NETNS: "/run/netns/none",
    CNI_PATH: referenceDirectory,
    ...(call.args === undefined ? {} : { CNI_ARGS: call.args }),
  };
}

/**
 * What is compared: the result, or that there was an error. Since 1.0.0 an empty `dns` is left out,
 * which the reference of this age does not do yet.
 */
export function meaning({ status, stdout }: Answer): unknown {
  if (status !== 0) return "an error";
  if (stdout === "") return "nothing";
  const { dns, ...rest } = JSON.parse(stdout) as Record<string, unknown>;
  const isLeftOut = rest.cniVersion === "1.0.0" && JSON.stringify(dns ?? {}) === "{}";
  return isLeftOut ? rest : { ...rest, dns };
}

/**
 * All that is below a data directory, but for our index: name, mode, content. Files that hold
 * something are compared without their mode: 0644 in the reference of this age, 0600 in newer ones.
 */
export function tree(dataDir: string): string[] {
  const names = readdirSync(dataDir, { recursive: true, encoding: "utf8" });
  const shared = names.filter((name) => name.split("/")[0] !== ".index");
  return shared.sort().map((name) => {
    const path = join(dataDir, name);
    const stat = lstatSync(path);
    const content = stat.isFile() ? readFileSync(path, "latin1") : "";
    return `${name} ${content === "" ? stat.mode.toString(8) : JSON.stringify(content)}`;
  });
}
