import type { IpLink, IpRoute } from "../../lab/iproute2.ts";
import type { Netns } from "../../lab/netns.ts";
import { link, routes } from "./kernel.ts";
import { master } from "./site.ts";

/** The host's addresses on the master. */
export const HOST = { 4: "198.51.100.1", 6: "2001:db8::1" };
/** The protocol of the host's routes to pods. */
export const PROTOCOL = "193";
/** How long the kernel may take with an address, in milliseconds. */
const PATIENCE = 5000;

/** Gives the master of a lab the addresses; the kernel has made all of their routes. */
export function addressMaster(lab: Netns): void {
  lab.ip("addr", "replace", `${HOST[4]}/24`, "dev", master);
  lab.ip("-6", "addr", "replace", `${HOST[6]}/64`, "dev", master, "nodad");
  // The local route of an IPv6 address comes from a worker of the kernel's, some time later.
  const deadline = performance.now() + PATIENCE;
  while (lab.ip("-6", "route", "show", "table", "local", HOST[6]) === "") {
    if (performance.now() > deadline) throw new Error(`no local route to ${HOST[6]} after 5 s`);
  }
}

/** The name of the host's own macvlan. */
export function shim(lab: Netns): string {
  return `mvhost${link(lab, master).ifindex}`;
}

/** The host's own macvlans that are there. */
export function shims(lab: Netns): IpLink[] {
  return lab.ipJson<IpLink>("link").filter(({ ifname }) => ifname.startsWith("mvhost"));
}

/** The host's routes to pods, of both families. */
export function ways(lab: Netns): IpRoute[] {
  const all = ([4, 6] as const).flatMap((family) => routes(lab, family));
  return all.filter(({ protocol }) => protocol === PROTOCOL);
}

/** The files by which attachments are found again. */
export function records(lab: Netns): string[] {
  const find = "find /run/cni-macvlan -type f ! -name .lock 2>/dev/null || true";
  return lab.run(["sh", "-c", find]).split("\n").slice(0, -1);
}
