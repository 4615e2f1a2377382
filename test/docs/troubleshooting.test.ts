import { describe, expect, test } from "vitest";
import { documentAt, filesBelow, readText } from "./documents.ts";

const path = "docs/troubleshooting.md";
const { anchors } = documentAt(path);

/** The anchors that files name: texts in quotes of words with dashes between. */
function namedIn(files: readonly string[]): Set<string> {
  const hits = files.flatMap((file) => [
    ...readText(file).matchAll(/"([a-z0-9_]+(?:-[a-z0-9_]+)+)"/g),
  ]);
  return new Set(hits.map(([, anchor = ""]) => anchor));
}

/** Those that the core's errors and warnings lead to. */
const sources = filesBelow("assembly", ".ts").filter((file) =>
  /\bsee\(|new Flaw\(/.test(readText(file)),
);
const printed = namedIn(sources);
/** Those of the causes. The first heading is the page's title. */
const documented = [...anchors].slice(1);

test("the core leads to many causes", () => expect(printed.size).toBeGreaterThan(25));

describe("what the core leads to is explained:", () => {
  test.each([...printed])("%s", (anchor) => expect(documented).toContain(anchor));
});

describe("what is explained is what the core leads to, and is brought about in a test:", () => {
  const tests = ["core/causes", "live/causes", "live/host-access"]
    .map((name) => readText(`test/${name}.test.ts`))
    .join();

  test.each(documented)("%s", (anchor) => {
    expect([...printed]).toContain(anchor);
    expect(tests).toMatch(new RegExp(`["#]${anchor}\\b`));
  });
});

test("each cause says how to see it, and what to do", () => {
  for (const part of readText(path).split(/^## /m).slice(1)) {
    expect(part, part.split("\n")[0]).toMatch(/\*\*Cure\.\*\*/);
    expect(part, part.split("\n")[0]).toMatch(/code \d+|standard error/i);
  }
});
