import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { System } from "../../../host/imports.ts";
import { linux } from "../../../host/linux.ts";
import { confine } from "../../../host/policy.ts";
import { runPlugin } from "../../../host/run.ts";

const file = fileURLToPath(new URL("../../../build/macvlan.wasm", import.meta.url));
const core = new WebAssembly.Module(readFileSync(file));

/** One call of the plugin, as a main plugin makes it. */
export interface Call {
  /** CNI_COMMAND; ADD by default. */
  readonly command?: string;
  /** CNI_CONTAINERID; `c1` by default. */
  readonly containerId?: string;
  /** CNI_IFNAME; `eth0` by default. */
  readonly ifname?: string;
  /** CNI_ARGS. */
  readonly args?: string;
  /** Standard input: an object is written as JSON. */
  readonly config?: object | string;
  /** Puts something between the core and the system: a fault, a count; the policy by default. */
  readonly wrap?: (system: System) => System;
}

/** What the caller sees of one call. */
export interface Outcome {
  /** Exit status. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The one JSON document on stdout; undefined where there is none, or something else. */
  readonly json: unknown;
  /** Descriptors that the plugin itself left open. */
  readonly held: number;
}

/**
 * Runs the core as `host-local`, on the files of this machine and without starting a process: the
 * environment, the standard streams and the program's name are those of the call.
 *
 * Descriptors that are left open are closed, as the kernel does for a process that ends.
 */
export function hostLocal(call: Call): Outcome {
  const stdio = new Stdio(call);
  const system = { ...linux, ...stdio.members };
  const status = runPlugin(core, (call.wrap ?? confine)(system));
  const held = stdio.closeAll();
  const [, stdout, stderr] = stdio.streams;
  return { status, stdout, stderr, json: parse(stdout), held };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a process has of its own: environment, streams, descriptors. */
class Stdio {
  readonly streams: [string, string, string] = ["", "", ""];
  readonly #environment: Readonly<Record<string, string>>;
  readonly #open = new Set<number>();
  #input: Buffer;

  constructor({ command = "ADD", containerId = "c1", ifname = "eth0", args, config }: Call) {
    this.#environment = {
      CNI_COMMAND: command,
      CNI_CONTAINERID: containerId,
      CNI_IFNAME: ifname,
      CNI_NETNS: "/run/netns/none",
      ...(args === undefined ? {} : { CNI_ARGS: args }),
    };
    this.#input = Buffer.from(typeof config === "string" ? config : JSON.stringify(config ?? {}));
  }

  get members(): Partial<System> {
    return {
      getenv: (name) => {
        const value = this.#environment[name];
        return value === undefined ? undefined : Buffer.from(value);
      },
      program_invocation_name: () => Buffer.from("/opt/cni/bin/host-local"),
      open: (path, flags, mode) => {
        const fd = linux.open(path, flags, mode);
        if (fd >= 0) this.#open.add(fd);
        return fd;
      },
      close: (fd) => {
        this.#open.delete(fd);
        return linux.close(fd);
      },
      read: (fd, buffer) => (fd === 0 ? this.#read(buffer) : linux.read(fd, buffer)),
      write: (fd, bytes) => {
        if (fd > 2) return linux.write(fd, bytes);
        this.streams[fd] += Buffer.from(bytes).toString();
        return bytes.length;
      },
    };
  }

  /** Returns how many there were. */
  closeAll(): number {
    const held = this.#open.size;
    for (const fd of this.#open) linux.close(fd);
    return held;
  }

  #read(buffer: Uint8Array): number {
    const taken = this.#input.subarray(0, buffer.length);
    buffer.set(taken);
    this.#input = this.#input.subarray(taken.length);
    return taken.length;
  }
}
