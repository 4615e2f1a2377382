// That a step did its work: a process that does nothing is fast.
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import type { IpAddress, IpRoute } from "../lab/iproute2.ts";

/** An interface that is up, with an address and a default route of each family, and the leases. */
export function proveAdded(pod: string, leases: string, families: number): void {
  const link = addresses(pod).find(({ ifname }) => ifname === "eth0");
  const global = (link?.addr_info ?? []).filter(({ scope }) => scope === "global");
  const leased = readdirSync(leases);
  const routes = ["-4", "-6"].flatMap((family) =>
    ip<IpRoute>(family, "-n", pod, "route", "show", "default"),
  );
  const isDone =
    link?.linkinfo?.info_kind === "macvlan" &&
    link.flags.includes("UP") &&
    global.length === families &&
    global.every(({ local, tentative }) => leased.includes(local) && !tentative) &&
    routes.filter(({ gateway }) => gateway !== undefined).length === families;
  if (!isDone)
    throw new Error(`ADD left in ${pod}: ${JSON.stringify({ link, routes, leased }, null, 1)}`);
}

/** No interface, and no lease in the directory. */
export function proveGone(pod: string, leases: string): void {
  const links = addresses(pod).map(({ ifname }) => ifname);
  const leased = readdirSync(leases).filter((name) => /^(10\.|fd00:)/.test(name));
  if (links.includes("eth0") || leased.length > 0)
    throw new Error(`DEL left in ${pod}: links ${links}, leases ${leased}`);
}

function addresses(pod: string): IpAddress[] {
  return ip("-d", "-n", pod, "addr");
}

function ip<T>(...words: string[]): T[] {
  return JSON.parse(execFileSync("ip", ["-j", ...words], { encoding: "utf8" }) || "[]");
}
