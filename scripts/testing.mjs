// What the package exports: the simulated machine with the core (./testing), and without it for
// those who load the core themselves, as in a browser (./sim).
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import esbuild from "esbuild";
import { replaceFile } from "./files.mjs";

const DIRECTORY = "build/testing";
const TYPES = `${DIRECTORY}/types`;
/** What each export is made of; package.json names the results. */
const ENTRIES = { testing: "host/testing/index.ts", sim: "host/sim/index.ts" };

/** build/testing: modules and their declarations. */
export async function bundleTesting() {
  fs.rmSync(DIRECTORY, { recursive: true, force: true });
  await esbuild.build({
    entryPoints: ENTRIES,
    outdir: DIRECTORY,
    bundle: true,
    splitting: true,
    platform: "browser",
    external: ["node:fs"],
    format: "esm",
    target: "es2023",
    logLevel: "warning",
  });
  // build/package.json says that all below it is CommonJS
  replaceFile(`${DIRECTORY}/package.json`, `${JSON.stringify({ type: "module" })}\n`);
  declareTypes();
}

/** The declarations of the entries, and of what they need. */
function declareTypes() {
  const typescript = createRequire(import.meta.url).resolve("typescript/package.json");
  const { bin } = JSON.parse(fs.readFileSync(typescript, "utf8"));
  const compiler = path.join(path.dirname(typescript), bin.tsc);
  execFileSync(process.execPath, [compiler, "-p", "tsconfig.testing.json"], { stdio: "inherit" });
  const needed = new Set();
  for (const entry of Object.values(ENTRIES)) follow(`${TYPES}/${declarationOf(entry)}`, needed);
  for (const file of fs.readdirSync(TYPES, { recursive: true })) {
    const declaration = path.join(TYPES, file);
    if (file.endsWith(".d.ts") && !needed.has(declaration)) fs.rmSync(declaration);
  }
}

function declarationOf(source) {
  return source.replace(/\.ts$/, ".d.ts");
}

function follow(declaration, seen) {
  if (seen.has(path.normalize(declaration))) return;
  seen.add(path.normalize(declaration));
  for (const [, source] of fs.readFileSync(declaration, "utf8").matchAll(/ from "(\.[^"]+)"/g)) {
    follow(path.join(path.dirname(declaration), declarationOf(source)), seen);
  }
}
