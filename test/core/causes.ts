import { expect } from "vitest";
import { createMacvlan, type Link, setUp, type Sim } from "../../host/sim/index.ts";
import { parseMac } from "../../host/sim/text.ts";
import { config, refusal } from "./core.ts";

/** The MAC address of those that somebody else has made. */
export const mac = "02:00:00:00:00:77";

/** The details of an ADD that must fail and change nothing. */
export function details(sim: Sim, keys: Record<string, unknown> = {}, code = 101): string {
  const error = refusal(sim, { config: config(keys) });
  expect(error.code, error.msg).toBe(code);
  return error.details ?? "";
}

/** A macvlan that somebody else has made, in the host's namespace. */
export function neighbour(sim: Sim, mode: number, name = "mv9"): Link {
  const lower = sim.host.find("eth0");
  return createMacvlan(sim.host, { name, lower, mode, mac: parseMac(mac) });
}

/** One in another container. */
export function hidden(sim: Sim, mode: number): void {
  const lower = sim.host.find("eth0");
  const netns = sim.addNetns("/run/netns/other");
  const link = createMacvlan(netns, { name: "mv9", lower, mode, mac: parseMac(mac) });
  setUp(link, true);
}
