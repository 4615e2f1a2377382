import { delimiter, dirname } from "node:path";
import type { ExecOptions, Output } from "./netns.ts";
import { macvlanProgram, programDirectory } from "./paths.ts";

/** One call of a plugin, as a container runtime makes it. */
export interface CniCall {
  /** The plugin executable; the built macvlan by default. */
  readonly program?: string;
  /** CNI_COMMAND. This and the next six are left out of the environment where undefined. */
  readonly command?: string;
  readonly containerId?: string;
  /** CNI_NETNS, a path: `Netns.path`. */
  readonly netns?: string;
  readonly ifname?: string;
  /** CNI_ARGS. */
  readonly args?: string;
  /** CNI_PATH; by default the directory of our executables. */
  readonly path?: string;
  /** Further variables, or, with undefined, variables left out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The network configuration on standard input: an object, or the exact text or bytes. */
  readonly config?: object | string | Uint8Array;
  /** The working directory; by default `/`. */
  readonly cwd?: string;
}

export interface CniOutput extends Output {
  /** The one JSON document on standard output; undefined where there is none. */
  readonly json: unknown;
}

/** Command line, environment and input of a call: only CNI_* and PATH, as of a strict runtime. */
export function cniExec(call: CniCall): { argv: string[]; options: ExecOptions } {
  const variables: Record<string, string | undefined> = {
    PATH: [dirname(process.execPath), "/usr/sbin", "/usr/bin", "/sbin", "/bin"].join(delimiter),
    CNI_COMMAND: call.command,
    CNI_CONTAINERID: call.containerId,
    CNI_NETNS: call.netns,
    CNI_IFNAME: call.ifname,
    CNI_ARGS: call.args,
    CNI_PATH: call.path ?? programDirectory,
    ...call.env,
  };
  const words = Object.entries(variables)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}=${value}`);
  const config = call.config ?? "";
  const exact = typeof config === "string" || config instanceof Uint8Array;
  return {
    // env(1) sets the environment behind nsenter, which itself needs PATH.
    argv: ["env", "-i", ...words, call.program ?? macvlanProgram],
    options: {
      input: exact ? config : JSON.stringify(config),
      ...(call.cwd === undefined ? {} : { cwd: call.cwd }),
    },
  };
}

/** Adds what the plugin printed, as JSON. */
export function cniOutput(output: Output): CniOutput {
  let json: unknown;
  try {
    json = JSON.parse(output.stdout);
  } catch {
    json = undefined;
  }
  return { ...output, json };
}
