import { describe, expect, test } from "vitest";
import { confListSchema } from "../../host/schema/index.ts";
import { checkExamples } from "./examples.ts";

const macvlan = { type: "macvlan", master: "eth0", ipam: { type: "dhcp" } };
const list = { cniVersion: "1.1.0", name: "net1", plugins: [macvlan] };

describe("a network configuration list", () => {
  checkExamples(
    "conflist.schema.json",
    confListSchema,
    [
      ["one plugin", list],
      ["a chain", { ...list, plugins: [macvlan, { type: "tuning", sysctl: {} }] }],
      ["several versions", { ...list, cniVersions: ["1.0.0", "1.1.0"] }],
      ["flags", { ...list, disableCheck: "True", disableGC: false, loadOnlyInlinedPlugins: true }],
      ["an unknown key", { ...list, comment: "x" }],
    ],
    [
      ["no plugin", { ...list, plugins: [] }],
      ["no list", { cniVersion: "1.1.0", name: "net1" }],
      ["no version", { name: "net1", plugins: [macvlan] }],
      ["no name", { cniVersion: "1.1.0", plugins: [macvlan] }],
      ["a plugin without type", { ...list, plugins: [macvlan, {}] }],
      ["a bad macvlan", { ...list, plugins: [{ ...macvlan, mode: "macvtap" }] }],
      ["a bad flag", { ...list, disableGC: "yes" }],
    ],
  );
});

test("macvlan is in the chain", () => {
  const plugins = [{ type: "bridge" }];
  expect(confListSchema.safeParse({ ...list, plugins }).success).toBe(false);
});
