import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, expect } from "vitest";
import type { CniError, CniVersion, Result110 } from "../../host/schema/index.ts";
import type { CniCall, CniOutput } from "../../lab/cni.ts";
import { LabUnavailable, missingTool, toolEnvironment } from "../../lab/holder.ts";
import { Lab, type LabOptions } from "../../lab/lab.ts";
import type { Netns } from "../../lab/netns.ts";
import { difference, type Snapshot } from "../../lab/snapshot.ts";
import { giveUp, openLab } from "../prerequisites.ts";
import { ownFailure, result, silent } from "./outcome.ts";

/** The container id, interface and network of every call that does not say otherwise. */
export const containerId = "c1";
export const ifname = "eth0";
export const network = "live";
/** The master in the lab; its cable ends as `lan` in the namespace `segment`. */
export const master = "ens5";

export type Config = Readonly<Record<string, unknown>>;

/** What a test may say of a call besides command, pod and configuration. */
export type CallOptions = Omit<CniCall, "command" | "config">;

/** A lab with a master and a segment, and the words that the tests are written in. */
export class Site {
  #lab: Lab | undefined;
  #segment: Netns | undefined;
  #pods = 0;

  /** @throws LabUnavailable where the machine allows no lab, or no macvlan in one */
  async open(options: LabOptions): Promise<void> {
    const lab = await Lab.open(options);
    this.#lab = lab;
    this.#segment = lab.addNetns("segment");
    lab.addMaster(master, { segment: this.#segment, peer: "lan" });
    const probe = lab.exec(["ip", "link", "add", "probe", "link", master, "type", "macvlan"]);
    if (probe.status !== 0)
      throw new LabUnavailable(`this kernel has no macvlan (${probe.stderr.trim()})`);
    this.clear();
  }

  get lab(): Lab {
    if (!this.#lab) throw new Error("the lab is there only while tests run");
    return this.#lab;
  }

  /** The namespace at the far end of the master's cable. */
  get segment(): Netns {
    if (!this.#segment) throw new Error("the segment is there only while tests run");
    return this.#segment;
  }

  async close(): Promise<void> {
    await this.#lab?.close();
  }

  /** A new container: a network namespace with nothing but a loopback; gone after the test. */
  pod(): Netns {
    this.#pods += 1;
    return this.lab.addNetns(`pod${this.#pods}`);
  }

  /** The same without IPv6, for tests in which nothing must change by itself. */
  quietPod(): Netns {
    const pod = this.pod();
    pod.setSysctl("net/ipv6/conf/default/disable_ipv6", 1);
    return pod;
  }

  /** A configuration as a runtime gives it, of the keys that every one has and of `keys`. */
  config(keys: Config = {}): Config {
    return { cniVersion: "1.1.0", name: network, type: "macvlan", master, ...keys };
  }

  /** Calls the plugin for a pod, with the configuration of `keys`. */
  call(command: string, pod: Netns, keys: Config = {}, options: CallOptions = {}): CniOutput {
    const config = this.config(keys);
    return this.lab.cni({ containerId, netns: pod.path, ifname, ...options, command, config });
  }

  /** An ADD that must succeed, with a result that is exactly one of the version asked for. */
  add(pod: Netns, keys: Config = {}, options: CallOptions = {}): Result110 {
    return result(this.call("ADD", pod, keys, options), this.config(keys).cniVersion as CniVersion);
  }

  del(pod: Netns, keys: Config = {}, options: CallOptions = {}): void {
    silent(this.call("DEL", pod, keys, options));
  }

  check(pod: Netns, keys: Config, options: CallOptions = {}): void {
    silent(this.call("CHECK", pod, keys, options));
  }

  /** An ADD that must fail with one of `codes` of our own table; for a group that is `frozen`. */
  fail(pod: Netns, keys: Config, codes: readonly number[], options: CallOptions = {}): CniError {
    return ownFailure(this.call("ADD", pod, keys, options), ...codes);
  }

  /** An ADD that must fail with one of `codes` of our own table, and change nothing. */
  refuse(pod: Netns, keys: Config, codes: readonly number[], options: CallOptions = {}): CniError {
    return this.unchanged(() => this.fail(pod, keys, codes, options));
  }

  /** Does what must fail, and leave links, addresses, routes and sysctls as they were. */
  unchanged<T>(action: () => T): T {
    const before = this.lab.snapshot();
    const value = action();
    expect(difference(before, this.lab.snapshot())).toEqual([]);
    return value;
  }

  /** An executable shell script of this name; returns its directory, for CNI_PATH. */
  script(name: string, ...lines: readonly string[]): string {
    const directory = mkdtempSync(join(this.lab.directory, "bin-"));
    writeFileSync(join(directory, name), ["#!/bin/sh", ...lines, ""].join("\n"));
    chmodSync(join(directory, name), 0o755);
    return directory;
  }

  /** An empty directory. */
  directory(name: string): string {
    return mkdtempSync(join(this.lab.directory, `${name}-`));
  }

  /** Deletes the pods and whatever else a test has left in the lab. */
  clear(): void {
    this.lab.run(["sh", "-c", clearScript, this.segment.name, master]);
  }
}

// Macvlans go before their namespace, which ends only some time after its name is gone.
const clearScript = `
  ip netns list | while read -r netns _; do
    [ "$netns" = "$0" ] && continue
    ip -n "$netns" -o link show type macvlan | while IFS=': @' read -r _ name _; do
      ip -n "$netns" link del "$name"
    done
    ip netns del "$netns"
  done
  ip -o link | while IFS=': @' read -r _ name _; do
    case "$name" in lo | "$1") ;; *) ip link del "$name" 2>/dev/null ;; esac
  done
  ip -4 route flush proto boot
  ip -6 route flush proto boot
`;

/**
 * A site for the tests of a file; call it once, outside of tests. Where this machine allows none,
 * the tests are skipped, each with the reason, and in CI they fail.
 */
export function useSite(options: LabOptions = {}): Site {
  const site = new Site();
  const isOpen = openLab(() => site.open(options));
  afterEach(() => {
    if (isOpen()) site.clear();
  });
  afterAll(() => site.close());
  return site;
}

/** Declares in a `describe` that its tests need a program; without it they are skipped. */
export function needs(tool: string): void {
  beforeEach(({ skip }) => {
    const { error } = spawnSync(tool, ["-V"], { env: toolEnvironment() });
    if (error) giveUp(skip, missingTool(tool, error));
  });
}

/** Declares in a `describe` that its tests, together, leave the lab as it was. */
export function frozen(site: Site): void {
  let before: Snapshot | undefined;
  beforeEach(() => {
    before ??= site.lab.snapshot();
  });
  afterAll(() => {
    if (before) expect(difference(before, site.lab.snapshot())).toEqual([]);
  });
}
