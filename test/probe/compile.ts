import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { type ASUtil, instantiateSync } from "@assemblyscript/loader";

const OUT = "build/probe";

/**
 * Compiles an AssemblyScript module of this folder with the options that the core is compiled with
 * (asconfig.json), but not optimised and with assertions. It must import assembly/abort.ts.
 *
 * @param name of the file, without `.ts`.
 * @returns the path of the WebAssembly module.
 * @throws {Error} with the compiler's words.
 */
export function compileProbe(name: string): string {
  // Named by what it was made from: compiled once, for all test files, until a source changes.
  const file = path.join(OUT, `${name}-${digestOfSources()}.wasm`);
  if (!fs.existsSync(file)) {
    const fresh = `${file}.${process.pid}`;
    const options = ["--target", "probe", "--exportRuntime", "--baseDir", ".", "--outFile", fresh];
    const compiler = "node_modules/assemblyscript/bin/asc.js";
    execFileSync(process.execPath, [compiler, `test/probe/${name}.ts`, ...options]);
    fs.renameSync(fresh, file);
  }
  return file;
}

function digestOfSources(): string {
  const hash = createHash("sha256");
  const sources = ["assembly", "test/probe"].flatMap((folder) =>
    fs.readdirSync(folder, { recursive: true, encoding: "utf8" }).map((f) => path.join(folder, f)),
  );
  for (const file of ["asconfig.json", ...sources.filter((f) => f.endsWith(".ts")).sort()]) {
    hash.update(`\0${file}\0`).update(fs.readFileSync(file));
  }
  return hash.digest("hex").slice(0, 16);
}

const modules = new Map<string, WebAssembly.Module>();

type Probe<T> = ASUtil & T & { readonly memory: WebAssembly.Memory };

/**
 * Compiles and starts a probe of pure code: it may call nothing but write(2), which is how the core
 * says why it traps, and what it says becomes the error.
 */
export function startPure<T extends object>(name: string): Probe<T> {
  const module = modules.get(name) ?? new WebAssembly.Module(fs.readFileSync(compileProbe(name)));
  modules.set(name, module);
  const forbidden = WebAssembly.Module.imports(module).map(({ name }) => [
    name,
    () => {
      throw new Error(`pure code called ${name}`);
    },
  ]);
  const write = (_fd: number, pointer: number, length: number) => {
    const text = new Uint8Array(exports.memory.buffer, pointer, length);
    throw new Error(new TextDecoder().decode(text));
  };
  const host = { ...Object.fromEntries(forbidden), write };
  const { exports } = instantiateSync<Probe<T> & Record<string, unknown>>(module, { host });
  return exports;
}
