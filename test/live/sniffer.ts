import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { Running } from "../../lab/netns.ts";
import type { Site } from "./site.ts";

const FILE_HEADER = 24;
const RECORD_HEADER = 16;
const ICMP_TYPE = 54;
const ECHO_REQUEST = 128;

/** The ARP packets and neighbour advertisements that were sent with a MAC address, as hex. */
export function framesFrom(mac: string, frames: readonly Uint8Array[]): string[] {
  const source = mac.replaceAll(":", "");
  return frames
    .map((frame) => Buffer.from(frame).toString("hex"))
    .filter((hex) => hex.slice(12, 24) === source && /^.{24}(0806|86dd.{80}88)/.test(hex));
}

/** The frames that a neighbour on the segment sees, for tests that need `tcpdump` and `ping`. */
export class Sniffer {
  readonly #site: Site;
  readonly #file: string;
  readonly #running: Running;

  private constructor(site: Site) {
    this.#site = site;
    this.#file = join(site.directory("frames"), "pcap");
    const words = ["tcpdump", "-Z", "root", "-U", "--immediate-mode", "-i", "lan"];
    this.#running = site.segment.start([...words, "-w", this.#file]);
  }

  /** Returns when it hears. */
  static async start(site: Site): Promise<Sniffer> {
    const sniffer = new Sniffer(site);
    // the header of the file is written when everything is set up
    const length = () => sniffer.#bytes().length;
    await expect.poll(length, { timeout: 5000 }).toBeGreaterThanOrEqual(FILE_HEADER);
    return sniffer;
  }

  /** Ends it. The ARP packets and neighbour advertisements that were sent with a MAC address. */
  async frames(mac: string): Promise<string[]> {
    // what comes last, and so after all that was sent before
    const ping = ["ping", "-6", "-n", "-c1", "-W1", "ff02::1%lan"];
    const isLast = (frame: Buffer) => frame[ICMP_TYPE] === ECHO_REQUEST;
    const hasEnded = () => {
      this.#site.segment.exec(ping);
      return this.#seen().some(isLast);
    };
    await expect.poll(hasEnded, { timeout: 10_000 }).toBe(true);
    await this.#running.stop();
    return framesFrom(mac, this.#seen());
  }

  #seen(): Buffer[] {
    const bytes = this.#bytes();
    const frames: Buffer[] = [];
    for (let at = FILE_HEADER; at + RECORD_HEADER <= bytes.length; ) {
      const start = at + RECORD_HEADER;
      at = start + bytes.readUInt32LE(at + 8);
      frames.push(bytes.subarray(start, at));
    }
    return frames;
  }

  #bytes(): Buffer {
    try {
      return readFileSync(this.#file);
    } catch {
      return Buffer.alloc(0);
    }
  }
}
