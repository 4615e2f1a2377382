// npm run build:native: the executable without Node, build/native. See native/Makefile.
//
//   --arch arm64     for another machine, by Debian's cross compiler: build/native-arm64
//   --sanitize       with sanitizers, for the tests: build/native-sanitize
//   --core FILE      another core than build/macvlan.wasm, and
//   --out DIRECTORY  where to
//   --free           such a core without the policy: for the probes of the tests
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";

/** native/w2c.h has the names that this version gives to what it translates. */
const WABT = "1.0.32";
const RUNTIME = "/usr/src/wasm2c/wasm-rt-impl.c";

/** Debian's names of the architectures, and what the GNU tools call them. */
const MACHINES = { amd64: "x86_64", arm64: "aarch64" };
const own = { x64: "amd64", arm64: "arm64" }[process.arch];

process.chdir(path.join(import.meta.dirname, ".."));
const { values } = parseArgs({
  options: {
    arch: { type: "string", default: own },
    sanitize: { type: "boolean", default: false },
    core: { type: "string" },
    out: { type: "string" },
    free: { type: "boolean", default: false },
  },
});

const problems =
  values.free && !values.core ? ["the plugin has its policy always"] : missing(values.arch);
if (problems.length > 0) {
  console.error(["build:native:", ...problems].join("\n  "));
  process.exitCode = 1;
} else {
  const { status, error } = spawnSync("make", words(values), { stdio: "inherit" });
  if (error) console.error(`build:native: ${error.message}`);
  process.exitCode = status ?? 1;
}

function words({ arch, sanitize, core, out, free }) {
  const settings = [`ARCH=${arch}`];
  if (sanitize) settings.push("SANITIZE=1");
  if (core) settings.push(`CORE=${path.resolve(core)}`);
  if (out) settings.push(`OUT=${path.resolve(out)}`);
  if (free) settings.push("POLICY=0");
  return ["--silent", "-C", "native", `-j${os.availableParallelism()}`, ...settings];
}

/** What is not there, one sentence each, with the Debian package that has it. */
function missing(arch) {
  const cpu = MACHINES[arch];
  if (cpu === undefined) {
    return [`no such architecture: ${arch}; there are ${Object.keys(MACHINES).join(" and ")}`];
  }
  const compiler = arch === own ? "gcc" : `${cpu}-linux-gnu-gcc`;
  const needed = {
    make: "make",
    wasm2c: "wabt",
    [compiler]: arch === own ? "gcc" : `gcc-${cpu}-linux-gnu`,
  };
  const found = Object.entries(needed).flatMap(([program, name]) =>
    version(program) === undefined ? [`${program} is missing: apt-get install ${name}`] : [],
  );
  if (found.length > 0) return found;
  if (!fs.existsSync(RUNTIME)) return [`${RUNTIME} is missing: apt-get install wabt`];
  const wabt = version("wasm2c");
  if (wabt !== WABT) return [`wasm2c is version ${wabt}; the host is written for ${WABT}`];
  return hasLibrary(compiler, cpu) ? [] : [libraryOf(arch)];
}

/** The first line of what a program says to --version; undefined where there is no such program. */
function version(program) {
  const { error, stdout } = spawnSync(program, ["--version"], { encoding: "utf8" });
  return error ? undefined : stdout.split("\n")[0];
}

/** A static C library, musl's or the compiler's own. */
function hasLibrary(compiler, cpu) {
  if (fs.existsSync(`/usr/lib/${cpu}-linux-musl/libc.a`)) return true;
  const { stdout } = spawnSync(compiler, ["-print-file-name=libc.a"], { encoding: "utf8" });
  return path.isAbsolute(stdout.trim());
}

function libraryOf(arch) {
  const names = arch === own ? "musl-dev (or libc6-dev)" : `musl-dev:${arch}`;
  const instead = arch === own ? "" : ` (or libc6-dev-${arch}-cross)`;
  return `a static C library is missing: apt-get install ${names}${instead}`;
}
