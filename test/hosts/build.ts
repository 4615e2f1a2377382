import { spawnSync } from "node:child_process";
import path from "node:path";
import { programDirectory } from "../../lab/paths.ts";
import { giveUp } from "../prerequisites.ts";

/**
 * Builds a native executable as `npm run build:native` does; what is up to date is not made again.
 * Where something is missing that it takes, the test is skipped, and in CI it fails.
 *
 * @param out the directory of the executable.
 * @param options of scripts/native.mjs.
 * @returns the path of the executable.
 */
export function buildNative(
  skip: (reason: string) => never,
  out: string,
  options: readonly string[],
): string {
  const words = ["scripts/native.mjs", "--out", out, ...options];
  const { status, stderr } = spawnSync(process.execPath, words, { encoding: "utf8" });
  // The script itself speaks of what is missing and of nothing else.
  if (stderr.startsWith("build:native:")) giveUp(skip, stderr.trim().replaceAll(/\s+/g, " "));
  if (status !== 0) throw new Error(stderr);
  return path.resolve(out, "macvlan");
}

/**
 * The same with another core than the plugin's, and with sanitizers where the plugin has them.
 *
 * @param extra `--free` for a core that is to do more than the policy allows.
 */
export function buildCore(
  skip: (reason: string) => never,
  core: string,
  ...extra: readonly "--free"[]
): string {
  const host = path.basename(programDirectory);
  const options = host.endsWith("-sanitize") ? ["--sanitize", ...extra] : extra;
  const out = [core, host, ...extra.map((option) => option.slice(2))].join("-");
  return buildNative(skip, out, ["--core", core, ...options]);
}
