import { describe, expect, test } from "vitest";
import { macvlanSchema, netConfSchema } from "../../host/schema/netconf.ts";
import { documentAt, documents } from "./documents.ts";
import { configOf, examples, macvlansOf, schemaOf } from "./samples.ts";

const inDocuments = documents.flatMap((document) =>
  document.json.map((sample, i) => [`${document.path}, JSON ${i + 1}`, sample as object] as const),
);
const all = [...examples, ...inDocuments].filter(([, sample]) => schemaOf(sample));
const knownKeys = new Set([
  ...Object.keys(macvlanSchema.shape),
  ...Object.keys(netConfSchema.shape),
]);

describe("a sample", () => {
  test.each(all)("%s is valid", (_, sample) => {
    expect(schemaOf(sample)?.safeParse(sample).error).toBeUndefined();
  });

  test.each(all)("%s has no key that macvlan does not know", (_, sample) => {
    for (const macvlan of macvlansOf(sample)) {
      for (const key of Object.keys(macvlan)) expect([...knownKeys]).toContain(key);
    }
  });
});

test.each(["README.md", "docs/configuration.md"])(
  "every JSON block of %s is recognised",
  (path) => {
    const { json } = documentAt(path);
    expect(json.length).toBeGreaterThan(1);
    expect(json.filter((sample) => !schemaOf(sample as object))).toEqual([]);
  },
);

describe("README.md", () => {
  const readme = documentAt("README.md");
  const lists = readme.json.filter((sample) => "plugins" in (sample as object));

  test("has a list for each runtime", () => expect(lists).toHaveLength(3));

  test.each(lists.map((list) => [list as object]))("shows a file of examples/: %j", (list) => {
    expect(examples.map(([, example]) => example)).toContainEqual(list);
  });

  test("shows the definition for Multus of examples/", () => {
    const [definition] = readme.fences.filter(({ text }) => text.includes("config: |"));
    const multus = examples.find(([path]) => path === "examples/multus/lan.yaml");
    expect(configOf(definition?.text ?? "")).toEqual(multus?.[1]);
  });
});
