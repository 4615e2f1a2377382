import { once } from "node:events";
import { type CniCall, type CniOutput, cniExec, cniOutput } from "./cni.ts";
import { type Holder, isPrivileged, startHolder } from "./holder.ts";
import { Netns } from "./netns.ts";
import { type Snapshot, takeSnapshot } from "./snapshot.ts";

export interface LabOptions {
  /** Take a user namespace even where none is needed. */
  readonly userNamespace?: boolean;
}

export interface MasterOptions {
  readonly mtu?: number;
  /** The namespace for the far end of the cable; by default it stays in the lab. */
  readonly segment?: Netns;
  /** The name of the far end; by default the master's with a `p` at its end. */
  readonly peer?: string;
}

/**
 * Network and mount namespaces of our own to try things in: the real kernel, and nothing of the
 * machine's. The lab is itself a `Netns`: the "host" whose links are the masters of the pods.
 *
 *     await using lab = await Lab.open();
 *     lab.addMaster("ens5");
 *     const pod = lab.addNetns("pod");
 *     lab.cni({ command: "ADD", containerId: "c1", netns: pod.path, ifname: "eth0", config });
 */
export class Lab extends Netns {
  readonly #holder: Holder;
  /** A directory for files that the programs in the lab shall see; gone with the lab. */
  readonly directory: string;

  private constructor(
    holder: Holder,
    /** Whether a user namespace is around the lab, so that the machine's root has no part in it. */
    readonly hasUserNamespace: boolean,
  ) {
    super("", `/proc/${holder.process.pid}/ns/net`, holder.enter);
    this.#holder = holder;
    this.directory = holder.directory;
  }

  /**
   * Opens a lab: network and mount namespaces, and around them, where we lack privileges, a user
   * namespace.
   *
   * @throws LabUnavailable where the machine forbids it, saying what does and what to do
   */
  static async open(options: LabOptions = {}): Promise<Lab> {
    const userNamespace = options.userNamespace ?? !isPrivileged();
    return new Lab(await startHolder(userNamespace), userNamespace);
  }

  /** A new network namespace, its loopback up, as a runtime prepares one for a pod. */
  addNetns(name: string): Netns {
    this.ip("netns", "add", name);
    const path = `/run/netns/${name}`;
    const netns = new Netns(name, path, [...this.enter, "nsenter", `--net=${path}`, "--"]);
    netns.ip("link", "set", "lo", "up");
    return netns;
  }

  deleteNetns(name: string): void {
    this.ip("netns", "delete", name);
  }

  /**
   * A link that can carry macvlans: one end of a veth(4) pair. When this returns, both ends are up
   * and have link-local IPv6 addresses.
   */
  addMaster(name: string, options: MasterOptions = {}): void {
    const peer = options.peer ?? `${name}p`;
    const far = options.segment ?? this;
    const mtu = options.mtu === undefined ? [] : ["mtu", String(options.mtu)];
    this.ip("link", "add", name, ...mtu, "type", "veth", "peer", "name", peer, ...mtu);
    // Moved and not born there, so that the two ends have different indexes: where they happen to
    // be equal, the kernel takes up to a second to notice the carrier.
    if (far !== this) this.ip("link", "set", peer, "netns", far.name);
    const ends = [
      [this, name],
      [far, peer],
    ] as const;
    for (const [end, link] of ends) {
      end.setSysctl(`net/ipv6/conf/${link}/accept_dad`, 0);
      end.ip("link", "set", link, "up");
    }
    for (const [end, link] of ends) end.waitUp(link);
  }

  /** Calls a plugin as a container runtime does, in the lab's own network namespace. */
  cni(call: CniCall): CniOutput {
    const { argv, options } = cniExec(call);
    return cniOutput(this.exec(argv, options));
  }

  /** The same, beside us: for calls at the same time. */
  async cniStart(call: CniCall): Promise<CniOutput> {
    const { argv, options } = cniExec(call);
    return cniOutput(await this.start(argv, options).done);
  }

  /** The state of all the lab's namespaces, to prove that nothing is left. */
  snapshot(): Snapshot {
    return takeSnapshot(this);
  }

  /** Ends the lab and every process in it. */
  async close(): Promise<void> {
    const { process: holder } = this.#holder;
    if (holder.exitCode !== null || holder.signalCode !== null) return;
    holder.ref();
    holder.stdin?.end();
    await once(holder, "exit");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
