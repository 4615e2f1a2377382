import type { Invocation, LeasePaths } from "./invocation.ts";

/** The namespace that the calling thread is in. */
const OWN_NETNS = "/proc/thread-self/ns/net";
const SYSCTLS = "/proc/sys/net/";

/** The sysctls of an interface that are read and written: what goes before its name, and after. */
const KEYS = [
  ["ipv4/conf/", "/arp_notify"],
  ["ipv6/conf/", "/disable_ipv6"],
  ["ipv6/conf/", "/keep_addr_on_down"],
  ["ipv6/conf/", "/ndisc_notify"],
  ["ipv6/conf/", "/router_solicitation_delay"],
  ["ipv6/neigh/", "/retrans_time_ms"],
] as const;
/** Those below `ipv6/conf` that the key `ipv6` of the configuration stands for. */
const IPV6_KEYS = [
  "accept_dad",
  "accept_ra",
  "addr_gen_mode",
  "autoconf",
  "optimistic_dad",
  "stable_secret",
];
/** The folders with one for each interface in them: the configuration may name what is there. */
const TREES = ["ipv4/conf/", "ipv6/conf/", "ipv4/neigh/", "ipv6/neigh/"];
const KEY = /^[a-z0-9_]{1,64}$/;
/** Those of the host's own macvlans, the shims. */
const SHIM_KEYS = [
  ["ipv4/conf/", "/arp_filter"],
  ["ipv4/neigh/", "/mcast_solicit"],
  ["ipv6/conf/", "/accept_ra"],
  ["ipv6/conf/", "/addr_gen_mode"],
  ["ipv6/conf/", "/disable_ipv6"],
] as const;
const SHIM = /^mvhost\d{1,9}$/;
const RECORD_LOCK = "/run/cni-macvlan/.lock";
/** IPv6 works on no interface where the loopback has none. */
const LOOPBACK_KEY = "ipv6/conf/lo/disable_ipv6";

/**
 * What a path is to one invocation:
 *
 * - `container`: CNI_NETNS. `own`: the namespace of the calling thread.
 * - `sysctl`: one of the interface, meant for the container's namespace.
 * - `resolvConf`: what the configuration names so.
 * - `leases`, `index`: the two directories of the network's leases. `lease`: what is in the first,
 *   `entry`: what is in the second, or its mark.
 * - `shimSysctl`: one of the host's own macvlan, meant for the host's namespace.
 * - `records`: the directory of what attachments have in the host's network. `record`: what is in
 *   it. `recordLock`: the lock of all of them.
 */
export type Place =
  | "container"
  | "own"
  | "sysctl"
  | "resolvConf"
  | "leases"
  | "lease"
  | "index"
  | "entry"
  | "shimSysctl"
  | "records"
  | "record"
  | "recordLock";

/**
 * What a path is to an invocation, or undefined for one that is none of its business.
 *
 * Paths are compared letter by letter, as the core has to write them. Nothing is normalised or
 * looked up, so that there is no second name for anything.
 */
export function placeOf(path: string, invocation: Invocation): Place | undefined {
  if (path === "") return undefined;
  if (path === invocation.variable("CNI_NETNS")) return "container";
  if (path === OWN_NETNS) return "own";
  if (path.startsWith(SYSCTLS)) return sysctlPlace(path, invocation);
  if (path === invocation.resolvConf) return "resolvConf";
  return recordPlace(path, invocation.records) ?? leasePlace(path, invocation.leasePaths);
}

function sysctlPlace(path: string, invocation: Invocation): Place | undefined {
  if (isSysctl(path, invocation)) return "sysctl";
  const isShims = invocation.opensHost && isShimSysctl(path.slice(SYSCTLS.length));
  return isShims ? "shimSysctl" : undefined;
}

function isShimSysctl(key: string): boolean {
  return SHIM_KEYS.some(([before, after]) => {
    const name = key.slice(before.length, -after.length);
    return key === before + name + after && SHIM.test(name);
  });
}

function recordPlace(path: string, records: string | undefined): Place | undefined {
  if (records === undefined) return undefined;
  if (path === RECORD_LOCK) return "recordLock";
  if (path === records) return "records";
  return isIn(path, records) ? "record" : undefined;
}

function isSysctl(path: string, invocation: Invocation): boolean {
  const key = path.slice(SYSCTLS.length);
  if (key === LOOPBACK_KEY) return true;
  const ifname = invocation.variable("CNI_IFNAME");
  if (!isName(ifname)) return false;
  if (KEYS.some(([before, after]) => key === before + ifname + after)) return true;
  const isRuled = IPV6_KEYS.some((name) => key === `ipv6/conf/${ifname}/${name}`);
  if (isRuled && invocation.hasIpv6) return true;
  return TREES.some((tree) => {
    const folder = `${tree}${ifname}/`;
    const name = key.slice(folder.length);
    return key.startsWith(folder) && KEY.test(name) && invocation.setsSysctl(tree, name);
  });
}

function leasePlace(path: string, paths: LeasePaths | undefined): Place | undefined {
  if (paths === undefined) return undefined;
  if (path === paths.leases) return "leases";
  if (path === paths.index) return "index";
  if (path === paths.mark || isIn(path, paths.index)) return "entry";
  return isIn(path, paths.leases) ? "lease" : undefined;
}

/** Whether a path is one of the directories that the core makes, or above one. */
export function isAbove(path: string, invocation: Invocation): boolean {
  const { leasePaths, records, opensHost } = invocation;
  const made = [leasePaths?.leases, leasePaths?.index, opensHost ? records : undefined];
  return path !== "" && made.some((directory) => `${directory ?? ""}/`.startsWith(`${path}/`));
}

/** Whether a path is that of a program of this name in one of the directories of CNI_PATH. */
export function isProgram(path: string, name: string, directories: string): boolean {
  if (!isName(name) || !path.endsWith(`/${name}`)) return false;
  const directory = path.slice(0, -name.length - 1);
  return directory !== "" && directories.split(":").includes(directory);
}

/** A name that something in a directory can have. */
export function isName(text: string): boolean {
  return text !== "" && text !== "." && text !== ".." && !text.includes("/");
}

function isIn(path: string, directory: string): boolean {
  return path.startsWith(`${directory}/`) && isName(path.slice(directory.length + 1));
}
