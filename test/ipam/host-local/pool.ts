import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "vitest";
import {
  type CniError,
  errorSchema,
  type Result110,
  resultSchema,
} from "../../../host/schema/index.ts";
import { type Call, hostLocal, type Outcome } from "./process.ts";

export type Keys = Readonly<Record<string, unknown>>;

/** Addresses 10.0.0.2 to 10.0.0.254, gateway 10.0.0.1. */
export const subnet = { ranges: [[{ subnet: "10.0.0.0/24" }]] };

/** A range set of these addresses: all of the last octet's numbers from `first` to `last`. */
export function few(first: number, last: number): Keys {
  const ends = { rangeStart: `10.0.0.${first}`, rangeEnd: `10.0.0.${last}` };
  return { ranges: [[{ subnet: "10.0.0.0/24", ...ends }]] };
}

/** A network with leases on the disk: a directory that is gone with the pool. */
export class Pool implements Disposable {
  readonly dataDir = mkdtempSync(join(tmpdir(), "leases-"));

  /** @param ipam the keys of `ipam` in every call that does not bring its own. */
  constructor(
    readonly ipam: Keys = subnet,
    readonly network = "net1",
  ) {}

  /** The leases of the network. */
  get directory(): string {
    return join(this.dataDir, this.network);
  }

  /** A configuration with what every one needs, and `keys`. */
  config(keys: Keys = {}): Record<string, unknown> {
    const ipam = { type: "host-local", dataDir: this.dataDir, ...this.ipam };
    return { cniVersion: "1.1.0", name: this.network, type: "macvlan", ipam, ...keys };
  }

  /** As `config`, with other keys in `ipam`; undefined takes one away. */
  configOf(ipam: Keys, keys: Keys = {}): Record<string, unknown> {
    return this.config({ ipam: { type: "host-local", dataDir: this.dataDir, ...ipam }, ...keys });
  }

  /** Calls the plugin; it must leave no descriptor open. */
  run(command: string, containerId = "c1", call: Call = {}): Outcome {
    const outcome = hostLocal({ config: this.config(), ...call, command, containerId });
    expect(outcome.held, `descriptors left open: ${outcome.stdout}`).toBe(0);
    return outcome;
  }

  /** Calls the plugin that will not come to its end. */
  kill(command: string, containerId: string, call: Call): void {
    hostLocal({ ...call, command, containerId });
    mkdirSync(this.directory, { recursive: true });
  }

  /** An ADD that must succeed. */
  add(containerId?: string, call?: Call): Result110 {
    const outcome = this.run("ADD", containerId, call);
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
    return resultSchema("1.1.0").parse(outcome.json) as Result110;
  }

  /** The addresses, without prefix, that an ADD reserves. */
  take(containerId?: string, call?: Call): string[] {
    const { ips = [] } = this.add(containerId, call);
    return ips.map(({ address }) => address.replace(/\/.*/, ""));
  }

  /** One of the commands that print nothing; it must succeed. */
  succeed(command: string, containerId?: string, call?: Call): void {
    const outcome = this.run(command, containerId, call);
    expect(outcome).toMatchObject({ status: 0, stdout: "", stderr: "" });
  }

  /** A call that must fail, and its error. */
  fail(command: string, containerId?: string, call?: Call): CniError {
    return failure(this.run(command, containerId, call));
  }

  path(name: string): string {
    return join(this.directory, name);
  }

  /** Puts a file among the leases, as somebody else would. */
  write(name: string, content: string): void {
    mkdirSync(this.directory, { recursive: true });
    writeFileSync(this.path(name), content, { mode: 0o600 });
  }

  /** A lease as any implementation writes it. */
  reserve(ip: string, containerId: string, ifname = "eth0"): void {
    this.write(ip, `${containerId}\r\n${ifname}`);
  }

  /** Removes a file, as somebody else would. */
  remove(name: string): void {
    rmSync(this.path(name));
  }

  read(name: string): string {
    return readFileSync(this.path(name), "utf8");
  }

  /** The names among the leases that are no file of the format's own, in their order. */
  leases(): string[] {
    return readdirSync(this.directory)
      .filter((name) => name !== "lock" && !name.startsWith("last_reserved_ip."))
      .sort();
  }

  /** Takes away what only our implementation has. */
  removeIndex(): void {
    rmSync(join(this.dataDir, ".index"), { recursive: true });
  }

  [Symbol.dispose](): void {
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** The error object of a failed call: one, and not one of the codes that say nothing. */
export function failure(outcome: Outcome): CniError {
  expect(outcome.status).toBe(1);
  const error = errorSchema.parse(outcome.json);
  expect(error.msg).not.toContain("stopped unexpectedly");
  expect([0, 999]).not.toContain(error.code);
  return error;
}
