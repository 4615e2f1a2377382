import type { IpAddress, IpRoute, IpRule, MasterOptions } from "../../host/sim/index.ts";
import type { Lab } from "../../lab/lab.ts";
import type { Netns } from "../../lab/netns.ts";
import {
  type Answer,
  type Neighbour,
  type PluginCall,
  POD,
  type Stage,
  type State,
  shimsOf,
  type Way,
} from "./stage.ts";

/** How long a settled state is waited for, in milliseconds. */
const PATIENCE = 5000;

/** The real kernel. */
export class LabStage implements Stage {
  readonly #pod: Netns;

  constructor(readonly lab: Lab) {
    this.#pod = lab.addNetns("pod");
  }

  addMaster(name: string, { mac = "", mtu = 1500 }: MasterOptions): void {
    const peer = ["type", "veth", "peer", "name", `${name}p`, "mtu", `${mtu}`];
    this.lab.ip("link", "add", name, "address", mac, "mtu", `${mtu}`, ...peer);
    for (const end of [name, `${name}p`]) this.lab.ip("link", "set", end, "up");
    this.lab.waitUp(name);
  }

  addMacvlan(name: string, lower: string, mode: string): void {
    this.lab.ip("link", "add", name, "link", lower, "type", "macvlan", "mode", mode);
  }

  setUp(name: string, up: boolean): void {
    this.lab.ip("link", "set", name, up ? "up" : "down");
  }

  bridge(name: string): void {
    this.lab.ip("link", "add", "br0", "type", "bridge");
    this.lab.ip("link", "set", name, "master", "br0");
  }

  addAddress(name: string, address: string): void {
    const nodad = address.includes(":") ? ["nodad"] : [];
    this.lab.ip("addr", "add", address, "dev", name, ...nodad);
  }

  call(call: PluginCall): Answer {
    const { status, json } = this.lab.cni({ ...call, netns: POD, containerId: "c1" });
    return { status, json };
  }

  observe(): State {
    const deadline = performance.now() + PATIENCE;
    while (isUnsettled(linksOf(this.#pod)) && performance.now() < deadline);
    return stateOf(this.#pod);
  }

  observeWay(): Way {
    const neighbours = [this.lab, this.#pod].flatMap((netns) =>
      netns.ipJson<Neighbour>("neigh", "show", "nud", "permanent"),
    );
    return { ...shimsOf(stateOf(this.lab)), neighbours };
  }
}

function stateOf(netns: Netns): State {
  const routes = (["-4", "-6"] as const).flatMap((family) =>
    netns.ipJson<IpRoute>(family, "route", "show", "table", "all"),
  );
  const rules = (["-4", "-6"] as const).flatMap((family) => netns.ipJson<IpRule>(family, "rule"));
  return { links: linksOf(netns), routes, rules, sysctls: sysctlsOf(netns) };
}

function linksOf(netns: Netns): IpAddress[] {
  return netns.ipJson<IpAddress>("addr");
}

function sysctlsOf(netns: Netns): Record<string, string> {
  // some can only be written, and are passed over
  const script = "cd /proc/sys/net; grep -rs . ipv4/conf ipv4/neigh ipv6/conf ipv6/neigh; true";
  const lines = netns.run(["sh", "-c", script]).trimEnd().split("\n");
  const matches = lines.map((line) => /^(ipv.\/\w+)\/([^/]+)\/([^:]+):(.*)$/.exec(line));
  const entries = matches.flatMap((match) => {
    const [, tree, name, key, value] = match ?? [];
    return name === undefined ? [] : [[`${name} ${tree}/${key}`, value ?? ""] as const];
  });
  return Object.fromEntries(entries);
}

function isUnsettled(links: readonly IpAddress[]): boolean {
  return links.some(
    ({ flags, addr_info }) =>
      flags.includes("LOWER_UP") &&
      addr_info.some(({ tentative, dadfailed }) => tentative && !dadfailed),
  );
}
