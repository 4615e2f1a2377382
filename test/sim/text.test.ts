import { isIP } from "node:net";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatIp, formatMac, maskBits, parseIp, parseMac } from "../../host/sim/text.ts";

describe("addresses", () => {
  test.each([
    ["10.0.0.1", [10, 0, 0, 1]],
    ["::", Array(16).fill(0)],
    ["::1", [...Array(15).fill(0), 1]],
    ["2001:db8::5", [0x20, 1, 0xd, 0xb8, ...Array(11).fill(0), 5]],
    ["1:0:0:2::3", [0, 1, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3]],
    ["fe80::", [0xfe, 0x80, ...Array(14).fill(0)]],
    ["1:0:2:3:4:5:6:7", [0, 1, 0, 0, 0, 2, 0, 3, 0, 4, 0, 5, 0, 6, 0, 7]],
  ])("%s", (text, bytes) => {
    expect([...parseIp(text)]).toEqual(bytes);
    expect(formatIp(Uint8Array.from(bytes))).toBe(text);
  });

  test.each(["", "1.2.3", "1.2.3.256", "1:2", ":::", "1::2::3", "g::", "1:2:3:4:5:6:7:8:9"])(
    "%j is none",
    (text) => {
      expect(() => parseIp(text)).toThrow("not an IP address");
    },
  );

  test("what is printed is an address, and the same one", () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 4, maxLength: 4 }),
      fc.uint8Array({ minLength: 16, maxLength: 16 }),
      fc.array(fc.constantFrom(0, 0, 1), { minLength: 16, maxLength: 16 }).map((list) => {
        return Uint8Array.from(list);
      }),
    );
    fc.assert(
      fc.property(bytes, (address) => {
        expect(isIP(formatIp(address))).toBe(address.length === 4 ? 4 : 6);
        expect(parseIp(formatIp(address))).toEqual(address);
      }),
    );
  });
});

test("MAC addresses", () => {
  expect([...parseMac("02:aB:00:00:00:ff")]).toEqual([2, 0xab, 0, 0, 0, 255]);
  expect(formatMac(Uint8Array.of(2, 0xab, 0, 0, 0, 255))).toBe("02:ab:00:00:00:ff");
  expect(() => parseMac("02:ab")).not.toThrow();
  expect(() => parseMac("02-ab")).toThrow("not a MAC");
});

test("masks", () => {
  const bytes = Uint8Array.of(255, 255, 255, 255);
  expect([...maskBits(bytes, 0)]).toEqual([0, 0, 0, 0]);
  expect([...maskBits(bytes, 17)]).toEqual([255, 255, 128, 0]);
  expect([...maskBits(bytes, 32)]).toEqual([255, 255, 255, 255]);
});
