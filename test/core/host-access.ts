import { addAddress, type Link, listRoutes, type Sim, uapi } from "../../host/sim/index.ts";
import { parseIp } from "../../host/sim/text.ts";
import { machine, staticIpam } from "./core.ts";

/** The host's own macvlan on eth0. */
export const SHIM = "mvhost2";
const PROTOCOL = "193";

/** A configuration with an address of each family. */
export const keys = {
  hostAccess: true,
  ipam: staticIpam(["10.0.0.5/24", "2001:db8::5/64"]),
};

function give(link: Link, text: string, prefixLength: number): void {
  const bytes = parseIp(text);
  const family = bytes.length === 4 ? uapi.AF_INET : uapi.AF_INET6;
  const { IFA_F_NODAD: flags, RT_SCOPE_UNIVERSE: scope } = uapi;
  addAddress(link, { family, bytes, prefixLength, scope, flags });
}

/** A machine whose interface of this name has addresses: in the pod's subnets, or elsewhere. */
export function host(addresses: readonly [string, number][], name = "eth0"): Sim {
  const sim = machine();
  const link = sim.host.find(name) ?? sim.addMaster(name);
  for (const [text, prefixLength] of addresses) give(link, text, prefixLength);
  sim.kernel.clock.advance(5000);
  return sim;
}

/** One whose master has addresses in the pod's subnets. */
export function near(): Sim {
  return host([
    ["10.0.0.1", 24],
    ["2001:db8::1", 64],
  ]);
}

export function shimOf(sim: Sim): Link | undefined {
  return sim.host.find(SHIM);
}

/** The host's routes to pods, IPv4 first. */
export function ways(sim: Sim): string[] {
  return ([4, 6] as const)
    .flatMap((family) => listRoutes(sim.host, family))
    .filter(({ protocol }) => protocol === PROTOCOL)
    .map(({ dst, dev, prefsrc }) => `${dst} dev ${dev} src ${prefsrc}`);
}

/** The files by which the network's attachments are found again. */
export function records(sim: Sim): string[] {
  return [...sim.files.list()]
    .map(([path]) => path)
    .filter((path) => path.startsWith("/run/cni-macvlan/net1/"));
}

/** A snapshot without the folders and the lock of the records, which stay. */
export function withoutFolders(sim: Sim, snapshot: unknown = sim.snapshot()): unknown {
  const { files, ...rest } = snapshot as { files: [string][] };
  return { ...rest, files: files.filter(([path]) => !path.startsWith("/run/cni-macvlan")) };
}
