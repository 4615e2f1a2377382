import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { startPure } from "../probe/compile.ts";

interface NetProbe {
  order(a: number, b: number): number;
  toNext(ip: number): void;
  toPrevious(ip: number): void;
  count(start: number, end: number): bigint;
}

const probe = startPure<NetProbe>("net");

/** The number that a hexadecimal address stands for; the core reads bytes, BigInt the digits. */
const numberOf = (hex: string) => BigInt(`0x${hex}`);
const textOf = (value: bigint, digits: number) =>
  BigInt.asUintN(digits * 4, value)
    .toString(16)
    .padStart(digits, "0");

function place(hex: string): number {
  return probe.__newArrayBuffer(Uint8Array.from(Buffer.from(hex, "hex")).buffer);
}

const order = (a: string, b: string) => Math.sign(probe.order(place(a), place(b)));
const count = (start: string, end: string) =>
  BigInt.asUintN(64, probe.count(place(start), place(end)));

function moved(move: (ip: number) => void, hex: string): string {
  const pointer = place(hex);
  move(pointer);
  return Buffer.from(probe.__getArrayBuffer(pointer)).toString("hex");
}

/** Addresses with many bytes of 0 and 0xff, where carries happen. */
function addresses(length: number): fc.Arbitrary<string> {
  const byte = fc.oneof(fc.constantFrom(0, 1, 0x7f, 0x80, 0xfe, 0xff), fc.nat({ max: 255 }));
  return fc
    .array(byte, { minLength: length, maxLength: length })
    .map((bytes) => Buffer.from(bytes).toString("hex"));
}

describe.each([
  ["IPv4", 4],
  ["IPv6", 16],
])("an %s address is a number", (_, length) => {
  const any = addresses(length);
  const digits = length * 2;

  test("compared", () => {
    fc.assert(
      fc.property(any, any, (a, b) => {
        const [x, y] = [numberOf(a), numberOf(b)];
        expect(order(a, b)).toBe(x < y ? -1 : x > y ? 1 : 0);
        expect(order(a, a)).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  test("counted up and down, round the end", () => {
    fc.assert(
      fc.property(any, (ip) => {
        expect(moved(probe.toNext, ip)).toBe(textOf(numberOf(ip) + 1n, digits));
        expect(moved(probe.toPrevious, ip)).toBe(textOf(numberOf(ip) - 1n, digits));
      }),
    );
    const [first, last] = ["00".repeat(length), "ff".repeat(length)];
    expect(moved(probe.toNext, last)).toBe(first);
    expect(moved(probe.toPrevious, first)).toBe(last);
  });

  test("subtracted", () => {
    const distance = fc.bigInt({ min: 0n, max: length === 4 ? 2n ** 32n - 1n : 2n ** 62n });
    fc.assert(
      fc.property(any, distance, (ip, far) => {
        const last = 2n ** BigInt(length * 8) - 1n;
        const start = numberOf(ip) > last - far ? last - far : numberOf(ip);
        const end = textOf(start + far, digits);
        expect(count(textOf(start, digits), end)).toBe(far + 1n);
      }),
      { numRuns: 1000 },
    );
  });
});

test("IPv4 is before IPv6", () => {
  expect(order("ffffffff", "00".repeat(16))).toBe(-1);
  expect(order("00".repeat(16), "ffffffff")).toBe(1);
});

describe("the number of addresses", () => {
  const zero = "00".repeat(16);
  const max = 2n ** 64n - 1n;

  test.each([
    [1n, 1n],
    [2n ** 32n, 2n ** 32n],
    [2n ** 62n, 2n ** 62n],
    [2n ** 64n, max],
    [2n ** 64n + 1n, max],
    [2n ** 120n, max],
    [2n ** 128n, max],
  ])("of %s is told as %s", (size, told) => {
    expect(count(zero, textOf(size - 1n, 32))).toBe(told);
  });
});
