import { spawn } from "node:child_process";
import path from "node:path";
import { buildSync } from "esbuild";

const HERE = import.meta.dirname;
/** Beside the executable, so that it finds the same libraries. */
const OUT = path.join(HERE, "../../build/test");

export interface Program {
  /** Resolves when standard error has this text in it. */
  stderrHas(text: string): Promise<void>;
  readonly done: Promise<{ readonly stdout: string; readonly stderr: string }>;
}

/**
 * Starts a file of this folder as a program of its own, bundled as the plugin is.
 *
 * @param through a command line that is to start it.
 */
export function startProgram(
  name: string,
  args: readonly string[],
  through: readonly string[] = [],
): Program {
  const outfile = path.join(OUT, `${path.parse(name).name}.cjs`);
  buildSync({
    entryPoints: [path.join(HERE, name)],
    outfile,
    bundle: true,
    platform: "node",
    define: { "import.meta.url": "__filename" },
  });
  const [command, ...rest] = [...through, process.execPath, outfile, ...args] as [string];
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
