import { expect, test } from "vitest";
import { startPure } from "../probe/compile.ts";

const probe = startPure<{ hash(text: number): bigint }>("net");

// The published vectors of FNV-1a, 64 bits.
test.each([
  ["", 0xcbf29ce484222325n],
  ["a", 0xaf63dc4c8601ec8cn],
  ["foobar", 0x85944171f73967e8n],
])("the hash of %o is %s", (text, expected) => {
  expect(BigInt.asUintN(64, probe.hash(probe.__newString(text)))).toBe(expected);
});

test("two orders of the same letters have different hashes", () => {
  const hashes = ["abc", "acb", "bac", "bca", "cab", "cba"].map((text) =>
    probe.hash(probe.__newString(text)),
  );
  expect(new Set(hashes).size).toBe(6);
});
