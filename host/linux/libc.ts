import path from "node:path";

type Koffi = typeof import("koffi");

/**
 * A pointer argument is a view of the bytes it points to, or an address as `environ` returns it.
 */
type Argument = number | bigint | string | Uint8Array | Int32Array | (string | null)[];
type Call = (...args: Argument[]) => number;

/** What node has no function for: result and parameters of each, by its manual page. */
const PROTOTYPES = {
  setns: ["int", ["int", "int"]],
  socket: ["int", ["int", "int", "int"]],
  bind: ["int", ["int", "void *", "uint"]],
  setsockopt: ["int", ["int", "int", "int", "void *", "uint"]],
  send: ["long", ["int", "void *", "ulong", "int"]],
  recvfrom: ["long", ["int", "void *", "ulong", "int", "void *", "void *"]],
  poll: ["int", ["void *", "ulong", "int"]],
  flock: ["int", ["int", "int"]],
  getdents64: ["long", ["int", "void *", "ulong"]],
  pipe2: ["int", ["void *", "int"]],
  waitpid: ["int", ["int", "void *", "int"]],
  posix_spawn: ["int", ["void *", "str", "void *", "void *", "str *", "void *"]],
  posix_spawn_file_actions_init: ["int", ["void *"]],
  posix_spawn_file_actions_adddup2: ["int", ["void *", "int", "int"]],
  posix_spawn_file_actions_destroy: ["int", ["void *"]],
  posix_spawnattr_init: ["int", ["void *"]],
  posix_spawnattr_setflags: ["int", ["void *", "short"]],
  posix_spawnattr_setsigdefault: ["int", ["void *", "void *"]],
  posix_spawnattr_destroy: ["int", ["void *"]],
  sigemptyset: ["int", ["void *"]],
  sigaddset: ["int", ["void *", "int"]],
} satisfies Record<string, [result: string, parameters: string[]]>;

/** Loaded at the first call: a command that needs none is not to pay for it. */
let koffi: Koffi | undefined;
const functions: { [name in keyof typeof PROTOTYPES]?: Call } = {};

/** Calls a function of the C library that this process runs with: its result, or -errno for -1. */
export function libc(name: keyof typeof PROTOTYPES, ...args: Argument[]): number {
  koffi ??= loadKoffi();
  functions[name] ??= koffi.load(null).func(name, ...PROTOTYPES[name]) as Call;
  const value = functions[name](...args);
  // errno is still that of the call: nothing is allocated in between
  return value === -1 ? -koffi.errno() : value;
}

/** The address of this process' environment (environ(7)), byte by byte as it was inherited. */
export function environ(): bigint {
  koffi ??= loadKoffi();
  return koffi.decode(koffi.load(null).symbol("environ"), "void *");
}

/** Where the build puts koffi's native part: seen from build/bin/, and from here in the sources. */
const DIRECTORIES = ["../lib/koffi", "../../build/lib/koffi"];
/** One for each C library, the GNU one and musl; only the right one can be loaded. */
const LIBRARIES = ["linux.node", "musl.node"];

/**
 * The native part is all there is to koffi: its JavaScript part finds it and gives warnings, and
 * takes 10 ms for that.
 */
function loadKoffi(): Koffi {
  const problems: string[] = [];
  for (const directory of DIRECTORIES) {
    for (const library of LIBRARIES) {
      const file = path.join(import.meta.dirname, directory, library);
      const module = { exports: {} };
      try {
        process.dlopen(module, file);
        return module.exports as Koffi;
      } catch (error) {
        problems.push(String(error));
      }
    }
  }
  throw new Error(`cannot load the library for system calls: ${problems.join("; ")}`);
}
