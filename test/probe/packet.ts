// Probe of assembly/packet for test/packet: frames that are written, and what is read out of them.
import "../../assembly/abort";
import { parseIp } from "../../assembly/net/ip";
import { arpAnnouncement, arpClaim, arpProbe, arpReply } from "../../assembly/packet/arp";
import { Claim } from "../../assembly/packet/claim";
import { neighbourAdvertisement, neighbourClaim } from "../../assembly/packet/ndp";

let claim: Claim | null = null;

export function probe(mac: ArrayBuffer, ip: string): ArrayBuffer {
  return arpProbe(Uint8Array.wrap(mac), parseIp(ip)!).buffer;
}

export function announcement(mac: ArrayBuffer, ip: string): ArrayBuffer {
  return arpAnnouncement(Uint8Array.wrap(mac), parseIp(ip)!).buffer;
}

export function reply(mac: ArrayBuffer, ip: string): ArrayBuffer {
  return arpReply(Uint8Array.wrap(mac), parseIp(ip)!).buffer;
}

export function advertisement(mac: ArrayBuffer, ip: string): ArrayBuffer {
  return neighbourAdvertisement(Uint8Array.wrap(mac), parseIp(ip)!).buffer;
}

/**
 * Reads what the first `length` bytes of a frame say about an address: 0 nothing, 1 it is
 * somebody's, 2 it will be.
 */
export function readClaim(frame: ArrayBuffer, length: i32, ip: string, own: ArrayBuffer): i32 {
  const bytes = Uint8Array.wrap(frame, 0, length);
  const mac = Uint8Array.wrap(own);
  const address = parseIp(ip)!;
  const found = ip.includes(":")
    ? neighbourClaim(bytes, address, mac)
    : arpClaim(bytes, address, mac);
  claim = found;
  return found ? (found.isProbe ? 2 : 1) : 0;
}

/** Whose it is. */
export function claimant(): ArrayBuffer {
  return claim!.mac.buffer;
}
