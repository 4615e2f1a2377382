import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { type CniCall, type CniOutput, cniExec, cniOutput } from "../lab/cni.ts";
import { Lab } from "../lab/lab.ts";
import type { Netns, Running } from "../lab/netns.ts";
import { inhabitants } from "../lab/processes.ts";
import { difference, type Snapshot } from "../lab/snapshot.ts";

const master = "ens5";
const network = "soak";
export const ifname = "eth0";
/** How long a process may outlive the plugin, in milliseconds. */
const PATIENCE = 5000;

/** What a soak could leave behind, but for files. */
interface State {
  readonly facts: Snapshot;
  readonly processes: readonly string[];
  readonly zombies: readonly string[];
  readonly sockets: string;
  readonly descriptors: number;
}

/** A lab with a master, a segment at the end of its cable, and a network of few addresses. */
export class World {
  readonly #dataDir: string;
  readonly #namespace: string;

  private constructor(
    readonly lab: Lab,
    readonly segment: Netns,
    /** The directory of the executables. */
    readonly programs: string,
    /** How many addresses of each family there are. */
    readonly addresses: number,
  ) {
    this.#dataDir = join(lab.directory, "leases");
    this.#namespace = lab.run(["readlink", "/proc/self/ns/mnt"]).trim();
    mkdirSync(this.#dataDir);
  }

  static async open(programs: string, addresses: number): Promise<World> {
    const lab = await Lab.open();
    const segment = lab.addNetns("segment");
    lab.addMaster(master, { segment, peer: "lan" });
    segment.ip("addr", "add", "10.9.0.1/16", "dev", "lan");
    segment.ip("addr", "add", "fd00:9::1/64", "dev", "lan", "nodad");
    return new World(lab, segment, programs, addresses);
  }

  /** A call for a container; its process can be killed. */
  start(command: string, id: string, pod: Netns, isDual: boolean, keys: object = {}): Running {
    return this.#start({
      command,
      containerId: id,
      netns: pod.path,
      ifname,
      config: { ...this.#config(isDual), ...keys },
    });
  }

  async call(command: string, id: string, pod: Netns, isDual: boolean): Promise<CniOutput> {
    return cniOutput(await this.start(command, id, pod, isDual).done);
  }

  /** GC where no container is alive. */
  async collectAll(): Promise<CniOutput> {
    const config = { ...this.#config(true), "cni.dev/valid-attachments": [] };
    return cniOutput(await this.#start({ command: "GC", config }).done);
  }

  /**
   * The MAC address that answers for an address on the segment; what ping(1) says where there is
   * none.
   */
  async whoHas(address: string): Promise<string> {
    const { stdout } = await this.segment.start(["sh", "-c", askScript, address]).done;
    return /lladdr (\S+)/.exec(stdout)?.[1] ?? stdout;
  }

  /** What there is in the directory of the leases, and in the index beside them. */
  files(): string[] {
    return (readdirSync(this.#dataDir, { recursive: true }) as string[]).toSorted();
  }

  state(): State {
    return {
      facts: this.lab.snapshot(),
      processes: inhabitants(this.#namespace).toSorted(),
      zombies: zombies(),
      sockets: this.lab.run(["sh", "-c", socketsScript]),
      descriptors: readdirSync("/proc/self/fd").length,
    };
  }

  /**
   * What there is that was not there before, or the other way round; a line each.
   *
   * @param files those that outlive a container
   */
  async left(before: State, files: readonly string[]): Promise<string[]> {
    const deadline = performance.now() + PATIENCE;
    const isQuiet = () =>
      inhabitants(this.#namespace).length === before.processes.length && zombies().length === 0;
    while (!isQuiet() && performance.now() < deadline) await pause(20);
    const { facts, ...rest } = this.state();
    const lines = difference(before.facts, facts);
    for (const [name, value] of Object.entries(rest)) {
      const [old, now] = [before[name as keyof State], value].map((item) => JSON.stringify(item));
      if (old !== now) lines.push(`${name}: ${now} and not ${old}`);
    }
    const isLeft = (file: string) => !files.includes(file) || /^[0-9a-f]+[.:]/.test(basename(file));
    return [...lines, ...this.files().filter(isLeft)];
  }

  #start(call: CniCall): Running {
    const program = join(this.programs, "macvlan");
    const { argv, options } = cniExec({ ...call, program, path: this.programs });
    return this.lab.start(argv, options);
  }

  #config(isDual: boolean): object {
    const last = this.addresses + 9;
    const v4 = { subnet: "10.9.0.0/16", rangeStart: "10.9.0.10", rangeEnd: `10.9.0.${last}` };
    const end = `fd00:9::${last.toString(16)}`;
    const v6 = { subnet: "fd00:9::/64", rangeStart: "fd00:9::a", rangeEnd: end };
    const ipam = {
      type: "host-local",
      dataDir: this.#dataDir,
      ranges: isDual ? [[v4], [v6]] : [[v4]],
      routes: [{ dst: "0.0.0.0/0" }],
    };
    return { cniVersion: "1.1.0", name: network, type: "macvlan", master, ipam };
  }
}

// Asks anew, whatever the segment has heard before.
const askScript = `
  ip neigh flush to "$0" dev lan
  ping -n -c1 -W5 "$0" && ip neigh show to "$0" dev lan
`;

// How many netlink sockets there are in each namespace.
const socketsScript = `
  wc -l </proc/net/netlink
  for file in /run/netns/*; do
    nsenter --net="$file" sh -c "wc -l </proc/net/netlink"
  done
`;

/** Plugins that have ended unnoticed; the first process of a system reaps when it likes. */
function zombies(): string[] {
  return readdirSync("/proc").filter((pid) => {
    try {
      const [, name, parent] =
        /^\d+ \((.*)\) Z (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, "utf8")) ?? [];
      return name === "macvlan" && parent !== "1";
    } catch {
      return false; // no process, or one that has gone
    }
  });
}
