import type { Address } from "./address.ts";
import { addLocalRoute } from "./connected.ts";
import { advertisement } from "./frame.ts";
import { ANSWER_MS, neighbours, receive } from "./segment.ts";
import { equalBytes, parseMac } from "./text.ts";
import {
  AF_INET6,
  IFA_F_DADFAILED,
  IFA_F_NODAD,
  IFA_F_OPTIMISTIC,
  IFA_F_TENTATIVE,
} from "./uapi.ts";

// Duplicate address detection (RFC 4862 section 5.4; net/ipv6/addrconf.c). The kernel waits for a
// random time below router_solicitation_delay, which here is always the whole of it: the worst
// case.

/** The shortest time between two solicitations (addrconf_dad_work(): HZ/100). */
const MIN_RETRANS_MS = 10;

/** Starts the detection, if the address waits for one and the interface can send. */
export function startDad(address: Address): void {
  const { link } = address;
  if ((address.flags & (IFA_F_TENTATIVE | IFA_F_DADFAILED)) !== IFA_F_TENTATIVE) return;
  if (!wantsDad(address)) {
    succeed(address);
    return;
  }
  if (!link.ready) return;
  const optimistic = (address.flags & IFA_F_OPTIMISTIC) !== 0;
  // in use from now on
  if (optimistic) addLocalRoute(address);
  const delay = optimistic ? 0 : link.settings.get("ipv6/conf", "router_solicitation_delay") * 1000;
  address.dad = link.netns.kernel.clock.after(delay, () => probe(address));
}

function wantsDad({ link, flags }: Address): boolean {
  if (link.loopback || (flags & IFA_F_NODAD) !== 0) return false;
  return [link.netns.all, link.settings].some(
    (settings) => settings.get("ipv6/conf", "accept_dad") >= 1,
  );
}

function probe(address: Address): void {
  const { settings, netns } = address.link;
  const probes = settings.get("ipv6/conf", "dad_transmits");
  const owner = probes > 0 ? ownerOf(address) : undefined;
  if (owner !== undefined) {
    address.dad = netns.kernel.clock.after(ANSWER_MS, () => {
      receive(address.link, advertisement(owner, address.bytes));
      fail(address);
    });
    return;
  }
  const between = Math.max(settings.get("ipv6/neigh", "retrans_time_ms"), MIN_RETRANS_MS);
  address.dad = netns.kernel.clock.after(probes * between, () => succeed(address));
}

function succeed(address: Address): void {
  const inUse = address.dad !== undefined && (address.flags & IFA_F_OPTIMISTIC) !== 0;
  address.dad = undefined;
  address.flags &= ~(IFA_F_TENTATIVE | IFA_F_OPTIMISTIC | IFA_F_DADFAILED);
  if (!inUse) addLocalRoute(address);
  address.link.netns.tell({ what: "address", address, gone: false });
}

/** addrconf_dad_failure() of the kernel: a permanent address stays, tentative for ever. */
function fail(address: Address): void {
  address.dad = undefined;
  address.flags = (address.flags & ~IFA_F_OPTIMISTIC) | IFA_F_DADFAILED;
  address.link.netns.tell({ what: "address", address, gone: false });
}

/** The MAC address of who has the address already. */
function ownerOf(address: Address): Uint8Array | undefined {
  const { link } = address;
  const station = link.root.stations.macOf(address.text);
  if (station !== undefined) return parseMac(station);
  return neighbours(link).find((other) =>
    other.addresses.some(
      ({ family, bytes }) => family === AF_INET6 && equalBytes(bytes, address.bytes),
    ),
  )?.mac;
}
