import { instantiateSync } from "@assemblyscript/loader";
import { bindImports } from "./guest.ts";
import type { System } from "./imports.ts";

const STDOUT = 1;
const STDERR = 2;
/** The CNI error code of this plugin for a facility that failed (docs/configuration.md). */
const SYSTEM_FAILURE = 108;

interface Core extends Record<string, unknown> {
  readonly memory: WebAssembly.Memory;
  /** Acts as the plugin that CNI_COMMAND and the program's name ask for; the exit status. */
  run(): number;
  /** After `run` trapped: takes back what it has begun, as far as it can. */
  rescue(): void;
}

/**
 * Runs the core once, on a system.
 *
 * A core that traps has a mistake in it or ran out of memory, a system that throws is not whole.
 * The runtime is still answered as the specification demands: one error object, exit status 1; and
 * the core may take back what it has begun.
 *
 * @returns the exit status.
 */
export function runPlugin(module: WebAssembly.Module, system: System): number {
  let core: Core | undefined;
  try {
    const host = bindImports(system, () => (core as Core).memory);
    core = instantiateSync<Core>(module, { host: { ...host } }).exports;
    return core.run();
  } catch (error) {
    const status = reportFailure(error, system);
    rescue(core);
    return status;
  }
}

/** Whatever stopped `run` may stop this as well; it has been reported. */
function rescue(core: Core | undefined): void {
  try {
    core?.rescue();
  } catch {}
}

/**
 * Answers in the place of a core that cannot: on both streams, for the runtime and for its user.
 */
export function reportFailure(error: unknown, system: System): number {
  const reason = error instanceof Error ? error : new Error(String(error));
  const message = {
    cniVersion: "1.1.0",
    code: SYSTEM_FAILURE,
    msg: `the plugin stopped unexpectedly, please report this: ${reason.message}`,
  };
  print(system, STDERR, `${reason.stack}\n`);
  print(system, STDOUT, `${JSON.stringify(message)}\n`);
  return 1;
}

function print(system: System, fd: number, text: string): void {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) {
    const written = system.write(fd, rest);
    if (written <= 0) return;
    rest = rest.subarray(written);
  }
}
