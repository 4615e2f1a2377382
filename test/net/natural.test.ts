import fc from "fast-check";
import { expect, test } from "vitest";
import { startPure } from "../probe/compile.ts";

interface NetProbe {
  naturalOrder(a: number, b: number): number;
}

const probe = startPure<NetProbe>("net");
const order = (a: string, b: string) =>
  probe.naturalOrder(probe.__newString(a), probe.__newString(b));

test.each([
  ["ens2", "ens10"],
  ["ens5", "ens5.100"],
  ["ens5", "ens6"],
  ["ens", "ens0"],
  ["enp2s10", "enp10s2"],
  ["enp2s2", "enp2s10"],
  ["eth0", "eth00"],
  ["eth007", "eth8"],
  ["eth100", "eth1000"],
  ["eth105", "eth150"],
  ["bond0", "eth0"],
  ["9", "a"],
  ["x99999999999999999999998", "x99999999999999999999999"],
])("%s comes before %s", (first, second) => {
  expect(order(first, second)).toBe(-1);
  expect(order(second, first)).toBe(1);
});

test("is an order: of names with one number each that of the numbers", () => {
  const number = fc.bigInt({ min: 0n, max: 10n ** 20n });
  fc.assert(
    fc.property(number, number, (a, b) => {
      expect(order(`e${a}x`, `e${b}x`)).toBe(a < b ? -1 : a > b ? 1 : 0);
    }),
  );
});

test("is an order: no two names are alike, and there is no circle", () => {
  const name = fc.string({ unit: fc.constantFrom("0", "1", "2", "a"), maxLength: 6 });
  fc.assert(
    fc.property(name, name, name, (a, b, c) => {
      expect(order(a, b)).toBe(a === b ? 0 : -order(b, a));
      if (a !== b) expect(order(a, b)).not.toBe(0);
      if (order(a, b) < 0 && order(b, c) < 0) expect(order(a, c)).toBe(-1);
    }),
    { numRuns: 2000 },
  );
});
