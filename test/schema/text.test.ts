import { isIP } from "node:net";
import fc from "fast-check";
import { expect, test } from "vitest";
import { cidr, identifier, ifname, ip } from "../../host/schema/text.ts";

test("every address that fast-check makes is one", () => {
  fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (text) => ip.safeParse(text).success));
});

test("what is an address is decided as by Node", () => {
  const part = fc.constantFrom(":", "::", "0", "1", "ffff", "10.0.0.1", "256", ".", "01", "g", "");
  const text = fc.array(part, { maxLength: 12 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(text, (candidate) => {
      expect(ip.safeParse(candidate).success).toBe(isIP(candidate) !== 0);
    }),
    { numRuns: 2000 },
  );
});

test("the prefix length fits the family", () => {
  const lengths = (address: string) =>
    Array.from({ length: 200 }, (_, n) => n).filter(
      (n) => cidr.safeParse(`${address}/${n}`).success,
    );
  expect(lengths("10.0.0.1")).toHaveLength(33);
  expect(lengths("::1")).toHaveLength(129);
  expect(cidr.safeParse("10.0.0.1/").success).toBe(false);
  expect(cidr.safeParse("10.0.0.1/08").success).toBe(false);
});

test.each(["", ".", "..", "a/b", "a:b", "a b", "a\u0085", "a\u2003", "sixteen-letters-"])(
  "%j is no interface name",
  (name) => {
    expect(ifname.safeParse(name).success).toBe(false);
  },
);

test("names are taken whole", () => {
  expect(identifier.safeParse("ok\n").success).toBe(false);
  expect(ifname.safeParse("fifteen-letters").success).toBe(true);
});
