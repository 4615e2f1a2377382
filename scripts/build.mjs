// npm run build: everything under build/. With --debug the core for development as well; with
// --schema only the JSON Schemas in schema/.
import fs from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";
import { bundleExecutable, bundleTool } from "./bundle.mjs";
import { compileCore } from "./core.mjs";
import { bundleTesting } from "./testing.mjs";

const TOOLS = ["demo", "bench", "replay", "soak"];

process.chdir(path.join(import.meta.dirname, ".."));

try {
  await (process.argv.includes("--schema") ? writeSchemas() : build());
} catch (error) {
  console.error(`build: ${error.message}`);
  process.exitCode = 1;
}

async function build() {
  await compileCore("release");
  if (process.argv.includes("--debug")) await compileCore("debug");
  await bundleExecutable();
  await bundleTesting();
  for (const tool of TOOLS) {
    const entry = `${tool}/main.ts`;
    if (fs.existsSync(entry)) await bundleTool(entry, `build/${tool}/main.mjs`);
  }
}

/**
 * host/schema/generate.ts exports `generate()`: the name of each file and the JSON Schema in it.
 */
async function writeSchemas() {
  const generator = path.resolve("build/schema/generate.mjs");
  await bundleTool("host/schema/generate.ts", generator);
  const { generate } = await import(pathToFileURL(generator).href);
  fs.mkdirSync("schema", { recursive: true });
  for (const [name, schema] of Object.entries(generate())) {
    fs.writeFileSync(path.join("schema", name), `${JSON.stringify(schema, null, 2)}\n`);
  }
}
