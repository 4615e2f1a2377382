import { createRequire } from "node:module";

type Koffi = typeof import("koffi");
type Call = (...args: (number | Uint8Array)[]) => number;

/** The system calls that node has no function for, as the C library of this process offers them. */
export interface Libc {
  /** Each returns what the function of that name returns, or -errno. */
  readonly setns: Call;
  readonly socket: Call;
  readonly bind: Call;
  readonly setsockopt: Call;
  readonly send: Call;
  readonly recvfrom: Call;
  readonly poll: Call;
}

const PROTOTYPES: Record<keyof Libc, [result: string, parameters: string[]]> = {
  setns: ["int", ["int", "int"]],
  socket: ["int", ["int", "int", "int"]],
  bind: ["int", ["int", "void *", "uint"]],
  setsockopt: ["int", ["int", "int", "int", "void *", "uint"]],
  send: ["long", ["int", "void *", "ulong", "int"]],
  recvfrom: ["long", ["int", "void *", "ulong", "int", "void *", "void *"]],
  poll: ["int", ["void *", "ulong", "int"]],
};

let loaded: Libc | undefined;

/** Loaded at the first use: a command that needs no such call is not to pay for the FFI. */
export function libc(): Libc {
  loaded ??= load(requireKoffi());
  return loaded;
}

function load(koffi: Koffi): Libc {
  const library = koffi.load(null);
  const calls = Object.entries(PROTOTYPES).map(([name, [result, parameters]]) => {
    const call = library.func(name, result, parameters);
    // errno still holds the call's own value: nothing is allocated and no other call made in between.
    return [
      name,
      (...args: unknown[]) => {
        const value = call(...args);
        return value < 0 ? -koffi.errno() : value;
      },
    ];
  });
  return Object.fromEntries(calls) as unknown as Libc;
}

/** package.json says what the two names mean; in the build, the native part alone, one per C library. */
function requireKoffi(): Koffi {
  const require = createRequire(import.meta.url);
  try {
    return require("#koffi");
  } catch {
    return require("#koffi-musl");
  }
}
