import type { Cancel } from "./clock.ts";
import { addLocalRoute, connect } from "./connected.ts";
import { startDad } from "./dad.ts";
import { Errno } from "./errno.ts";
import type { Link } from "./link.ts";
import { equalBytes, formatIp, maskBits, parseIp } from "./text.ts";
import {
  AF_INET,
  AF_INET6,
  EACCES,
  EADDRNOTAVAIL,
  EEXIST,
  EINVAL,
  EOPNOTSUPP,
  IFA_F_NODAD,
  IFA_F_OPTIMISTIC,
  IFA_F_PERMANENT,
  IFA_F_SECONDARY,
  IFA_F_TENTATIVE,
  IN6_ADDR_GEN_MODE_EUI64,
  IN6_ADDR_GEN_MODE_NONE,
  IN6_ADDR_GEN_MODE_RANDOM,
  RT_SCOPE_HOST,
  RT_SCOPE_LINK,
  RT_SCOPE_UNIVERSE,
} from "./uapi.ts";

/** What RTM_NEWADDR asks for. */
export interface AddressRequest {
  readonly family: number;
  readonly bytes: Uint8Array;
  readonly prefixLength: number;
  readonly scope: number;
  /** IFA_F_* */
  readonly flags: number;
  readonly broadcast?: Uint8Array | undefined;
}

/** An address of an interface (struct in_ifaddr, struct inet6_ifaddr). */
export class Address {
  readonly family: number;
  readonly bytes: Uint8Array;
  readonly prefixLength: number;
  readonly scope: number;
  readonly broadcast: Uint8Array | undefined;
  flags: number;
  /** Stops the duplicate address detection that is under way. */
  dad: Cancel | undefined;

  constructor(
    readonly link: Link,
    request: AddressRequest,
  ) {
    this.family = request.family;
    this.bytes = request.bytes;
    this.prefixLength = request.prefixLength;
    this.scope = request.scope;
    this.flags = request.flags;
    this.broadcast = request.broadcast;
  }

  get text(): string {
    return formatIp(this.bytes);
  }

  get prefix(): Uint8Array {
    return maskBits(this.bytes, this.prefixLength);
  }
}

/** RTM_NEWADDR: inet_rtm_newaddr() and inet6_rtm_newaddr() of the kernel. */
export function addAddress(link: Link, request: AddressRequest): void {
  if (request.family === AF_INET) addIpv4(link, request);
  else addIpv6(link, request);
}

function addIpv4(link: Link, request: AddressRequest): void {
  if (request.prefixLength > 32) throw new Errno(EINVAL, "ipv4: Invalid prefix length");
  const others = link.addresses.filter(
    (other) => other.family === AF_INET && other.prefixLength === request.prefixLength,
  );
  if (others.some((other) => equalBytes(other.bytes, request.bytes))) {
    throw new Errno(EEXIST, "ipv4: Address already assigned");
  }
  // inet_insert_ifa(): an address of zeros is no address, and no error either
  if (request.bytes.every((byte) => byte === 0)) return;
  const prefix = maskBits(request.bytes, request.prefixLength);
  const secondary = others.some((other) => equalBytes(other.prefix, prefix));
  const flags = request.flags | IFA_F_PERMANENT | (secondary ? IFA_F_SECONDARY : 0);
  const address = new Address(link, { ...request, flags });
  link.addresses.push(address);
  addLocalRoute(address);
  if (link.up) connect(address);
  link.netns.tell({ what: "address", address, gone: false });
}

function addIpv6(link: Link, request: AddressRequest): void {
  if (!link.netns.kernel.ipv6) throw new Errno(EOPNOTSUPP);
  if (request.prefixLength > 128) throw new Errno(EINVAL, "ipv6: Invalid prefix length");
  if (!link.ipv6) throw new Errno(EINVAL, "ipv6: IPv6 is disabled on this interface");
  if (link.settings.get("ipv6/conf", "disable_ipv6") !== 0) {
    throw new Errno(EACCES, "ipv6: IPv6 is disabled on this device");
  }
  refuseIpv6(link, request.bytes);
  if (link.addresses.some((other) => equalBytes(other.bytes, request.bytes))) {
    throw new Errno(EEXIST, "ipv6: address already assigned");
  }
  const flags = flagsOfIpv6(link, request.flags);
  const address = new Address(link, { ...request, flags, scope: scopeOfIpv6(request.bytes) });
  link.addresses.push(address);
  if (link.up) connect(address);
  link.netns.tell({ what: "address", address, gone: false });
  if ((flags & IFA_F_TENTATIVE) !== 0) startDad(address);
  else addLocalRoute(address);
}

/** inet6_rtm_newaddr() and ipv6_add_addr() of the kernel: an address is tentative or NODAD. */
function flagsOfIpv6(link: Link, asked: number): number {
  const flags = asked & (mayBeOptimistic(link) ? ~0 : ~IFA_F_OPTIMISTIC);
  if ((flags & IFA_F_NODAD) === 0) return flags | IFA_F_PERMANENT | IFA_F_TENTATIVE;
  if ((flags & IFA_F_OPTIMISTIC) === 0) return flags | IFA_F_PERMANENT;
  throw new Errno(EINVAL, "IFA_F_NODAD and IFA_F_OPTIMISTIC are mutually exclusive");
}

