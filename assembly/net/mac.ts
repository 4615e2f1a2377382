import { hexDigit, isZero } from "./ip";

/** The length of an Ethernet address in bytes. */
export const MAC_LENGTH: i32 = 6;

/**
 * Reads a hardware address of any length: pairs of digits separated by ':' or '-', or groups of
 * four separated by '.'. Null if it is none.
 */
export function parseMac(text: string): Uint8Array | null {
  const isDotted = text.includes(".");
  const separator = isDotted ? "." : text.includes("-") ? "-" : ":";
  const width = isDotted ? 4 : 2;
  const groups = text.split(separator);
  if (groups.length < 2) return null;
  const bytes = new Uint8Array((groups.length * width) / 2);
  for (let i = 0; i < groups.length; i++) {
    const group = groups[i];
    if (group.length != width) return null;
    for (let j = 0; j < width; j += 2) {
      const high = hexDigit(group.charCodeAt(j));
      const low = hexDigit(group.charCodeAt(j + 1));
      if (high < 0 || low < 0) return null;
      bytes[(i * width + j) / 2] = <u8>((high << 4) | low);
    }
  }
  return bytes;
}

/** Why an address cannot be given to an Ethernet interface, or the empty string. */
export function macProblem(mac: Uint8Array): string {
  if (mac.length != MAC_LENGTH) {
    return `has ${mac.length.toString()} bytes, an Ethernet address has 6`;
  }
  if (isZero(mac)) return "is all zeros";
  if ((mac[0] & 1) != 0) return "is a multicast address (the lowest bit of its first byte is set)";
  return "";
}

/** Lower case, separated by colons. */
export function formatMac(mac: Uint8Array): string {
  const parts: string[] = [];
  for (let i = 0; i < mac.length; i++) parts.push(mac[i].toString(16).padStart(2, "0"));
  return parts.join(":");
}
