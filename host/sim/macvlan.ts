import { Errno } from "./errno.ts";
import { checkMtu, type Link, validateMac } from "./link.ts";
import type { Netns } from "./netns.ts";
import { equalBytes } from "./text.ts";
import {
  ARPHRD_ETHER,
  EADDRINUSE,
  EBUSY,
  EINVAL,
  ENODEV,
  MACVLAN_FLAG_NODST,
  MACVLAN_FLAG_NOPROMISC,
  MACVLAN_MODE_BRIDGE,
  MACVLAN_MODE_PASSTHRU,
  MACVLAN_MODE_PRIVATE,
  MACVLAN_MODE_SOURCE,
  MACVLAN_MODE_VEPA,
} from "./uapi.ts";

// drivers/net/macvlan.c

const MODES = [
  MACVLAN_MODE_PRIVATE,
  MACVLAN_MODE_VEPA,
  MACVLAN_MODE_BRIDGE,
  MACVLAN_MODE_PASSTHRU,
  MACVLAN_MODE_SOURCE,
];

const FLAGS = MACVLAN_FLAG_NOPROMISC | MACVLAN_FLAG_NODST;

const DEFAULT_QUEUE_LENGTH = 1000;

/** What RTM_NEWLINK says about a macvlan; a part left out is the kernel's to choose. */
export interface MacvlanRequest {
  readonly name: string;
  /** ifi_index, to have that number. */
  readonly index?: number | undefined;
  /** The master; a macvlan stands for its own. */
  readonly lower?: Link | undefined;
  readonly mtu?: number | undefined;
  readonly mac?: Uint8Array | undefined;
  readonly mode?: number | undefined;
  readonly flags?: number | undefined;
  readonly queueLength?: number | undefined;
  readonly sources?: readonly Uint8Array[] | undefined;
  readonly cutoff?: number | undefined;
}

/**
 * Makes a macvlan in `netns`. Nobody is told yet (macvlan_common_newlink()).
 *
 * @throws Errno EADDRNOTAVAIL a multicast or zero MAC; EINVAL an unknown mode or flag, source
 * addresses in another mode, an MTU above the master's, a master that is no Ethernet interface, a
 * passthru that is not the only one; ENODEV no such master; EBUSY a port of a bridge or bond, or a
 * master with an ipvlan; EEXIST the name is taken.
 */
export function createMacvlan(netns: Netns, request: MacvlanRequest): Link {
  if (request.mac) validateMac(request.mac);
  const mode = request.mode ?? MACVLAN_MODE_VEPA;
  if (!MODES.includes(mode)) throw new Errno(EINVAL);
  if (((request.flags ?? 0) & ~FLAGS) !== 0) throw new Errno(EINVAL);
  if (request.mtu !== undefined) checkMtu(request.mtu, undefined);
  const lower = masterOf(request.lower);
  if (request.mtu !== undefined) checkMtu(request.mtu, lower);
  const others = [...lower.uppers].filter((link) => link.macvlan);
  const passthru = mode === MACVLAN_MODE_PASSTHRU;
  if (others.some((link) => link.macvlan?.mode === MACVLAN_MODE_PASSTHRU)) throw new Errno(EINVAL);
  if (passthru && others.length > 0) throw new Errno(EINVAL);
  if (request.sources && mode !== MACVLAN_MODE_SOURCE) throw new Errno(EINVAL);
  if (request.cutoff !== undefined) lower.broadcastCutoff = request.cutoff;
  const mac = passthru ? lower.mac : (request.mac ?? netns.kernel.randomMac());
  return netns.add({
    name: request.name,
    index: request.index,
    kind: "macvlan",
    mac,
    mtu: request.mtu ?? lower.mtu,
    lower,
    macvlan: {
      mode,
      flags: request.flags ?? 0,
      queueLength: request.queueLength ?? DEFAULT_QUEUE_LENGTH,
      sources: [...(request.sources ?? [])],
    },
  });
}

function masterOf(asked: Link | undefined): Link {
  if (asked === undefined) throw new Errno(ENODEV);
  const lower = asked.macvlan ? asked.root : asked;
  if (lower.hardware !== ARPHRD_ETHER) throw new Errno(EINVAL);
  if (lower.taken) throw new Errno(EBUSY);
  return lower;
}

/** The queue is the master's: the longest that one of its macvlans asks for. */
export function queueLengthUsed(link: Link): number {
  const siblings = [...(link.lower?.uppers ?? [])];
  return Math.max(...siblings.map(({ macvlan }) => macvlan?.queueLength ?? 0));
}

/** macvlan_open(): no two interfaces on a master are up with the same address. */
export function openMacvlan(link: Link): void {
  const { lower } = link;
  if (lower === undefined || link.macvlan?.mode === MACVLAN_MODE_PASSTHRU) return;
  const taken = [lower, ...[...lower.uppers].filter((other) => other !== link && other.up)];
  if (taken.some((other) => equalBytes(other.mac, link.mac))) throw new Errno(EADDRINUSE);
}