function mayBeOptimistic({ netns, settings }: Link): boolean {
  if (!netns.kernel.optimisticDad) return false;
  return [netns.all, settings].some((some) => some.get("ipv6/conf", "optimistic_dad") !== 0);
}

/** ipv6_add_addr() of the kernel. */
function refuseIpv6(link: Link, bytes: Uint8Array): void {
  const upper = bytes.slice(0, 15).every((byte) => byte === 0);
  if (upper && bytes[15] === 0) throw new Errno(EADDRNOTAVAIL, "ipv6: Invalid address");
  if (bytes[0] === 0xff) throw new Errno(EADDRNOTAVAIL, "ipv6: Cannot assign multicast address");
  if (upper && bytes[15] === 1 && !link.loopback) {
    throw new Errno(EADDRNOTAVAIL, "ipv6: Cannot assign loopback address on this device");
  }
}

function isLinkLocal(bytes: Uint8Array): boolean {
  return bytes[0] === 0xfe && ((bytes[1] ?? 0) & 0xc0) === 0x80;
}

function scopeOfIpv6(bytes: Uint8Array): number {
  if (formatIp(bytes) === "::1") return RT_SCOPE_HOST;
  return isLinkLocal(bytes) ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
}

/** What the addresses of an interface do when it comes up. */
export function connectAddresses(link: Link): void {
  if (link.loopback) addLoopback(link);
  for (const address of link.addresses) {
    connect(address);
  }
  addLinkLocal(link);
  settleAddresses(link);
}

/** inetdev_event() and init_loopback() of the kernel: 127.0.0.1 and ::1. */
function addLoopback(link: Link): void {
  const asked = { scope: RT_SCOPE_HOST, flags: 0 };
  if (!link.addresses.some(({ family }) => family === AF_INET)) {
    addIpv4(link, { ...asked, family: AF_INET, bytes: parseIp("127.0.0.1"), prefixLength: 8 });
  }
  if (!link.ipv6 || link.settings.get("ipv6/conf", "disable_ipv6") !== 0) return;
  addIpv6(link, { ...asked, family: AF_INET6, bytes: parseIp("::1"), prefixLength: 128 });
}

/** addrconf_addr_gen() of the kernel: by the MAC address (EUI-64), a secret, or not at all. */
export function addLinkLocal(link: Link): void {
  const wanted =
    link.ipv6 &&
    link.ready &&
    !link.loopback &&
    link.settings.get("ipv6/conf", "disable_ipv6") === 0 &&
    link.settings.get("ipv6/conf", "addr_gen_mode") !== IN6_ADDR_GEN_MODE_NONE;
  if (!wanted || link.addresses.some((address) => isLinkLocal(address.bytes))) return;
  const bytes = Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, ...interfaceIdOf(link));
  const flags = mayBeOptimistic(link) ? IFA_F_OPTIMISTIC : 0;
  addIpv6(link, { family: AF_INET6, bytes, prefixLength: 64, scope: RT_SCOPE_LINK, flags });
}

/** The kernel hashes the secret; a sum is enough to see that it was used. */
function interfaceIdOf(link: Link): number[] {
  const mode = link.settings.get("ipv6/conf", "addr_gen_mode");
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = link.mac;
  if (mode === IN6_ADDR_GEN_MODE_EUI64) return [a ^ 2, b, c, 0xff, 0xfe, d, e, f];
  if (mode === IN6_ADDR_GEN_MODE_RANDOM && link.settings.stableSecret === "") {
    link.settings.stableSecret = formatIp(Uint8Array.of(...link.mac, ...new Uint8Array(10)));
  }
  const secret = parseIp(link.settings.stableSecret || link.netns.defaults.stableSecret);
  return [...secret.slice(0, 8)].map((byte, index) => byte ^ (secret[index + 8] ?? 0));
}

/** Starts the detection for every address that still waits for it. */
export function settleAddresses(link: Link): void {
  for (const address of link.addresses) {
    if (address.family === AF_INET6 && address.dad === undefined) startDad(address);
  }
}

/** addrconf_ifdown() of the kernel: IPv6 addresses go, but for those it was told to keep. */
export function disconnectAddresses(link: Link): void {
  const keeps = [link.settings, link.netns.all].some(
    (settings) => settings.get("ipv6/conf", "keep_addr_on_down") > 0,
  );
  for (const address of [...link.addresses]) {
    if (address.family !== AF_INET6) continue;
    if (keeps && !isLinkLocal(address.bytes)) suspend(address);
    else removeAddress(address);
  }
}

function suspend(address: Address): void {
  address.dad?.();
  address.dad = undefined;
  address.flags |= IFA_F_TENTATIVE;
  address.link.netns.routes.removeLocal(address.bytes);
}

export function removeAddress(address: Address): void {
  const { link } = address;
  address.dad?.();
  link.addresses = link.addresses.filter((other) => other !== address);
  link.netns.routes.removeLocal(address.bytes);
  link.netns.routes.removePrefix(link, address.prefix, address.prefixLength);
  link.netns.tell({ what: "address", address, gone: true });
}
