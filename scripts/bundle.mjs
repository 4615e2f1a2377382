// Bundles the TypeScript side: the plugin executable, which must run without node_modules, and the
// demo, the bench, the soak and other tools, which need not.
import fs from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import esbuild from "esbuild";
import { replaceFile, replaceLink } from "./files.mjs";

const EXECUTABLE = "build/bin/macvlan";
/** The other names under which the executable acts as another plugin. */
const OTHER_NAMES = ["static", "host-local"];
const KOFFI = "build/lib/koffi";

const COMMON = { bundle: true, platform: "node", target: "node20.19", logLevel: "warning" };

/** build/bin and everything next to it that the executable needs at run time. */
export async function bundleExecutable() {
  const { outputFiles } = await esbuild.build({
    ...COMMON,
    entryPoints: ["host/main.ts"],
    write: false,
    format: "cjs",
    define: { "import.meta.dirname": "__dirname" },
    banner: { js: shellHead() },
    minify: true,
    legalComments: "none",
  });
  replaceFile(EXECUTABLE, outputFiles[0].contents, 0o755);
  for (const name of OTHER_NAMES) replaceLink(`build/bin/${name}`, path.basename(EXECUTABLE));
  copyKoffi();
  // or node would take the executable, which has no extension, for an ECMAScript module
  replaceFile("build/package.json", `${JSON.stringify({ type: "commonjs" })}\n`);
}

/** A program that is started by hand, where node_modules is: `outfile` ends in .mjs. */
export async function bundleTool(entry, outfile) {
  const options = { ...COMMON, format: "esm", packages: "external", sourcemap: true };
  await esbuild.build({ ...options, entryPoints: [entry], outfile });
}

/**
 * The start of the executable. For /bin/sh a program that finds node with no help from the
 * environment, which a container runtime may leave empty; for node some strings and comments.
 *
 * Node gets no flags: none that was tried (thread pools, tiers of the WebAssembly compiler, compile
 * caches) was worth 1 ms, and one that a later version does not know keeps it from starting.
 */
function shellHead() {
  const error = {
    cniVersion: "1.1.0",
    code: 108,
    msg: "no Node.js to run the macvlan plugin with: set MACVLAN_NODE to the absolute path of one",
  };
  const lines = [
    `trap 'echo '\\''${JSON.stringify(error)}'\\''; exit 1' EXIT`,
    `try() { case $1 in /*) [ -f "$1" ] && [ -x "$1" ] && exec "$1" "$0"; esac; }`,
    `try "$MACVLAN_NODE"; try ${quoted(process.execPath)}; try "$(command -v node)"`,
    `try /usr/local/bin/node; try /usr/bin/node; exit 1`,
  ];
  return ["#!/bin/sh", ...lines.map((line) => `':' //; ${line}`)].join("\n");
}

function quoted(text) {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** The native part of koffi, for both C libraries (host/linux/libc.ts). */
function copyKoffi() {
  const koffi = createRequire(import.meta.url).resolve("koffi");
  const native = path.dirname(
    createRequire(koffi).resolve(`@koromix/koffi-${process.platform}-${process.arch}`),
  );
  for (const name of fs.readdirSync(native)) {
    const binary = path.join(native, name, "koffi.node");
    const [library] = name.split("_");
    if (fs.existsSync(binary)) replaceFile(`${KOFFI}/${library}.node`, fs.readFileSync(binary));
  }
  const license = path.join(path.dirname(koffi), "LICENSE.txt");
  replaceFile(`${KOFFI}/LICENSE.txt`, fs.readFileSync(license));
}
