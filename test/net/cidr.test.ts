import net from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { startPure } from "../probe/compile.ts";

interface NetProbe {
  cidrParts(text: number): number;
  cidrContains(network: number, prefix: number, address: number): number;
  cidrEquals(a: number, b: number): number;
}

const probe = startPure<NetProbe>("net");

/** Address/prefix, network and last address with spaces between; empty if the text is no CIDR. */
function parts(text: string): string {
  return probe.__getString(probe.cidrParts(probe.__newString(text)));
}

function contains(network: Uint8Array, prefix: number, address: Uint8Array): boolean {
  const [a, b] = [network, address].map((bytes) =>
    probe.__newArrayBuffer(Uint8Array.from(bytes).buffer),
  ) as [number, number];
  return probe.cidrContains(a, prefix, b) !== 0;
}

describe("parseCidr", () => {
  test.each([
    ["10.1.2.3/0", "10.1.2.3/0 0.0.0.0 255.255.255.255"],
    ["10.1.2.3/1", "10.1.2.3/1 0.0.0.0 127.255.255.255"],
    ["10.1.2.3/8", "10.1.2.3/8 10.0.0.0 10.255.255.255"],
    ["10.1.2.3/15", "10.1.2.3/15 10.0.0.0 10.1.255.255"],
    ["10.1.2.3/24", "10.1.2.3/24 10.1.2.0 10.1.2.255"],
    ["10.1.2.3/30", "10.1.2.3/30 10.1.2.0 10.1.2.3"],
    ["10.1.2.3/31", "10.1.2.3/31 10.1.2.2 10.1.2.3"],
    ["10.1.2.3/32", "10.1.2.3/32 10.1.2.3 10.1.2.3"],
    ["10.1.2.3/08", "10.1.2.3/8 10.0.0.0 10.255.255.255"],
    ["2001:db8::5/0", "2001:db8::5/0 :: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
    ["2001:db8::5/64", "2001:db8::5/64 2001:db8:: 2001:db8::ffff:ffff:ffff:ffff"],
    ["2001:DB8::5/127", "2001:db8::5/127 2001:db8::4 2001:db8::5"],
    ["2001:db8::5/128", "2001:db8::5/128 2001:db8::5 2001:db8::5"],
    ["::/0", "::/0 :: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"],
  ])("reads %s", (text, expected) => {
    expect(parts(text)).toBe(expected);
  });

  test.each([
    ["::ffff:10.1.2.3/96", "10.1.2.3/0 0.0.0.0 255.255.255.255"],
    ["::ffff:10.1.2.3/120", "10.1.2.3/24 10.1.2.0 10.1.2.255"],
    ["::ffff:10.1.2.3/128", "10.1.2.3/32 10.1.2.3 10.1.2.3"],
  ])("counts the prefix of the IPv4-mapped %s in 128 bits", (text, expected) => {
    expect(parts(text)).toBe(expected);
  });

  test.each([
    "",
    "/",
    "/24",
    "10.1.2.3",
    "10.1.2.3/",
    "10.1.2.3/33",
    "10.1.2.3/-1",
    "10.1.2.3/+8",
    "10.1.2.3/ 8",
    "10.1.2.3/8 ",
    "10.1.2.3/8/8",
    "10.1.2.3/0x8",
    "10.1.2.3/1e1",
    "10.1.2.3/0008",
    "10.1.2.3/255.255.255.0",
    "10.1.2/24",
    "10.1.2.03/24",
    "10.1.2.3%eth0/24",
    "2001:db8::5/129",
    "2001:db8::5/1000",
    "2001:db8::5%eth0/64",
    "2001:db8::/",
    "::ffff:10.1.2.3/95",
    "::ffff:10.1.2.3/24",
    "::ffff:10.1.2.3/129",
    "10.1.2.3/4294967304",
  ])("refuses %o", (text) => {
    expect(parts(text)).toBe("");
  });
});

const ipv4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
const ipv6 = fc.uint8Array({ minLength: 16, maxLength: 16 });

function text(address: Uint8Array): string {
  if (address.length === 4) return address.join(".");
  const hex = Buffer.from(address).toString("hex");
  return (hex.match(/..../g) ?? []).join(":");
}

/** node:net says which addresses are in the network. */
function expectContains(network: Uint8Array, prefix: number, address: Uint8Array): void {
  const family = address.length === 4 ? "ipv4" : "ipv6";
  const list = new net.BlockList();
  list.addSubnet(text(network), prefix, family);
  expect(contains(network, prefix, address)).toBe(list.check(text(address), family));
}

describe("Cidr", () => {
  test.each([
    ["ipv4", ipv4, 32],
    ["ipv6", ipv6, 128],
  ] as const)("contains what node:net finds in the %s subnet", (_, addresses, width) => {
    const prefix = fc.integer({ min: 1, max: width });
    // A neighbour differs in one bit, so that the edge of the network is met.
    const bit = fc.integer({ min: 0, max: width - 1 });
    fc.assert(
      fc.property(addresses, prefix, bit, addresses, (network, length, flipped, other) => {
        const neighbour = Uint8Array.from(network);
        const byte = flipped >> 3;
        neighbour[byte] = (neighbour[byte] ?? 0) ^ (0x80 >> (flipped & 7));
        expectContains(network, length, neighbour);
        expectContains(network, length, other);
      }),
      { numRuns: 1000 },
    );
  });

  test("of prefix 0 contains every address of its family and none of the other", () => {
    fc.assert(
      fc.property(ipv4, ipv6, (short, long) => {
        expect(contains(Uint8Array.of(10, 0, 0, 0), 0, short)).toBe(true);
        expect(contains(Uint8Array.of(10, 0, 0, 0), 0, long)).toBe(false);
        expect(contains(long, 0, long)).toBe(true);
        expect(contains(long, 0, short)).toBe(false);
      }),
    );
  });

  test.each([
    ["10.1.2.3/24", "10.1.2.3/24", true],
    ["10.1.2.3/24", "10.1.2.4/24", false],
    ["10.1.2.3/24", "10.1.2.3/25", false],
    ["2001:db8::1/64", "2001:0db8:0::1/64", true],
    ["::ffff:10.1.2.3/120", "10.1.2.3/24", true],
    ["0.0.0.0/0", "::/0", false],
  ])("%s equals %s: %o", (a, b, expected) => {
    expect(probe.cidrEquals(probe.__newString(a), probe.__newString(b)) !== 0).toBe(expected);
  });
});
