import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { startPure } from "../probe/compile.ts";
import { loadCaptures } from "../rtnetlink/captures.ts";

// The frames of the core beside those that the kernel sends by itself, and those of RFC 5227.

interface Probe {
  probe(mac: number, ip: number): number;
  announcement(mac: number, ip: number): number;
  reply(mac: number, ip: number): number;
  advertisement(mac: number, ip: number): number;
  readClaim(frame: number, length: number, ip: number, own: number): number;
  claimant(): number;
}

const probe = startPure<Probe>("packet");
const buffer = (hex: string) =>
  probe.__newArrayBuffer(new Uint8Array(Buffer.from(hex, "hex")).buffer);
const text = (value: string) => probe.__newString(value);
const hexOf = (pointer: number) => Buffer.from(probe.__getArrayBuffer(pointer)).toString("hex");

type Kind = "probe" | "announcement" | "reply" | "advertisement";
const write = (kind: Kind, mac: string, ip: string) => hexOf(probe[kind](buffer(mac), text(ip)));

const MAC = "020000000013";
const OTHER = "020000000099";
const NOBODY = "00000000";

const { captures } = loadCaptures<{ name: string; command: string; frame: string }>("frames");
const captured = (name: string) => captures.find((capture) => capture.name === name)?.frame ?? "";

describe("what is written is, byte by byte,", () => {
  test("an announcement of IPv4: the kernel's own", () => {
    expect(write("announcement", MAC, "10.0.9.1")).toBe(captured("announcement of 10.0.9.1"));
  });

  test("an announcement of IPv6: the kernel's own, checksum included", () => {
    const frame = captured("announcement of 2001:db8:9::1");
    expect(write("advertisement", MAC, "2001:db8:9::1")).toBe(frame);
  });

  test("a probe: that of RFC 5227, without a sender's address", () => {
    const start = `ffffffffffff${MAC}08060001080006040001`;
    const expected = `${start}${MAC}${NOBODY}0000000000000a000901`;
    expect(write("probe", MAC, "10.0.9.1")).toBe(expected);
  });

  test("a reply: one that Linux takes for gratuitous, to ourselves and from ourselves", () => {
    const start = `ffffffffffff${MAC}08060001080006040002`;
    expect(write("reply", MAC, "10.0.9.1")).toBe(`${start}${MAC}0a000901${MAC}0a000901`);
  });
});

/** The sum of RFC 1071, of an IPv6 frame with the pseudo-header: all ones where it is right. */
function sumOf(frame: Buffer): number {
  let sum = 32 + 58;
  for (let at = 22; at < frame.length; at += 2) sum += frame.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

test("the checksum of every advertisement is right", () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(
    fc.property(bytes(6), bytes(16), (mac, ip) => {
      ip[0] = 0x20; // an IPv4-mapped address would be none
      const words = Buffer.from(ip).toString("hex").match(/.{4}/g) ?? [];
      const frame = write("advertisement", Buffer.from(mac).toString("hex"), words.join(":"));
      expect(sumOf(Buffer.from(frame, "hex"))).toBe(0xffff);
    }),
  );
});

test("the checksum is right where it overflows more than once", () => {
  const frame = (word: number) =>
    write("advertisement", `02000000${word.toString(16).padStart(4, "0")}`, "2001:db8:9::1");
  // the sum of all but the checksum and the last word of the MAC address
  const first = Buffer.from(frame(0), "hex").fill(0, 56, 58);
  let sum = 32 + 58;
  for (let at = 22; at < first.length; at += 2) sum += first.readUInt16BE(at);
  for (let word = 0xffe0 - (sum & 0xffff); word < 0x10020 - (sum & 0xffff); word++) {
    expect(sumOf(Buffer.from(frame(word & 0xffff), "hex"))).toBe(0xffff);
  }
});

/**
 * What a frame says to somebody with `own` as MAC address: who claims the address, and how. Of the
 * frame `length` bytes count, and behind them lies the rest.
 */
