import { expect, test } from "vitest";
import { readText } from "./documents.ts";

// That what is linked is there proves test/docs/links.test.ts.

/** The rows of the tables: what it is about, what is said of ours, and by what that is proven. */
const rows = [
  ...readText("docs/comparison.md").matchAll(/^\| ([^|]+) \| ([^|]+) \| ([^|]*) \|/gm),
].filter(([, feature = ""]) => !/^-+$/.test(feature));

test("there are rows", () => expect(rows.length).toBeGreaterThan(40));

test.each(rows.map(([, ...cells]) => cells))("%s: %s is proven", (_, ours = "", proof = "") => {
  // What ours has not, or leaves to another plugin, nobody can prove.
  if (/^(no|by another IPAM plugin)$/.test(ours.trim())) expect(proof.trim()).toBe("");
  else expect(proof).toMatch(/\]\(\.\.\/test\//);
});
