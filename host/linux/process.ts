import { EINTR } from "../../assembly/linux/errno.ts";
import { environ, libc } from "./libc.ts";

/** More than the C libraries' opaque structs need: 336, 80 and 128 bytes at most. */
const OPAQUE_SIZE = 512;

// spawn.h, signal.h
const POSIX_SPAWN_SETSIGDEF = 0x04;
const SIGPIPE = 13;
const SIGXFSZ = 25;

/** sys/wait.h: do not wait for a child that is still running. */
export const WNOHANG = 1;

/**
 * Starts a program (posix_spawn(3)) with this process' environment, CNI_COMMAND replaced.
 *
 * @param descriptors what it gets as descriptors 0, 1 and 2.
 * @returns its process id, or -errno.
 */
export function start(path: string, command: string, descriptors: readonly number[]): number {
  const actions = new Uint8Array(OPAQUE_SIZE);
  const attributes = new Uint8Array(OPAQUE_SIZE);
  libc("posix_spawn_file_actions_init", actions);
  libc("posix_spawnattr_init", attributes);
  try {
    descriptors.forEach((fd, target) => {
      libc("posix_spawn_file_actions_adddup2", actions, fd, target);
    });
    libc("posix_spawnattr_setflags", attributes, POSIX_SPAWN_SETSIGDEF);
    libc("posix_spawnattr_setsigdefault", attributes, signalsOfNode());
    const pid = new Int32Array(1);
    const error = withCommand(command, () =>
      libc("posix_spawn", pid, path, actions, attributes, [path, null], environ()),
    );
    return error ? -error : (pid[0] as number);
  } finally {
    libc("posix_spawn_file_actions_destroy", actions);
    libc("posix_spawnattr_destroy", attributes);
  }
}

/**
 * The wait status of a child, or -errno (waitpid(2)).
 *
 * @param options 0, or WNOHANG: undefined for a child that is still running.
 */
export function reap(pid: number, options: number): number | undefined {
  const status = new Int32Array(1);
  let found: number;
  do found = libc("waitpid", pid, status, options);
  while (found === -EINTR);
  return found === pid ? status[0] : found || undefined;
}

/** The signals that node ignores; a program that was not started by node does not expect that. */
function signalsOfNode(): Uint8Array {
  const signals = new Uint8Array(OPAQUE_SIZE);
  libc("sigemptyset", signals);
  for (const signal of [SIGPIPE, SIGXFSZ]) libc("sigaddset", signals, signal);
  return signals;
}

/** process.env is the environment itself: `call` sees it with another CNI_COMMAND. */
function withCommand<Result>(command: string, call: () => Result): Result {
  const own = process.env.CNI_COMMAND;
  process.env.CNI_COMMAND = command;
  try {
    return call();
  } finally {
    if (own === undefined) delete process.env.CNI_COMMAND;
    else process.env.CNI_COMMAND = own;
  }
}
