// Compiles assembly/ to WebAssembly (asconfig.json), unless nothing has changed since the last
// time.
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import asc from "assemblyscript/asc";
import { replaceFile } from "./files.mjs";
import { joinSegments } from "./segments.mjs";

const ENTRY = "assembly/index.ts";

/**
 * @param {"release" | "debug"} target one of the targets of asconfig.json
 * @returns {Promise<boolean>} false if the last result is still good
 * @throws {Error} if the compiler refuses; it has then said why on standard error
 */
export async function compileCore(target) {
  const { outFile } = JSON.parse(fs.readFileSync("asconfig.json", "utf8")).targets[target];
  const stamp = `${outFile}.stamp`;
  const sources = digestOfSources();
  if (fs.existsSync(outFile) && readIfThere(stamp) === sources) return false;
  fs.rmSync(stamp, { force: true });
  const { error } = await asc.main([ENTRY, "--target", target], {
    stdout: process.stdout,
    stderr: process.stderr,
    writeFile: (name, contents, baseDir) => {
      // Only what Binaryen has optimized is cut apart; a source map would no longer fit.
      const isCut = target === "release" && name.endsWith(".wasm");
      replaceFile(path.resolve(baseDir, name), isCut ? joinSegments(contents) : contents);
    },
  });
  if (error) throw new Error(`${ENTRY}: ${error.message}`);
  replaceFile(stamp, sources);
  return true;
}

function digestOfSources() {
  const hash = createHash("sha256").update(asc.version);
  const files = fs.readdirSync("assembly", { recursive: true }).filter((f) => f.endsWith(".ts"));
  for (const file of [
    "asconfig.json",
    "scripts/segments.mjs",
    ...files.map((f) => path.join("assembly", f)).sort(),
  ]) {
    hash.update(`\0${file}\0`).update(fs.readFileSync(file));
  }
  return hash.digest("hex");
}

function readIfThere(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
}
