import { spawnSync } from "node:child_process";
import { mkdirSync, renameSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { root } from "../lab/paths.ts";

/** The program that starts and measures all others. */
export const launcher = join(root, "build/bench/launch");
/** The plugin of nothing but the necessary system calls. */
export const floorProgram = join(root, "build/bench/floor");

/** Compiles the two programs in C of the bench. */
export function compilePrograms(): void {
  for (const program of [launcher, floorProgram])
    compile(join(root, "bench", `${basename(program)}.c`), program);
}

/**
 * Compiles a program in C, static and therefore small: with musl where it is there.
 *
 * @throws Error where there is no C compiler, or where it refuses
 */
export function compile(source: string, program: string): void {
  const compiler = ["musl-gcc", "cc"].find((name) => !spawnSync(name, ["--version"]).error);
  if (compiler === undefined)
    throw new Error(`${source} needs a C compiler; on Debian and Ubuntu: apt-get install gcc`);
  mkdirSync(dirname(program), { recursive: true });
  const machine = `${spawnSync("cc", ["-print-multiarch"]).stdout ?? ""}`.trim();
  // musl-gcc does not look where the kernel's headers are
  const headers = ["/usr/include", `/usr/include/${machine}`].flatMap((path) => [
    "-idirafter",
    path,
  ]);
  const fresh = `${program}.${process.pid}`;
  const argv = ["-static", "-O2", "-Wall", ...headers, "-o", fresh, source];
  const { status, stderr } = spawnSync(compiler, argv);
  if (status !== 0) throw new Error(`${compiler} ${argv.join(" ")}: ${stderr}`);
  // somebody else may be running the old one
  renameSync(fresh, program);
}
