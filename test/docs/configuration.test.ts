import { describe, expect, test } from "vitest";
import { Sim } from "../../host/sim/index.ts";
import { generate } from "../../host/schema/generate.ts";
import { config, core, POD } from "../core/core.ts";
import { documentAt, filesBelow, readText } from "./documents.ts";

const path = "docs/configuration.md";
const text = readText(path);
const { codes, json } = documentAt(path);

/** The names of all keys in a JSON Schema. */
function keysOf(schema: unknown): string[] {
  if (schema === null || typeof schema !== "object") return [];
  const own = "properties" in schema ? Object.keys(schema.properties as object) : [];
  return [...own, ...Object.values(schema).flatMap(keysOf)];
}

/** What a pattern finds in files: its first group. */
function found(files: readonly string[], pattern: RegExp): string[] {
  const hits = files.flatMap((file) => [...readText(file).matchAll(pattern)]);
  return [...new Set(hits.map(([, hit = ""]) => hit))].sort();
}

describe("every key of the schemas is explained:", () => {
  const { "netconf.schema.json": netconf, "conflist.schema.json": conflist } = generate();
  const keys = [...new Set([...keysOf(netconf), ...keysOf(conflist)])];

  test("there are keys", () => expect(keys.length).toBeGreaterThan(30));

  test.each(keys)("%s", (key) => {
    const isNamed = (code: string) => code === key || code.split(/[^\w-]+/).includes(key);
    expect(codes.some(isNamed)).toBe(true);
  });
});

describe("every error code of the core is explained:", () => {
  const source = found(["assembly/cni/error.ts"], /^export const [A-Z_]+: i32 = (\d+);/gm);
  const rows = [...text.matchAll(/^\| (\d+) \| [^|]+ \| [^|]+ \|$/gm)].map(([, code]) => code);

  test("there are codes", () => expect(source.length).toBeGreaterThan(15));

  test.each(source)("%s", (code) => expect(rows).toContain(code));

  test("and no other", () =>
    expect(rows.filter((code) => !source.includes(`${code}`))).toEqual([]));
});

describe("every environment variable that is read is explained:", () => {
  const variables = [
    ...found(filesBelow("assembly", ".ts"), /getenv\("(\w+)"\)/g),
    ...found(filesBelow("host", ".ts"), /process\.env\.((?:CNI_)?MACVLAN_\w+)/g),
    ...found(filesBelow("scripts", ".mjs"), /\$(MACVLAN_\w+)/g),
  ];

  test("there are some of each", () => {
    expect(variables).toEqual(
      expect.arrayContaining(["CNI_COMMAND", "CNI_MACVLAN_TRACE", "MACVLAN_NODE"]),
    );
  });

  test.each(variables)("%s", (name) => {
    expect(codes.some((code) => code.split("=")[0] === name)).toBe(true);
  });
});

test("the error in the text is one that the core prints", () => {
  const [sample] = json.filter((value) => "msg" in (value as object));
  const sim = new Sim();
  sim.addNetns(POD);
  sim.addMaster("ens5", { controller: sim.addMaster("br0", { kind: "bridge" }) });
  const outcome = sim.run(core, { ifname: "eth0", config: config({ master: "ens5" }) });
  expect(outcome.json).toEqual(sample);
});
