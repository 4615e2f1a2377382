import { spawn } from "node:child_process";
import path from "node:path";
import { buildSync } from "esbuild";

/** Beside the executable, so that they find the same libraries. */
const OUT = "build/test";

export interface Program {
  /** Resolves when standard error has this text in it. */
  stderrHas(text: string): Promise<void>;
  readonly done: Promise<{ readonly stdout: string; readonly stderr: string }>;
}

/**
 * Makes a file of the tests a program of its own, as the plugin is made.
 *
 * @returns the path of what node can run.
 */
export function bundleProgram(entry: string): string {
  const outfile = path.resolve(OUT, `${path.parse(entry).name}.cjs`);
  buildSync({
    entryPoints: [entry],
    outfile,
    bundle: true,
    platform: "node",
    define: { "import.meta.dirname": "__dirname" },
  });
  return outfile;
}

/**
 * Starts such a file.
 *
 * @param through a command line that is to start it.
 */
export function startProgram(
  entry: string,
  args: readonly string[],
  through: readonly string[] = [],
): Program {
  const words = [...through, process.execPath, bundleProgram(entry), ...args];
  const [command, ...rest] = words as [string, ...string[]];
  const child = spawn(command, rest, { stdio: ["ignore", "pipe", "pipe"] });
  const text = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (chunk) => {
    text.stdout += chunk;
  });
  child.stderr.setEncoding("utf8").on("data", (chunk) => {
    text.stderr += chunk;
  });
  return {
    stderrHas: (wanted) =>
      new Promise((resolve) => {
        const look = () => text.stderr.includes(wanted) && resolve();
        child.stderr.on("data", look);
        look();
      }),
    done: new Promise((resolve) => {
      child.on("close", () => resolve(text));
    }),
  };
}
