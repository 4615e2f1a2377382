import { type Call, environmentOf, type Outcome, type Sim } from "./sim.ts";

/** A network configuration list, as it lies in /etc/cni/net.d. */
export interface NetworkList {
  readonly cniVersion?: string;
  readonly name: string;
  readonly disableCheck?: boolean;
  readonly plugins: readonly Plugin[];
}

interface Plugin {
  readonly type: string;
  readonly capabilities?: Readonly<Record<string, boolean>>;
  readonly [key: string]: unknown;
}

/** One container's interface on a network, and how the plugins are called for it. */
export interface Attachment
  extends Pick<Call, "containerId" | "netns" | "ifname" | "args" | "wrap"> {
  /** What the runtime has for the capabilities of plugins: `ips`, `mac` and others. */
  readonly capabilityArgs?: Readonly<Record<string, unknown>>;
}

/**
 * A network on a simulated machine, handled as a runtime does by section 3 of the specification:
 * the plugins of the list one after the other, each with the result of those before it, DEL the
 * other way round. Results of ADD are kept for CHECK and DEL.
 *
 * Each method returns what the last plugin that was called has answered: the first that fails, else
 * the last of all.
 */
export class Network {
  readonly list: NetworkList;
  readonly #results = new Map<string, unknown>();
  readonly #attachments = new Map<string, Attachment>();

  /**
   * @param core the core, which is macvlan, static and host-local; every other type is a program of
   *   that name in `PLUGIN_PATH` (`sim.files.install()`).
   * @param list the list, or its text.
   */
  constructor(
    readonly sim: Sim,
    readonly core: WebAssembly.Module,
    list: NetworkList | string,
  ) {
    this.list = typeof list === "string" ? (JSON.parse(list) as NetworkList) : list;
  }

  add(attachment: Attachment = {}): Outcome {
    const key = keyOf(attachment);
    let result: unknown;
    const last = this.#each(this.list.plugins, (plugin) => {
      const outcome = this.#call("ADD", plugin, attachment, result);
      result = outcome.json;
      return outcome;
    });
    if (last.status !== 0) return last;
    this.#results.set(key, result);
    this.#attachments.set(key, attachment);
    return last;
  }

  /** CHECK, which a list with `disableCheck` does not have. */
  check(attachment: Attachment = {}): Outcome {
    const plugins = this.list.disableCheck ? [] : this.list.plugins;
    const result = this.#results.get(keyOf(attachment));
    return this.#each(plugins, (plugin) => this.#call("CHECK", plugin, attachment, result));
  }

  del(attachment: Attachment = {}): Outcome {
    const key = keyOf(attachment);
    const result = this.#results.get(key);
    const plugins = [...this.list.plugins].reverse();
    const last = this.#each(plugins, (plugin) => this.#call("DEL", plugin, attachment, result));
    if (last.status === 0) {
      this.#results.delete(key);
      this.#attachments.delete(key);
    }
    return last;
  }

  /** GC with the attachments that ADD has made and DEL has not taken back. */
  gc(): Outcome {
    const valid = [...this.#attachments.values()].map((attachment) => {
      const { CNI_CONTAINERID: containerID, CNI_IFNAME: ifname } = environmentOf(attachment);
      return { containerID, ifname };
    });
    const keys = { "cni.dev/valid-attachments": valid };
    return this.#each(this.list.plugins, (plugin) => this.#call("GC", { ...plugin, ...keys }, {}));
  }

  status(): Outcome {
    return this.#each(this.list.plugins, (plugin) => this.#call("STATUS", plugin, {}));
  }

  #each(plugins: readonly Plugin[], call: (plugin: Plugin) => Outcome): Outcome {
    let last: Outcome = { ...SILENT, netns: this.sim.host };
    for (const plugin of plugins) {
      last = call(plugin);
      if (last.status !== 0) return last;
    }
    return last;
  }

  #call(command: string, plugin: Plugin, attachment: Attachment, prevResult?: unknown): Outcome {
    const { capabilityArgs = {}, ...call } = attachment;
    const { cniVersion, name } = this.list;
    const asked = Object.entries(capabilityArgs).filter(([key]) => plugin.capabilities?.[key]);
    const runtimeConfig = asked.length > 0 ? Object.fromEntries(asked) : undefined;
    const config = { ...plugin, cniVersion, name, runtimeConfig, prevResult };
    return this.sim.call(this.core, { ...call, command, program: plugin.type, config });
  }
}

const SILENT = { status: 0, stdout: "", stderr: "", json: undefined, held: 0 };

function keyOf(attachment: Attachment): string {
  const { CNI_CONTAINERID, CNI_IFNAME } = environmentOf(attachment);
  return `${CNI_CONTAINERID} ${CNI_IFNAME}`;
}
