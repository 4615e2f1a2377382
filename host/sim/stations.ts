/** The MAC address of a station that was given none. */
const SOMEBODY = "02:00:5e:00:53:01";

/** Other machines on the wire, by the IPv4 and IPv6 addresses that they have. */
export class Stations {
  readonly #macs = new Map<string, string>();

  /** @param mac text, colons between the bytes. */
  add(address: string, mac = SOMEBODY): void {
    this.#macs.set(address, mac);
  }

  delete(address: string): void {
    this.#macs.delete(address);
  }

  has(address: string): boolean {
    return this.#macs.has(address);
  }

  /** The MAC address of the station that has an address. */
  macOf(address: string): string | undefined {
    return this.#macs.get(address);
  }
}
