import type { AddressInfo, IpAddress, IpLink, IpRoute } from "../../lab/iproute2.ts";
import type { Netns } from "../../lab/netns.ts";
import { ifname } from "./site.ts";

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
