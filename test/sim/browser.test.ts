import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const host = fileURLToPath(new URL("../../host/", import.meta.url));

/** The files that host/sim/index.ts loads, itself included. */
function loaded(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  const source = readFileSync(file, "utf8");
  for (const [, path = ""] of source.matchAll(
    /^(?:import|export) (?!type).*? from "(\.[^"]+)"/gms,
  )) {
    loaded(fileURLToPath(new URL(path, `file://${file}`)), seen);
  }
  return seen;
}

const files = [...loaded(`${host}sim/index.ts`)];

test("the simulated machine is loaded whole", () => {
  const own = readdirSync(`${host}sim`, { recursive: true, encoding: "utf8" });
  const missing = own
    .filter((file) => file.endsWith(".ts"))
    .filter((file) => !files.includes(`${host}sim/${file}`));
  expect(missing).toEqual([]);
});

test.each(files)("%s needs nothing that a browser lacks", (file) => {
  const source = readFileSync(file, "utf8");
  const packages = [...source.matchAll(/ from "([^."][^"]*)"/g)].map(([, name]) => name);
  expect(packages.filter((name) => name !== "@assemblyscript/loader")).toEqual([]);
  expect(source).not.toMatch(/\b(Buffer|process\.(env|argv|exit)|require|__dirname)\b/);
});

test("nothing of the core's own codec is used", () => {
  const foreign = files.flatMap((file) => [
    ...readFileSync(file, "utf8").matchAll(/ from "([^"]*assembly\/[^"]*)"/g),
  ]);
  const allowed = /assembly\/(linux\/|sys\/host\.ts)/;
  expect(foreign.map(([, path]) => path).filter((path) => !allowed.test(path ?? ""))).toEqual([]);
});
