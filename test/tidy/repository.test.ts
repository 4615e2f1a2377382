import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { expect, test } from "vitest";
import { trackedFiles } from "./sources.ts";

const read = (file: string) => fs.readFileSync(file, "utf8");

test("the version is the same in package.json and in the core", () => {
  const version = /PLUGIN_VERSION[^"]*"([^"]+)"/.exec(read("assembly/cni/version.ts"))?.[1];
  expect(version).toBe(JSON.parse(read("package.json")).version);
});

test("package-lock.json says nothing about where packages came from", () => {
  expect(read("package-lock.json")).not.toContain('"resolved"');
});

/** Where a text of a tracked file is one that belongs to a machine. */
function findInFiles(pattern: RegExp): string[] {
  return trackedFiles().flatMap((file) =>
    read(file)
      .split("\n")
      .flatMap((line, i) => (pattern.test(line) ? [`${file}:${i + 1}: ${line.slice(0, 80)}`] : [])),
  );
}

const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

const homes = /(?<![\w.*~-])\/(?:root|home\/\w+|Users\/\w+|work|workspace|mnt\/\w+)\/[\w.-]/;
const registries =
  /\b(?:registry|npm|proxy|mirror|artifactory|nexus)\.[\w-]+\.[\w.-]*\w|npmrc.*\/\/\w/;

test("no tracked file has a path of somebody's machine", () => {
  expect(findInFiles(homes)).toEqual([]);
  const here = new RegExp(`${escaped(process.cwd())}(?![\\w-])`);
  expect(findInFiles(here)).toEqual([]);
});

test("no tracked file names a package registry", () => {
  expect(findInFiles(registries)).toEqual([]);
  const configured = execFileSync("npm", ["config", "get", "registry"], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  expect(findInFiles(new RegExp(escaped(new URL(configured.trim()).host)))).toEqual([]);
});

test("paths and registries are told from other words", () => {
  // Put together here, or this file would be found itself.
  const path = (...names: string[]) => ["", ...names].join("/");
  const host = (...names: string[]) => names.join(".");
  for (const bad of [path("root", "x"), path("home", "me", "x"), path("Users", "me", "x")]) {
    expect([`see ${bad}`, homes.test(`see ${bad}`)]).toEqual([`see ${bad}`, true]);
  }
  for (const bad of [host("registry", "npmjs", "org"), host("npm", "example", "com")]) {
    expect([bad, registries.test(`https://${bad}/`)]).toEqual([bad, true]);
  }
  for (const good of ["test/root/x", "~/src/x", "/run/netns/x", "npm run build", "registry"]) {
    expect([good, homes.test(good) || registries.test(good)]).toEqual([good, false]);
  }
});
