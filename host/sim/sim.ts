import type { System } from "../imports.ts";
import { runPlugin } from "../run.ts";
import { deleteLink, setCable, setUp } from "./device.ts";
import { Files } from "./files.ts";
import { Kernel, type KernelOptions, type Refusal } from "./kernel.ts";
import type { Link } from "./link.ts";
import type { Netns } from "./netns.ts";
import { programAt } from "./open.ts";
import { Process } from "./process.ts";
import type { Invocation, Program } from "./program.ts";
import { snapshot } from "./snapshot.ts";
import { parseMac } from "./text.ts";

/** Where the plugins are. */
export const PLUGIN_PATH = "/opt/cni/bin";
const CORE_PATH = `${PLUGIN_PATH}/macvlan`;

export interface MasterOptions {
  readonly mtu?: number;
  /** Text, colons between the bytes. */
  readonly mac?: string;
  readonly altNames?: readonly string[];
  /** False: administratively down. */
  readonly up?: boolean;
  /** False: no carrier. */
  readonly cable?: boolean;
  /** IFLA_INFO_KIND; empty for a card. */
  readonly kind?: string;
  /** ARPHRD_*, if it is no Ethernet. */
  readonly hardware?: number;
  /** As `mac`: the address that the card was made with. */
  readonly permanentMac?: string;
  /** BOND_MODE_* of a bond. */
  readonly bondMode?: number;
  /** What it is on, for a VLAN interface or an ipvlan. */
  readonly lower?: Link | undefined;
  /** The bridge, bond or other that it is a port of. */
  readonly controller?: Link | undefined;
}

/** One call of the plugin, as a runtime makes it. */
export interface Call {
  /** CNI_COMMAND */
  readonly command?: string;
  readonly containerId?: string;
  readonly netns?: string;
  readonly ifname?: string;
  /** CNI_ARGS */
  readonly args?: string;
  /** Standard input: an object is written as JSON. */
  readonly config?: object | string | Uint8Array;
  /** More variables; undefined takes one away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The name by which the plugin is called: its path, or the last part of it. */
  readonly program?: string;
  /** Puts something between the core and the system: a fault, a trace. */
  readonly wrap?: (system: System) => System;
}

/** What a runtime sees of one call. */
export interface Outcome {
  /** Exit status. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
  /** The one JSON document on stdout; undefined where stdout is empty, or something else. */
  readonly json: unknown;
  /** Descriptors left open at the end. */
  readonly held: number;
  /** The namespace that it was in at its end. */
  readonly netns: Netns;
}

/** A Linux machine in memory: network namespaces, files, and plugins to call. */
export class Sim {
  readonly kernel: Kernel;
  readonly files: Files;
  /** The namespace that plugins start in. */
  readonly host: Netns;
  readonly #names = new Map<string, Netns>();

  constructor(options: KernelOptions = {}) {
    this.kernel = new Kernel(options);
    this.files = new Files(() => this.kernel.clock.now);
    this.host = this.addNetns("/run/netns/host");
    this.files.mkdir("/proc/sys/net");
    this.files.install(CORE_PATH, () => ({ status: 127 }));
    for (const name of ["static", "host-local"]) {
      this.files.symlink(`${PLUGIN_PATH}/${name}`, "macvlan");
    }
  }

  /** Makes a network namespace and binds it to `path`; its loopback is down, as a new one's is. */
  addNetns(path: string): Netns {
    const netns = this.kernel.addNetns();
    this.files.bindNetns(path, netns);
    this.#names.set(path, netns);
    return netns;
  }

  /** The namespace that was bound to `path`. */
  netns(path: string): Netns {
    const netns = this.#names.get(path);
    if (netns === undefined) throw new Error(`no namespace at ${path}`);
    return netns;
  }

  /**
   * Ends a namespace and all that is in it, as a runtime does with that of a container.
   *
   * @param delay how long the kernel takes after its name is gone, in milliseconds.
   */
  removeNetns(path: string, delay = 0): void {
    const netns = this.netns(path);
    this.files.remove(path);
    this.#names.delete(path);
    const end = () => {
      for (const link of [...netns.links.values()]) {
        if (!link.loopback) deleteLink(link);
      }
      this.kernel.removeNetns(netns);
    };
    if (delay === 0) end();
    else this.kernel.clock.after(delay, end);
  }

