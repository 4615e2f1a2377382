import type { Address } from "./address.ts";
import type { FileNode, Files } from "./files.ts";
import type { Kernel } from "./kernel.ts";
import type { Link } from "./link.ts";
import type { Netns } from "./netns.ts";
import type { Route } from "./route.ts";
import type { Rule } from "./rule.ts";
import { formatIp, formatMac } from "./text.ts";
import { RTPROT_KERNEL } from "./uapi.ts";

// The state of the machine as plain data. What only counts up (the next index, the next port, the
// clock) is left out: two moments are equal when nobody who looks could tell them apart.

export function snapshot(kernel: Kernel, files: Files): unknown {
  return {
    netnses: kernel.netnses.map(snapshotNetns),
    files: [...files.list()].map(([path, node]) => [path, node.mode, contentOf(node)]),
  };
}

function contentOf(node: FileNode): string {
  if (node.kind === "file") return new TextDecoder().decode(node.content);
  return node.kind === "symlink" ? `-> ${node.target}` : node.kind;
}

function snapshotNetns(netns: Netns): unknown {
  return {
    inode: netns.inode,
    all: netns.all.changes(),
    defaults: netns.defaults.changes(),
    links: [...netns.links.values()].map(snapshotLink),
    routes: netns.routes.all.map(describeRoute).sort(),
    rules: netns.rules.all.map(describeRule),
  };
}

function snapshotLink(link: Link): unknown {
  const { index, name, kind, mtu, up, operstate } = link;
  return {
    index,
    name,
    kind,
    altNames: link.altNames,
    mac: formatMac(link.mac),
    mtu,
    up,
    operstate,
    lower: link.lower?.name,
    controller: link.controller?.name,
    macvlan: link.macvlan && {
      ...link.macvlan,
      sources: link.macvlan.sources.map(formatMac),
    },
    promisc: link.promisc,
    allmulti: link.allmulti,
    txQueueLength: link.txQueueLength,
    group: link.group,
    alias: link.alias,
    settings: link.settings.changes(),
    addresses: link.addresses.map(describeAddress),
    neighbours: [...link.neighbours].sort(),
  };
}

function describeAddress({ text, prefixLength, flags, scope }: Address): string {
  return `${text}/${prefixLength} flags ${flags.toString(16)} scope ${scope}`;
}

/** A route in words like those of ip-route(8). */
export function describeRoute(route: Route): string {
  const words = [`${formatIp(route.dst)}/${route.dstLength}`, `type ${route.type}`];
  words.push(`table ${route.table}`, `proto ${route.protocol}`, `scope ${route.scope}`);
  if (route.priority !== 0) words.push(`metric ${route.priority}`);
  // those of the kernel's own routes are the addresses that they are for
  if (route.source && route.protocol !== RTPROT_KERNEL) words.push(`src ${formatIp(route.source)}`);
  for (const [type, value] of route.metrics) words.push(`rtax ${type}=${value}`);
  for (const { gateway, link } of route.hops) {
    words.push(gateway ? `via ${formatIp(gateway)} dev ${link.name}` : `dev ${link.name}`);
  }
  return words.join(" ");
}

/** A rule in words like those of ip-rule(8). */
function describeRule(rule: Rule): string {
  const from = rule.source ? `${formatIp(rule.source)}/${rule.sourceLength}` : "all";
  const where = `family ${rule.family} ${rule.priority}: from ${from} lookup ${rule.table}`;
  return `${where} proto ${rule.protocol}`;
}
