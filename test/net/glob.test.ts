import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { startPure } from "../probe/compile.ts";

interface NetProbe {
  isPattern(text: number): number;
  patternMatches(pattern: number, text: number): number;
}

const probe = startPure<NetProbe>("net");
const text = (value: string) => probe.__newString(value);
const matches = (pattern: string, value: string) =>
  probe.patternMatches(text(pattern), text(value)) !== 0;

test.each(["ens*", "ens?", "ens[0-9]", "*", "["])("%s is a pattern", (value) => {
  expect(probe.isPattern(text(value))).toBe(1);
});

test.each(["ens5", "", "ens5]", "02:00:00:00:00:01"])("%o is none", (value) => {
  expect(probe.isPattern(text(value))).toBe(0);
});

describe("a pattern", () => {
  test.each([
    ["ens*", "ens5"],
    ["ens*", "ens"],
    ["*", ""],
    ["*5", "ens55"],
    ["e*s*5*", "ens5"],
    ["**s*", "ens"],
    ["ens?", "ens5"],
    ["ens[0-46]", "ens6"],
    ["ens[0-46]", "ens3"],
    ["ens[!0-46]", "ens5"],
    ["ens[^0-46]", "ens5"],
    ["ens[]a]", "ens]"],
    ["ens[!]a]", "ensb"],
    ["ens[a-]", "ens-"],
    ["ens[", "ens["],
    ["ens[5", "ens[5"],
    ["ens[!", "ens[!"],
    ["[*]", "*"],
    ["ens5", "ens5"],
  ])("%s matches %s", (pattern, value) => expect(matches(pattern, value)).toBe(true));

  test.each([
    ["ens*", "eth0"],
    ["ens*", "xens5"],
    ["ens?", "ens"],
    ["ens?", "ens55"],
    ["ens[0-46]", "ens5"],
    ["ens[!0-46]", "ens6"],
    ["ens[!0-46]", "ens"],
    ["ens[]a]", "ens"],
    ["*5", "ens56"],
    ["ens[5", "ens5"],
    ["[*]", "ens5"],
    ["", "ens5"],
    ["ENS*", "ens5"],
  ])("%s does not match %s", (pattern, value) => expect(matches(pattern, value)).toBe(false));

  test("means what the same regular expression means", () => {
    const parts: readonly (readonly [string, string])[] = [
      ["*", ".*"],
      ["?", "."],
      ["[a-c]", "[a-c]"],
      ["[!b]", "[^b]"],
      ["[b-]", "[b-]"],
      ["a", "a"],
      ["b", "b"],
      ["0", "0"],
    ];
    const pattern = fc.array(fc.constantFrom(...parts), { maxLength: 8 });
    const value = fc.string({ unit: fc.constantFrom("a", "b", "c", "0", "-"), maxLength: 10 });
    fc.assert(
      fc.property(pattern, value, (list, name) => {
        const regular = new RegExp(`^${list.map(([, expression]) => expression).join("")}$`);
        expect(matches(list.map(([part]) => part).join(""), name)).toBe(regular.test(name));
      }),
      { numRuns: 2000 },
    );
  });

  test("of many stars takes no time", () => {
    expect(matches(`${"*a".repeat(60)}b`, "a".repeat(120))).toBe(false);
  });
});
