import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../../lab/paths.ts";
import { type Document, documents, filesBelow, type Link, readText } from "./documents.ts";

const ours = documents.flatMap((document) =>
  document.links
    .filter(({ target }) => !/^https?:/.test(target))
    .map((link) => ({ document, link, name: `${document.path}: ${link.target}` })),
);

/** The file that a link leads to, and the anchor in it. */
function resolve(document: Document, { target }: Link): { path: string; anchor: string } {
  const [file = "", anchor = ""] = target.split("#");
  return { path: file === "" ? document.path : join(document.path, "..", file), anchor };
}

describe("a link leads somewhere:", () => {
  test.each(ours)("$name", ({ document, link }) => {
    const { path, anchor } = resolve(document, link);
    expect(existsSync(join(root, path)), path).toBe(true);
    if (anchor === "") return;
    const target = documents.find((other) => other.path === path);
    expect([...(target?.anchors ?? [])]).toContain(anchor);
  });
});

describe("what a link into the code names is there:", () => {
  const named = ours.filter(
    ({ link }) => /^`[\w.]+`$/.test(link.text) && link.target.endsWith(".ts"),
  );

  test("there are such links", () => expect(named.length).toBeGreaterThan(20));

  test.each(named)("$link.text in $link.target", ({ document, link }) => {
    const source = readText(resolve(document, link).path);
    for (const name of link.text.replaceAll("`", "").split(".")) {
      expect(source).toMatch(new RegExp(`\\b${name}\\b`));
    }
  });
});

describe("a drawing", () => {
  const shown = new Set(ours.map(({ document, link }) => resolve(document, link).path));

  test.each(filesBelow("docs", ".svg"))(
    "%s is shown, described, and drawn for the dark",
    (path) => {
      expect([...shown]).toContain(path);
      const drawing = readText(path);
      expect(drawing).toContain("<desc ");
      expect(drawing).toContain("prefers-color-scheme: dark");
    },
  );
});
