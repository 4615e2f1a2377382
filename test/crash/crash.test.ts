import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { CniCall } from "../../lab/cni.ts";
import type { Netns } from "../../lab/netns.ts";
import { nativeProgram } from "../../lab/paths.ts";
import { difference } from "../../lab/snapshot.ts";
import { failure, silent } from "../live/outcome.ts";
import { inhabitants } from "../../lab/processes.ts";
import { type Config, containerId, ifname, master, needs, network, useSite } from "../live/site.ts";
import { compileKiller, killedAt, plugin, type Victim } from "./kill.ts";

// The plugin on the real kernel, killed by SIGKILL at its first, second, ... system call, until it
// comes to its end. Whatever it has left, DEL takes away; where the container has gone before
// that, GC does. Each range has one address: if it is not lost, the next ADD gets it.

const site = useSite();
needs("cc");
beforeEach(() => compileKiller());

/** More calls than any command makes. */
const MOST_CALLS = 1000;
const TIMEOUT = 600_000;
/** How long DEL may leave a process behind, in milliseconds. */
const PATIENCE = 5000;
const DELETE_FAILED = 109;

const v4 = [{ subnet: "10.7.0.0/24", rangeStart: "10.7.0.10", rangeEnd: "10.7.0.10" }];
const v6 = [{ subnet: "fd00:7::/64", rangeStart: "fd00:7::10", rangeEnd: "fd00:7::10" }];
const single = { ranges: [v4], routes: [{ dst: "0.0.0.0/0" }] };
const dual = { ranges: [v4, v6], routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }] };

/**
 * Who makes what is killed, and takes away what that has left: the native host, which is faster,
 * if it is built, for the Node host as well. They do the same calls (test/hosts/equal.test.ts).
 */
const healer = existsSync(nativeProgram) ? { program: nativeProgram } : {};

/** A command with its leases, killed everywhere. */
class Sweep {
  readonly #dataDir = site.directory("leases");
  readonly #keys: Config;
  readonly #sets: number;
  readonly #pod = site.pod();

  constructor(
    readonly command: "ADD" | "DEL" | "GC",
    readonly victim: Victim,
    ipam: { readonly ranges: readonly unknown[] },
    keys: Config = {},
  ) {
    this.#sets = ipam.ranges.length;
    this.#keys = { ...keys, ipam: { type: "host-local", dataDir: this.#dataDir, ...ipam } };
  }

  get name(): string {
    const families = this.#sets === 1 ? "IPv4" : "dual-stack";
    return `${this.command}, ${families}, ${this.victim}`;
  }

