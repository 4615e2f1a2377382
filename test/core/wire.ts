import { addAddress, type Link, type Sim } from "../../host/sim/index.ts";
import { parseIp } from "../../host/sim/text.ts";
import * as U from "../../host/sim/uapi.ts";
import { machine } from "./core.ts";

// Who has which addresses on the wire of the simulated machine's master.

/** The MAC address of a neighbour. */
export const OTHER = "02:00:00:00:00:99";

/** The master of `machine`. */
export function master(sim: Sim): Link {
  const link = sim.host.find("eth0");
  if (link === undefined) throw new Error("no master");
  return link;
}

/** A machine on whose wire somebody has these addresses. */
export function crowded(...addresses: readonly string[]): Sim {
  const sim = machine();
  for (const address of addresses) master(sim).stations.add(address, OTHER);
  return sim;
}

/** An interface gets an address. */
export function give(link: Link, address: string): void {
  const bytes = parseIp(address);
  const [family, prefixLength] = bytes.length === 4 ? [U.AF_INET, 24] : [U.AF_INET6, 64];
  const parts = { family, bytes, prefixLength, scope: U.RT_SCOPE_UNIVERSE, flags: 0 };
  addAddress(link, parts);
  link.netns.kernel.clock.advance(5000);
}
