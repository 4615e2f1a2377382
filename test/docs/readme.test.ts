import { describe, expect, test } from "vitest";
import { documentAt, readText } from "./documents.ts";

const { scripts, engines } = JSON.parse(readText("package.json"));
const readme = documentAt("README.md");
const shell = readme.fences.filter(({ language }) => language === "sh").map(({ text }) => text);

describe("README.md", () => {
  test("begins with the two lines", () => {
    expect(shell[0]).toBe("npm ci && npm run demo\nnpm ci && npm test\n");
  });

  test("can be followed: the lock file has every package that `npm ci` looks for", () => {
    const { packages } = JSON.parse(readText("package-lock.json"));
    const named = Object.values<Record<string, object>>(packages).flatMap(
      ({ dependencies, optionalDependencies }) =>
        Object.keys({ ...dependencies, ...optionalDependencies }),
    );
    const locked = Object.keys(packages).map((path) => path.replace(/^.*node_modules\//, ""));
    expect(named.filter((name) => !locked.includes(name))).toEqual([]);
  });

  test("names only commands that package.json has", () => {
    const commands = [...shell.join("").matchAll(/npm (?:run )?([\w:]+)/g)].map(([, name]) => name);
    expect(commands).toContain("demo");
    for (const name of commands) if (name !== "ci") expect(Object.keys(scripts)).toContain(name);
  });

  test("says which Node is needed", () => {
    const [version] = /\d+\.\d+/.exec(engines.node) ?? [];
    expect(readText("README.md")).toContain(`Node ${version}`);
  });
});

test.each(["README.md", "docs/architecture.md", "docs/layers.svg"])(
  "%s counts the imports of the core",
  (path) => {
    const imports = readText("assembly/sys/host.ts").match(/^export declare function/gm) ?? [];
    expect(readText(path)).toMatch(new RegExp(`\\b${imports.length} (imported )?functions\\b`));
  },
);

test("CHANGELOG.md has the version of package.json", () => {
  const { version } = JSON.parse(readText("package.json"));
  expect(readText("CHANGELOG.md")).toContain(`## [${version}]`);
});
