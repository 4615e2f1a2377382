import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import type { System } from "../../host/imports.ts";
import { confine } from "../../host/policy.ts";
import { ownErrorSchema, type Result110, resultSchema } from "../../host/schema/index.ts";
import {
  type Call,
  type KernelOptions,
  type Link,
  type Outcome,
  Sim,
  uapi,
  withFault,
} from "../../host/sim/index.ts";

const file = fileURLToPath(new URL("../../build/macvlan.wasm", import.meta.url));

/** The core that is tested. */
export const core = new WebAssembly.Module(readFileSync(file));

export const POD = "/run/netns/pod";

/** Long enough for the master's own IPv6 address to be settled, in milliseconds. */
const SETTLED = 5000;

/** A machine with the master eth0 and one container. */
export function machine(options: KernelOptions = {}): Sim {
  const sim = new Sim(options);
  sim.addMaster("eth0", { mac: "02:00:00:00:00:01" });
  sim.addNetns(POD);
  sim.kernel.clock.advance(SETTLED);
  return sim;
}

/** A configuration with what every one needs, and `keys`; undefined takes one away. */
export function config(keys: Record<string, unknown> = {}): Record<string, unknown> {
  return { cniVersion: "1.1.0", name: "net1", type: "macvlan", master: "eth0", ...keys };
}

/** `ipam` of type static with these addresses. */
export function staticIpam(
  addresses: readonly string[],
  keys: Record<string, unknown> = {},
): Record<string, unknown> {
  return { type: "static", addresses: addresses.map((address) => ({ address })), ...keys };
}

/** Runs the plugin under the policy of the Node host, unless `call` wraps it otherwise. */
export function run(sim: Sim, call: Call = {}): Outcome {
  const outcome = sim.run(core, { config: config(), wrap: confine, ...call });
  expect(outcome.held).toBe(0);
  expect(outcome.netns).toBe(sim.host);
  return outcome;
}

/** For `wrap`: a kernel before 4.20, which lists everything, whatever a request is about. */
export function lavish(system: System): System {
  const failure = uapi.ENOPROTOOPT;
  return withFault(confine(system), { call: "setsockopt", nth: 1, failure, forever: true }).system;
}

/** For `wrap`: a kernel before 4.17, which does not tell whose a rule is. */
export function forgetful(system: System): System {
  const confined = confine(system);
  const recvfrom: System["recvfrom"] = (fd, buffer, ...words) => {
    const length = confined.recvfrom(fd, buffer, ...words);
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    for (let at = 0; at + 16 <= length; at += (view.getUint32(at, true) + 3) & ~3) {
      if (view.getUint16(at + 4, true) !== uapi.RTM_NEWRULE) continue;
      const end = at + view.getUint32(at, true);
      for (let i = at + 28; i < end; i += (view.getUint16(i, true) + 3) & ~3) {
        if (view.getUint16(i + 2, true) === uapi.FRA_PROTOCOL) view.setUint16(i + 2, 0, true);
      }
    }
    return length;
  };
  return { ...confined, recvfrom };
}

/** Runs ADD, which must succeed, and gives back its result. */
export function add(sim: Sim, keys: Record<string, unknown> = {}, call: Call = {}): Result110 {
  const outcome = run(sim, { config: config(keys), ...call });
  expect(outcome).toMatchObject({ status: 0, stderr: "" });
  return resultSchema("1.1.0").parse(outcome.json) as Result110;
}

/** Runs a command that must succeed and print nothing. */
export function succeed(sim: Sim, command: string, call: Call = {}): void {
  const outcome = run(sim, { command, ...call });
  expect(outcome).toMatchObject({ status: 0, stdout: "", stderr: "" });
}

/** The error object of a call that must fail with one of the plugin's own errors. */
export function failure(outcome: Outcome): {
  code: number;
  msg: string;
  details?: string | undefined;
  cniVersion: string;
} {
  expect(outcome.status).toBe(1);
  return ownErrorSchema.parse(outcome.json);
}

/** As `failure`, of a call that must change nothing. */
export function refusal(sim: Sim, call: Call): ReturnType<typeof failure> {
  const before = sim.snapshot();
  const error = failure(run(sim, call));
  expect(sim.snapshot()).toEqual(before);
  return error;
}

/** The interface of the container, which must be there. */
export function podLink(sim: Sim, name = "mv0"): Link {
  const link = sim.netns(POD).find(name);
  if (link === undefined) throw new Error(`no interface ${name} in the container`);
  return link;
}

/** The addresses of an interface, link-local ones left out. */
export function addressesOf(link: Link): string[] {
  return link.addresses
    .map(({ text, prefixLength }) => `${text}/${prefixLength}`)
    .filter((text) => !text.startsWith("fe80:"));
}