function claimIn(
  frame: string,
  ip: string,
  own = MAC,
  length = frame.length / 2,
): string | undefined {
  const found = probe.readClaim(buffer(frame), length, text(ip), buffer(own));
  if (found === 0) return undefined;
  return `${hexOf(probe.claimant())} ${found === 1 ? "has it" : "wants it"}`;
}

describe("what is read about 10.0.9.1 in", () => {
  const ip = "10.0.9.1";
  /** An ARP packet of `OTHER`, by its operation and the two IPv4 addresses. */
  const arp = (operation: number, sender: string, target: string, type = "0806") =>
    `${MAC}${OTHER}${type}000108000604000${operation}${OTHER}${sender}${MAC}${target}`;

  test.each([
    ["the answer to a probe", arp(2, "0a000901", NOBODY), `${OTHER} has it`],
    ["an answer to somebody else", arp(2, "0a000901", "0a000909"), `${OTHER} has it`],
    ["an announcement", write("announcement", OTHER, ip), `${OTHER} has it`],
    ["a request that it sends", arp(1, "0a000901", "0a000909"), `${OTHER} has it`],
    ["a probe", write("probe", OTHER, ip), `${OTHER} wants it`],
    ["a request for it", arp(1, "0a000909", "0a000901"), undefined],
    ["an answer that is none to a probe", arp(2, NOBODY, "0a000901"), undefined],
    ["our own probe, come back", write("probe", MAC, ip), undefined],
    ["our own announcement, come back", write("announcement", MAC, ip), undefined],
    ["the probe of another address", write("probe", OTHER, "10.0.9.2"), undefined],
    ["another type of frame", arp(2, "0a000901", NOBODY, "0800"), undefined],
    [
      "an answer that another one sends on",
      arp(2, "0a000901", NOBODY).replace(OTHER, "020000000077"),
      `${OTHER} has it`,
    ],
    [
      "an answer about ourselves that another one sends on",
      arp(2, "0a000901", NOBODY)
        .replaceAll(OTHER, MAC)
        .replace(MAC + MAC, MAC + OTHER),
      undefined,
    ],
    ["ARP of other addresses", arp(2, "0a000901", NOBODY).replace("0604", "0804"), undefined],
    ["nothing", "", undefined],
  ])("%s", (_, frame, expected) => expect(claimIn(frame, ip)).toBe(expected));

  test("a frame that is cut off: nothing", () => {
    const whole = write("announcement", OTHER, ip);
    for (let length = 0; length < 42; length++) {
      expect(claimIn(whole, ip, MAC, length)).toBeUndefined();
    }
  });
});

describe("what is read about 2001:db8:9::1 in", () => {
  const ip = "2001:db8:9::1";
  const advertisement = captured("announcement of 2001:db8:9::1");
  const detection = captured("detection of 2001:db8:9::1");
  const routed = advertisement.replace("3aff", "3afe");

  test.each([
    ["an advertisement", advertisement, `${MAC} has it`],
    ["duplicate address detection by another", detection, `${MAC} wants it`],
    ["an advertisement from further away", routed, undefined],
    [
      "a solicitation of somebody who has an address",
      detection.replace(/(?<=3aff)00/, "20"),
      undefined,
    ],
    ["UDP that looks like it", advertisement.replace("203aff", "2011ff"), undefined],
    ["another type of ICMPv6", advertisement.replace("018800", "018600"), undefined],
    ["nothing", "", undefined],
  ])("%s", (_, frame, expected) => expect(claimIn(frame, ip, OTHER)).toBe(expected));

  test("the advertisement of another address: nothing", () => {
    expect(claimIn(advertisement, "2001:db8:9::2", OTHER)).toBeUndefined();
  });

  test("our own frames, come back: nothing", () => {
    expect(claimIn(advertisement, ip, MAC)).toBeUndefined();
    expect(claimIn(detection, ip, MAC)).toBeUndefined();
  });

  test("a frame that is cut off before the end of the target: nothing", () => {
    for (let length = 0; length < 78; length++) {
      expect(claimIn(advertisement, ip, OTHER, length)).toBeUndefined();
    }
    expect(claimIn(advertisement, ip, OTHER, 78)).toBe(`${MAC} has it`);
  });
});