  /** Kills it at each call, and proves each time that nothing stays; the number of the calls. */
  async run(): Promise<number> {
    this.#comeAndGo();
    const before = site.lab.snapshot();
    const files = this.#files();
    const processes = residents();
    for (let n = 1; n < MOST_CALLS; n++) {
      const where = this.#die(n, this.#pod);
      if (where === undefined) return n - 1;
      site.del(this.#pod, this.#keys, healer);
      expect(difference(before, site.lab.snapshot()), `DEL, ${where}`).toEqual([]);
      expect(this.#leases(), `DEL, ${where}`).toEqual([]);
      this.#dieAlone(n);
      this.#comeAndGo();
      expect(this.#files(), where).toEqual(files);
      await expect.poll(residents, { message: where, timeout: PATIENCE }).toEqual(processes);
    }
    throw new Error(`more than ${MOST_CALLS} calls`);
  }

  /** Where it was killed; undefined if it came to its end. */
  #die(n: number, pod: Netns): string | undefined {
    if (this.command !== "ADD") site.add(pod, this.#keys, healer);
    const output = killedAt(n, this.victim, site.lab, this.#call(pod));
    if (output.stderr.startsWith("killed")) {
      // the plugin outlives its child, and says what it knows of the interface
      if (this.victim === "child" && output.status !== 0) failure(output, DELETE_FAILED);
      return `${n}: ${output.stderr.trim()}`;
    }
    expect(output).toMatchObject({ status: 0, stderr: "" });
    site.del(pod, this.#keys, healer);
    return undefined;
  }

  /** Killed there, and then the container goes without a DEL. */
  #dieAlone(n: number): void {
    const pod = site.pod();
    const where = this.#die(n, pod);
    // what the kernel does by itself, but some time after the name has gone
    pod.exec(["ip", "link", "del", ifname]);
    site.lab.deleteNetns(pod.name);
    silent(site.lab.cni({ ...this.#gc(), ...healer }));
    expect(this.#leases(), `GC, ${where}`).toEqual([]);
  }

  #comeAndGo(): void {
    site.add(this.#pod, this.#keys, healer);
    site.del(this.#pod, this.#keys, healer);
  }

  #call(pod: Netns): CniCall {
    if (this.command === "GC") return this.#gc();
    const config = site.config(this.#keys);
    return { command: this.command, containerId, netns: pod.path, ifname, config };
  }

  #gc(): CniCall {
    const config = site.config({ ...this.#keys, "cni.dev/valid-attachments": [] });
    return { command: "GC", containerId: "", netns: "", ifname: "", args: "", config };
  }

  /** What is in the network's directory, and in its index. */
  #files(): string[] {
    const all = readdirSync(this.#dataDir, { recursive: true }) as string[];
    return all.toSorted();
  }

  #leases(): string[] {
    const files = readdirSync(join(this.#dataDir, network));
    const leases = files.filter((name) => /^[0-9a-f]+[.:]/.test(name));
    return this.#keys.hostAccess ? [...leases, ...opened()] : leases;
  }
}

/** What hostAccess has left: records, and interfaces of the host. */
function opened(): string[] {
  const show = `find /run/cni-macvlan/${network} -type f; ip -o link | grep -o "mvhost[0-9]*"`;
  return site.lab
    .run(["sh", "-c", `${show} || true`])
    .split("\n")
    .slice(0, -1);
}

/** The processes in the lab. */
function residents(): string[] {
  return inhabitants(site.lab.run(["readlink", "/proc/self/ns/mnt"]).trim()).toSorted();
}

/** How many calls were covered is part of the proof: a sweep of nothing would pass as well. */
async function run(sweep: Sweep, least: number): Promise<void> {
  const covered = await sweep.run();
  console.log(`${sweep.name}: killed at each of ${covered} system calls`);
  expect(covered).toBeGreaterThan(least);
}

describe("killed at any system call, nothing stays that DEL or GC does not take away:", () => {
  // What starts in a millisecond is killed on this way as well; with two families it makes every
  // call that it makes with one.
  if (plugin === "process")
    test("ADD", { timeout: TIMEOUT }, () => run(new Sweep("ADD", plugin, single), 80));
  test("ADD, dual-stack", { timeout: TIMEOUT }, () => run(new Sweep("ADD", plugin, dual), 100));
  test("DEL", { timeout: TIMEOUT }, () => run(new Sweep("DEL", plugin, dual), 40));
  test("GC", { timeout: TIMEOUT }, () => run(new Sweep("GC", plugin, dual), 20));
});

// The same calls on the Node host are swept in test/sweep.
if (plugin === "process")
  describe("and with hostAccess:", () => {
    const access = { hostAccess: true };
    beforeEach(() => {
      site.lab.ip("addr", "add", "10.7.0.1/24", "dev", master);
    });
    afterEach(() => {
      site.lab.ip("addr", "flush", "dev", master, "scope", "global");
    });
    test("ADD", { timeout: TIMEOUT }, () => run(new Sweep("ADD", plugin, single, access), 120));
    test("DEL", { timeout: TIMEOUT }, () => run(new Sweep("DEL", plugin, single, access), 60));
  });

// The Node host has none.
if (plugin === "process")
  describe("DEL, whose child is killed at any system call:", () => {
    test("the same", { timeout: TIMEOUT }, () => run(new Sweep("DEL", "child", dual), 5));
  });
