import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect } from "vitest";
import {
  type CniError,
  type CniVersion,
  errorSchema,
  ownErrorSchema,
  type Result110,
  resultSchema,
} from "../../host/schema/index.ts";
import type { CniCall, CniOutput } from "../../lab/cni.ts";
import { LabUnavailable } from "../../lab/holder.ts";
import type { AddressInfo, IpAddress, IpLink, IpRoute } from "../../lab/iproute2.ts";
import { Lab, type LabOptions } from "../../lab/lab.ts";
import type { Netns } from "../../lab/netns.ts";
import { programDirectory } from "../../lab/paths.ts";
import { difference, type Snapshot } from "../../lab/snapshot.ts";

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
  readonly lab: Lab;
  readonly segment: Netns;
  #pods = 0;

  constructor(lab: Lab) {
    this.lab = lab;
    this.segment = lab.addNetns("segment");
    lab.addMaster(master, { segment: this.segment, peer: "lan" });
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
    const directory = mkdtempSync(join(this.lab.directory, `${name}-`));
    mkdirSync(directory, { recursive: true });
    return directory;
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
 * A site for the tests of a file; call it once, outside of tests. Where this machine allows none, the
 * tests are skipped with the reason beside their names, in CI they fail.
 */
export function useSite(options: LabOptions = {}): Site {
  const holder: { site?: Site; reason?: string } = {};
  beforeAll(async () => {
    try {
      holder.site = new Site(await Lab.open(options));
    } catch (error) {
      if (process.env.CI || !(error instanceof LabUnavailable)) throw error;
      holder.reason = error.message;
    }
  });
  beforeEach(({ skip }) => {
    if (holder.reason !== undefined) skip(holder.reason);
  });
  afterEach(() => holder.site?.clear());
  afterAll(() => holder.site?.lab.close());
  return new Proxy({} as Site, {
    get(_, name) {
      const { site } = holder;
      if (!site) throw new Error("the site is there only while tests run");
      const value = Reflect.get(site, name, site);
      return typeof value === "function" ? value.bind(site) : value;
    },
  });
}

/** Declares in a `describe` that its tests, together, leave the lab as it was. */
export function frozen(site: Site): void {
  let before: Snapshot;
  beforeAll(() => {
    before = site.lab.snapshot();
  });
  afterAll(() => {
    expect(difference(before, site.lab.snapshot())).toEqual([]);
  });
}

/** A success that printed exactly the result of one version, and nothing on standard error. */
export function result(output: CniOutput, version: CniVersion = "1.1.0"): Result110 {
  expect(output).toMatchObject({ status: 0, stderr: "" });
  expect(output.json).toEqual(resultSchema(version).parse(output.json));
  return output.json as Result110;
}

/** A success that printed nothing at all. */
export function silent(output: CniOutput): void {
  expect(output).toMatchObject({ status: 0, stdout: "", stderr: "" });
}

/** A failure with one of `codes` and nothing but one error object on standard output. */
export function failure(output: CniOutput, ...codes: readonly number[]): CniError {
  const error = errorSchema.parse(output.json ?? output);
  expect(codes, error.msg).toContain(error.code);
  expect(output.status).toBe(1);
  return error;
}

/** The same, with a code of the plugin's own table. */
export function ownFailure(output: CniOutput, ...codes: readonly number[]): CniError {
  return ownErrorSchema.parse(failure(output, ...codes));
}

/** An `ipam` for addresses written as `address` or `address gateway`, and routes. */
export function staticIpam(
  addresses: readonly string[],
  routes: readonly object[] = [],
  more: object = {},
): { ipam: object } {
  const list = addresses.map((text) => {
    const [address, gateway] = text.split(" ");
    return gateway === undefined ? { address } : { address, gateway };
  });
  return { ipam: { type: "static", addresses: list, routes, ...more } };
}

/** The link of a name in a namespace, which must be there. */
export function link(netns: Netns, name = ifname): IpLink {
  return netns.ipJson<IpLink>("link", "show", "dev", name)[0] as IpLink;
}

/** All links of a namespace but the loopback, by name. */
export function linkNames(netns: Netns): string[] {
  return netns
    .ipJson<IpLink>("link")
    .map((item) => item.ifname)
    .filter((name) => name !== "lo");
}

/** The addresses of an interface, link-local ones left out. */
export function addresses(netns: Netns, name = ifname): AddressInfo[] {
  const [found] = netns.ipJson<IpAddress>("addr", "show", "dev", name);
  return (found?.addr_info ?? []).filter(({ scope }) => scope !== "link");
}

/** Routes that the kernel did not make by itself, of one family and table. */
export function routes(netns: Netns, family: 4 | 6, table = "main"): IpRoute[] {
  return netns
    .ipJson<IpRoute>(`-${family}`, "route", "show", "table", table)
    .filter(({ protocol }) => protocol !== "kernel");
}

/** Whether one of three pings of `from` is answered. */
export function reaches(from: Netns, address: string): boolean {
  const ping = from.exec(["ping", "-n", "-c3", "-i0.2", "-W1", address]);
  return ping.status === 0;
}

/** CNI_PATH with a directory before that of our own executables. */
export function pathWith(directory: string): { path: string } {
  return { path: `${directory}:${programDirectory}` };
}