  /** Plugs in an Ethernet interface, one end of a veth unless said otherwise. */
  addMaster(name: string, options: MasterOptions = {}, netns = this.host): Link {
    const link = netns.add({
      name,
      kind: options.kind ?? "veth",
      mac: options.mac === undefined ? this.kernel.randomMac() : parseMac(options.mac),
      mtu: options.mtu ?? 1500,
      hardware: options.hardware,
      permanentMac: options.permanentMac === undefined ? undefined : parseMac(options.permanentMac),
      bondMode: options.bondMode,
      lower: options.lower,
    });
    link.controller = options.controller;
    link.altNames = [...(options.altNames ?? [])];
    setCable(link, options.cable ?? true);
    setUp(link, options.up ?? true);
    return link;
  }

  /** Makes the kernel refuse a request, once. */
  refuse(refusal: Omit<Refusal, "skip"> & { readonly skip?: number }): void {
    this.kernel.refusals.push({ skip: 0, ...refusal });
  }

  /**
   * A program that is a core, to be executed by path like any other.
   *
   * @param wrap puts something between the core and the system.
   */
  pluginOf(module: WebAssembly.Module, wrap?: Call["wrap"]): Program {
    return (invocation) => {
      const running = this.#start(invocation);
      const status = runPlugin(module, wrap ? wrap(running) : running);
      running.exit();
      return { status, stdout: running.stdout.bytes, stderr: running.stderr.text };
    };
  }

  /** Calls the core to its end, by whatever name. */
  run(module: WebAssembly.Module, call: Call = {}): Outcome {
    this.#install(module);
    const running = this.#start(this.#invocation(call));
    const status = runPlugin(module, call.wrap ? call.wrap(running) : running);
    running.exit();
    const { held, netns } = running;
    const stdout = running.stdout.text;
    return { status, stdout, stderr: running.stderr.text, json: parse(stdout), held, netns };
  }

  /** Calls the program of a name: the core, if it is one of the core's names. */
  call(module: WebAssembly.Module, call: Call): Outcome {
    this.#install(module);
    const invocation = this.#invocation(call);
    const { path, netns } = invocation;
    if (this.files.find(path) === this.files.get(CORE_PATH)) return this.run(module, call);
    if (!this.files.find(path)) throw new Error(`no program at ${path}: files.install() makes one`);
    const { status = 0, stdout = "", stderr = "" } = programAt(this.files, path)(invocation);
    const text = typeof stdout === "string" ? stdout : new TextDecoder().decode(stdout);
    return { status, stdout: text, stderr, json: parse(text), held: 0, netns };
  }

  #install(module: WebAssembly.Module): void {
    const file = this.files.get(CORE_PATH);
    if (file.kind === "file") file.program = this.pluginOf(module);
  }

  #invocation(call: Call): Invocation {
    const name = call.program ?? "macvlan";
    const path = name.includes("/") ? name : `${PLUGIN_PATH}/${name}`;
    const stdin = bytesOf(call.config ?? "");
    return { netns: this.host, path, env: environmentOf(call), stdin };
  }

  #start(invocation: Invocation): Process {
    const { kernel, files } = this;
    return new Process({ kernel, files, ...invocation });
  }

  /** The whole state as plain data, for comparing one moment with another. */
  snapshot(): unknown {
    return snapshot(this.kernel, this.files);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The environment of a call, in which CNI_PATH is always set. */
export function environmentOf(call: Call): Record<string, string> {
  const variables: Record<string, string | undefined> = {
    CNI_COMMAND: call.command ?? "ADD",
    CNI_CONTAINERID: call.containerId ?? "container-1",
    CNI_NETNS: call.netns ?? "/run/netns/pod",
    CNI_IFNAME: call.ifname ?? "mv0",
    CNI_PATH: PLUGIN_PATH,
    CNI_ARGS: call.args,
    ...call.env,
  };
  const set = Object.entries(variables).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  return Object.fromEntries(set);
}

function bytesOf(config: object | string | Uint8Array): Uint8Array {
  if (config instanceof Uint8Array) return config;
  return new TextEncoder().encode(typeof config === "string" ? config : JSON.stringify(config));
}
