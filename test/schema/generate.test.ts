import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { generate } from "../../host/schema/generate.ts";

const folder = fileURLToPath(new URL("../../schema/", import.meta.url));

test("the committed JSON Schema files are those that the schemas make (npm run schema)", () => {
  const committed = Object.fromEntries(
    readdirSync(folder).map((file) => [file, JSON.parse(readFileSync(folder + file, "utf8"))]),
  );
  expect(committed).toEqual(JSON.parse(JSON.stringify(generate())));
});

/** Every key of every object of a JSON Schema with the path to it, `additionalProperties` aside. */
function* keys(node: unknown, path: string): Generator<[string, Record<string, unknown>]> {
  if (typeof node !== "object" || node === null) return;
  for (const [name, value] of Object.entries(node)) {
    const here = `${path}/${name}`;
    if (path.endsWith("/properties")) yield [here, value as Record<string, unknown>];
    yield* keys(value, here);
  }
}

test.each(Object.keys(generate()))("%s explains every key", (file) => {
  const unexplained = [...keys(generate()[file], "")]
    .filter(([, value]) => value.description === undefined && value.const === undefined)
    .map(([path]) => path);
  expect(unexplained).toEqual([]);
});

test("nothing that a runtime calls loads the schemas", () => {
  const host = fileURLToPath(new URL("../../host/", import.meta.url));
  const importers = readdirSync(host)
    .filter((file) => file.endsWith(".ts"))
    .filter((file) => /from "(\.\/schema\/|zod)/.test(readFileSync(host + file, "utf8")));
  expect(importers).toEqual([]);
});
