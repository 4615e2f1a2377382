import fs from "node:fs";
import { expect, test } from "vitest";
import { bindImports } from "../../host/guest.ts";
import { linux } from "../../host/linux.ts";
import { compileProbe } from "../probe/compile.ts";

/** Each import and how many arguments it takes, in the order of the alphabet. */
type Signatures = Record<string, number>;

const [probe, core] = [compileProbe("imports"), "build/macvlan.wasm"].map(
  (file) => new WebAssembly.Module(fs.readFileSync(file)),
) as [WebAssembly.Module, WebAssembly.Module];
const declared = declarations();

/** The imports of the probe, which it exports again: what the compiler made of the declarations. */
function declarations(): Signatures {
  const names = WebAssembly.Module.imports(probe).map(({ name }) => name);
  const host = Object.fromEntries(names.map((name) => [name, () => 0]));
  const { exports } = new WebAssembly.Instance(probe, { host });
  return signatures(Object.fromEntries(names.map((name) => [name, exports[name]])));
}

/** An exported function of WebAssembly has as many parameters as its type says. */
function signatures(functions: Readonly<Record<string, unknown>>): Signatures {
  const entries = Object.entries(functions)
    .filter((entry): entry is [string, () => unknown] => typeof entry[1] === "function")
    .map(([name, call]) => [name, call.length] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

test("the compiler sees every declaration of assembly/sys/host.ts", () => {
  const source = fs.readFileSync("assembly/sys/host.ts", "utf8");
  const names = [...source.matchAll(/^export declare function (\w+)\(/gm)].map(([, name]) => name);
  expect(Object.keys(declared)).toEqual(names.sort());
});

test("the host implements what is declared, with as many arguments, and nothing else", () => {
  const host = bindImports(linux, () => ({ buffer: new ArrayBuffer(0) }));
  expect(signatures({ ...host })).toEqual(declared);
});

test("native/host.c has them all, in the order of assembly/sys/host.ts", () => {
  const names = (file: string, pattern: RegExp) =>
    [...fs.readFileSync(file, "utf8").matchAll(pattern)].map(([, name]) => name);
  const implemented = names("native/host.c", /^u32 IMPORT\((\w+)\)\(host_t \*host\b/gm);
  const inOrder = names("assembly/sys/host.ts", /^export declare function (\w+)\(/gm);
  expect(implemented).toEqual(inOrder);
  expect(inOrder).toHaveLength(Object.keys(declared).length);
});

test("the core imports from the host alone, and only what is declared", () => {
  const imports = WebAssembly.Module.imports(core);
  expect(new Set(imports.map(({ module, kind }) => `${module} ${kind}`))).toEqual(
    new Set(["host function"]),
  );
  expect(imports.map(({ name }) => name).filter((name) => !(name in declared))).toEqual([]);
});

test("the core exports run, rescue and its memory", () => {
  expect(WebAssembly.Module.exports(core)).toEqual(
    expect.arrayContaining([
      { name: "run", kind: "function" },
      { name: "rescue", kind: "function" },
      { name: "memory", kind: "memory" },
    ]),
  );
  expect(WebAssembly.Module.exports(core)).toHaveLength(3);
});
