import net from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { startPure } from "../probe/compile.ts";

interface NetProbe {
  ipBytes(text: number): number;
  ipText(address: number): number;
}

const probe = startPure<NetProbe>("net");

/** The bytes of an address as hexadecimal digits; empty if the text is none. */
function parse(text: string): string {
  const bytes = probe.__getArrayBuffer(probe.ipBytes(probe.__newString(text)));
  return Buffer.from(bytes).toString("hex");
}

function format(address: Uint8Array): string {
  return probe.__getString(probe.ipText(probe.__newArrayBuffer(Uint8Array.from(address).buffer)));
}

function reformat(text: string): string {
  return format(Buffer.from(parse(text), "hex"));
}

describe("parseIp", () => {
  test.each([
    ["0.0.0.0", "00000000"],
    ["10.1.2.3", "0a010203"],
    ["255.255.255.255", "ffffffff"],
    ["::", "00000000000000000000000000000000"],
    ["::1", "00000000000000000000000000000001"],
    ["1::", "00010000000000000000000000000000"],
    ["2001:db8::1", "20010db8000000000000000000000001"],
    ["2001:DB8::aBcD", "20010db800000000000000000000abcd"],
    ["2001:0db8:0000:0000:0000:0000:0000:0001", "20010db8000000000000000000000001"],
    ["1:2:3:4:5:6:7:8", "00010002000300040005000600070008"],
    ["1:2:3:4:5:6:7::", "00010002000300040005000600070000"],
    ["::2:3:4:5:6:7:8", "00000002000300040005000600070008"],
    ["1:2:3::5:6:7:8", "00010002000300000005000600070008"],
    ["64:ff9b::192.0.2.33", "0064ff9b0000000000000000c0000221"],
    ["1:2:3:4:5:6:1.2.3.4", "00010002000300040005000601020304"],
    ["::1.2.3.4", "00000000000000000000000001020304"],
    ["fe80::1", "fe800000000000000000000000000001"],
  ])("reads %s", (text, bytes) => {
    expect(parse(text)).toBe(bytes);
  });

  test.each([
    ["::ffff:10.1.2.3", "0a010203"],
    ["::FFFF:10.1.2.3", "0a010203"],
    ["::ffff:a01:203", "0a010203"],
    ["0:0:0:0:0:ffff:10.1.2.3", "0a010203"],
    ["::fffe:10.1.2.3", "00000000000000000000fffe0a010203"],
    ["1::ffff:10.1.2.3", "00010000000000000000ffff0a010203"],
    ["::1:ffff:10.1.2.3", "00000000000000000001ffff0a010203"],
    ["::fffe:ffff:10.1.2.3", "0000000000000000fffeffff0a010203"],
  ])("reads %s: only ::ffff:0:0/96 is IPv4", (text, bytes) => {
    expect(parse(text)).toBe(bytes);
  });

  test.each([
    "",
    " ",
    "10",
    "10.1.2",
    "10.1.2.3.4",
    "10.1.2.",
    ".1.2.3",
    "10..2.3",
    "10.1.2.256",
    "10.1.2.1000",
    "010.1.2.3",
    "10.1.2.03",
    "10.1.2.00",
    "10.1.2.+3",
    "10.1.2.-3",
    "10.1.2.0x3",
    "10.1.2.3 ",
    " 10.1.2.3",
    "10.1.2.3/24",
    "10.1.2.3%eth0",
    "١0.1.2.3",
    "localhost",
    ":",
    ":::",
    "1:",
    ":1",
    "::1:",
    ":1::",
    "1:::2",
    "1::2::3",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "::1:2:3:4:5:6:7:8",
    "1:2:3:4::5:6:7:8",
    "12345::",
    "g::",
    "+1::",
    "fe80::1%eth0",
    "fe80::1%",
    "[::1]",
    "::1/64",
    "::1.2.3",
    "::1.2.3.256",
    "::01.2.3.4",
    "::1.2.3.4:5",
    "1.2.3.4::",
    "1.2.3.4::1",
    "1:2.3.4.5::6",
    "1:2:3:4:5:6:7:1.2.3.4",
    "1:2:3:4:5:1.2.3.4",
    "::ffff:10.1.2.3%eth0",
  ])("refuses %o", (text) => {
    expect(parse(text)).toBe("");
  });

  test("accepts what node:net accepts, zones excepted", () => {
    const pieces = [
      "::",
      ":",
      ".",
      "0",
      "1",
      "ffff",
      "10",
      "255",
      "256",
      "01",
      "1.2.3.4",
      "%",
      "g",
    ];
    const text = fc
      .array(fc.constantFrom(...pieces), { minLength: 1, maxLength: 16 })
      .map((parts) => parts.join(""));
    const address = fc.oneof(fc.ipV4(), fc.ipV4Extended(), fc.ipV6(), text);
    fc.assert(
      fc.property(address, (candidate) => {
        expect(parse(candidate) !== "").toBe(net.isIP(candidate) > 0 && !candidate.includes("%"));
      }),
      { numRuns: 5000 },
    );
  });
});

describe("formatIp", () => {
  // RFC 5952, section 4
  test.each([
    ["2001:0db8::0001", "2001:db8::1"],
    ["2001:db8:0:0:0:0:2:1", "2001:db8::2:1"],
    ["2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"],
    ["2001:0:0:1:0:0:0:1", "2001:0:0:1::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"],
    ["2001:DB8::ABCD", "2001:db8::abcd"],
    ["0:0:0:0:0:0:0:0", "::"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["1:0:0:0:0:0:0:0", "1::"],
    ["0:0:1:0:0:0:0:0", "0:0:1::"],
    ["0:1:0:1:0:1:0:1", "0:1:0:1:0:1:0:1"],
    ["1:0:0:2:0:0:3:4", "1::2:0:0:3:4"],
    ["1:2:3:4:5:6:0:0", "1:2:3:4:5:6::"],
    ["0:0:3:4:5:6:7:8", "::3:4:5:6:7:8"],
    ["10.1.2.3", "10.1.2.3"],
    ["::ffff:10.1.2.3", "10.1.2.3"],
  ])("writes %s as %s", (text, canonical) => {
    expect(reformat(text)).toBe(canonical);
  });

  test("writes IPv6 as a URL does", () => {
    // Zero groups are frequent, so that every way of shortening comes up.
    const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const text = groups.map((value) => value.toString(16)).join(":");
        const bytes = Uint8Array.from(groups.flatMap((value) => [value >> 8, value & 0xff]));
        expect(format(bytes)).toBe(new URL(`http://[${text}]`).hostname.slice(1, -1));
      }),
      { numRuns: 2000 },
    );
  });

  test("writes what parseIp reads back", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
    );
    fc.assert(
      fc.property(bytes, (address) => {
        expect(parse(format(address))).toBe(Buffer.from(address).toString("hex"));
      }),
    );
  });
});
