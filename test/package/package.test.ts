import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { root } from "../../lab/paths.ts";
import { documentAt } from "../docs/documents.ts";

// The package as an outside user has it: packed, and installed into a folder of its own.

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "user-"));
  cpSync(join(root, "examples/testing"), folder, { recursive: true });
  const words = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [{ filename }] = JSON.parse(run("npm", words, root));
  // Offline: it needs no other package.
  const quiet = ["--offline", "--no-audit", "--no-fund", "--no-save"];
  run("npm", ["install", ...quiet, join(folder, filename)]);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Runs a program that must succeed; its output. */
function run(program: string, words: readonly string[], cwd = folder): string {
  const { PATH = "", HOME = "" } = process.env;
  const env = { PATH, HOME, NO_COLOR: "1" };
  return execFileSync(program, words, { cwd, env, encoding: "utf8", stdio: "pipe" });
}

test("any operating system will do", () => {
  const file = join(folder, "node_modules/cni-macvlan-wasm/package.json");
  const { os, cpu, dependencies, scripts } = JSON.parse(readFileSync(file, "utf8"));
  expect([os, cpu, dependencies]).toEqual([undefined, undefined, undefined]);
  expect(Object.keys(scripts).filter((name) => /install|prepare/.test(name))).toEqual([]);
});

test("the test in the documentation passes", () => {
  const { fences } = documentAt("docs/testing-your-network.md");
  const program = fences.find(({ language, text }) => language === "js" && /^test\(/m.test(text));
  writeFileSync(join(folder, "documented.mjs"), program?.text ?? "");
  const output = run(process.execPath, ["--test", "--test-reporter=tap", "documented.mjs"]);
  expect(output).toMatch(/^# pass 1$/m);
});

test("the example passes", () => {
  const output = run("npm", ["test", "--silent", "--", "--test-reporter=tap"]);
  const tests = readFileSync(join(folder, "lan.test.mjs"), "utf8").match(/^test\(/gm) ?? [];
  expect(tests.length).toBeGreaterThan(5);
  expect(output).toMatch(new RegExp(`^# pass ${tests.length}$`, "m"));
  expect(output).toMatch(/^# fail 0$/m);
});

test("the example fails where the list is not as it says", () => {
  const list = join(folder, "lan.conflist");
  const text = readFileSync(list, "utf8");
  try {
    writeFileSync(list, text.replace("192.0.2.254", "192.0.2.1"));
    expect(() => run("npm", ["test", "--silent"])).toThrow();
  } finally {
    writeFileSync(list, text);
  }
});

const program = `
  import { core, Network, Sim, listRoutes, withFault, type Outcome, uapi } from
    "cni-macvlan-wasm/testing";
  import { Sim as Machine } from "cni-macvlan-wasm/sim";
  const sim: Machine = new Sim();
  sim.addMaster("eth0", { mtu: 9000 });
  sim.addNetns("/run/netns/pod");
  const network = new Network(sim, core, { name: "n", plugins: [{ type: "macvlan" }] });
  const fault = { call: "send", nth: 1, failure: uapi.EINTR } as const;
  const outcome: Outcome = network.add({ wrap: (system) => withFault(system, fault).system });
  const gateways: (string | undefined)[] = listRoutes(outcome.netns, 4).map((r) => r.gateway);
  // @ts-expect-error: a name is a text
  sim.addMaster(5);
  export default gateways;
`;

describe("the types are whole", () => {
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
    "bin/tsc",
  );
  const modules = ["nodenext", "preserve"] as const;
  const libraries = ["es2023", "es2023,dom"] as const;
  const cases = modules.flatMap((module) => libraries.map((lib) => [module, lib] as const));

  test.each(cases)("for module %s with %s", (module, lib) => {
    writeFileSync(join(folder, "use.mts"), program);
    const options = ["--strict", "--noEmit", "--skipLibCheck", "false", "--types", ""];
    const words = [...options, "--ignoreConfig", "--module", module, "--lib", lib, "use.mts"];
    try {
      run(process.execPath, [compiler, ...words]);
    } catch (error) {
      expect.fail((error as { stdout: string }).stdout);
    }
  });
});

/** The modules that a file of the package loads, itself and packages included. */
function loadedBy(file: string, seen = new Set<string>()): Set<string> {
  if (seen.has(file)) return seen;
  seen.add(file);
  for (const [, name = ""] of readFileSync(file, "utf8").matchAll(
    /^(?:import|}) ?.*from "(.*)"/gm,
  )) {
    if (name.startsWith(".")) loadedBy(join(dirname(file), name), seen);
    else seen.add(name);
  }
  return seen;
}

test.each([
  ["testing", ["node:fs"]],
  ["sim", []],
])("what %s loads is in the package, but for %j", (name, others) => {
  const loaded = [
    ...loadedBy(join(folder, `node_modules/cni-macvlan-wasm/build/testing/${name}.js`)),
  ];
  expect(loaded.length).toBeGreaterThan(1);
  expect(loaded.filter((file) => !file.startsWith(folder))).toEqual(others);
});
