import { EFAULT, EINVAL, ENAMETOOLONG, ENOENT } from "../assembly/linux/errno.ts";
import type * as abi from "../assembly/sys/host.ts";
import type { System } from "./imports.ts";

/** The imports of the core, exactly as assembly/sys/host.ts declares them: pointers and lengths. */
export type HostImports = { readonly [K in keyof typeof abi]: (typeof abi)[K] };

/** The longest text, as long as a path can be, without the NUL at its end (PATH_MAX, limits.h). */
const TEXT_LENGTH = 4095;
const POLLFD_SIZE = 8;
const TIMESPEC_SIZE = 16;

/** An argument that the system is not even asked about; caught where the guest's call came in. */
class Refusal {
  constructor(readonly errno: number) {}
}

/**
 * What the pointers of one guest mean. Views are made for one call: memory may grow between calls.
 */
class Guest {
  readonly #memory: () => WebAssembly.Memory;
  readonly #utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

  constructor(memory: () => WebAssembly.Memory) {
    this.#memory = memory;
  }

  /** `length` bytes at `pointer`; -EINVAL for a negative length, -EFAULT outside memory. */
  bytes(pointer: number, length: number): Uint8Array {
    if (length < 0) throw new Refusal(EINVAL);
    return this.range(pointer, length);
  }

  /** As `bytes`, for a length that is never negative: a u32 read from memory, or a product. */
  range(pointer: number, length: number): Uint8Array {
    const start = pointer >>> 0;
    const { buffer } = this.#memory();
    if (start + length > buffer.byteLength) throw new Refusal(EFAULT);
    return new Uint8Array(buffer, start, length);
  }

  /** The u32 at `pointer`, as a view that can also be written. */
  u32(pointer: number): DataView {
    const { buffer, byteOffset } = this.range(pointer, 4);
    return new DataView(buffer, byteOffset, 4);
  }

  /** A path, the name of a variable or a command: UTF-8 without a NUL byte, else -EINVAL. */
  text(pointer: number, length: number): string {
    const bytes = this.bytes(pointer, length);
    if (length > TEXT_LENGTH) throw new Refusal(ENAMETOOLONG);
    if (bytes.includes(0)) throw new Refusal(EINVAL);
    try {
      return this.#utf8.decode(bytes);
    } catch {
      throw new Refusal(EINVAL);
    }
  }
}

/** Writes `value` if it fits; its length either way (getenv in assembly/sys/host.ts). */
function give(value: Uint8Array | undefined, target: Uint8Array): number {
  if (!value) return -ENOENT;
  if (value.length <= target.length) target.set(value);
  return value.length;
}

type Calls<Name extends keyof HostImports> = Pick<HostImports, Name>;

function marshal(system: System, guest: Guest): HostImports {
  return {
    ...files(system, guest),
    ...directories(system, guest),
    ...sockets(system, guest),
    ...processes(system, guest),
  };
}

function files(
  system: System,
  guest: Guest,
): Calls<"open" | "read" | "write" | "close" | "statx" | "flock"> {
  return {
    open: (path, pathLength, flags, mode) => system.open(guest.text(path, pathLength), flags, mode),
    read: (fd, buffer, length) => system.read(fd, guest.bytes(buffer, length)),
    write: (fd, buffer, length) => system.write(fd, guest.bytes(buffer, length)),
    close: (fd) => system.close(fd),
    statx: (dirfd, path, pathLength, flags, mask, buffer, bufferLength) =>
      system.statx(
        dirfd,
        guest.text(path, pathLength),
        flags,
        mask >>> 0,
        guest.bytes(buffer, bufferLength),
      ),
    flock: (fd, operation) => system.flock(fd, operation),
  };
}

function directories(
  system: System,
  guest: Guest,
): Calls<"mkdir" | "unlink" | "link" | "symlink" | "readlink" | "getdents64"> {
  return {
    mkdir: (path, pathLength, mode) => system.mkdir(guest.text(path, pathLength), mode),
    unlink: (path, pathLength) => system.unlink(guest.text(path, pathLength)),
    link: (path, pathLength, second, secondLength) =>
      system.link(guest.text(path, pathLength), guest.text(second, secondLength)),
    symlink: (text, textLength, path, pathLength) =>
      system.symlink(guest.text(text, textLength), guest.text(path, pathLength)),
    readlink: (path, pathLength, buffer, capacity) =>
      system.readlink(guest.text(path, pathLength), guest.bytes(buffer, capacity)),
    getdents64: (fd, buffer, length) => system.getdents64(fd, guest.bytes(buffer, length)),
  };
}

function sockets(
  system: System,
  guest: Guest,
): Calls<"socket" | "bind" | "setsockopt" | "send" | "start_send" | "recvfrom" | "poll"> {
  return {
    socket: (domain, type, protocol) => system.socket(domain, type, protocol),
    bind: (fd, address, addressLength) => system.bind(fd, guest.bytes(address, addressLength)),
    setsockopt: (fd, level, name, value, valueLength) =>
      system.setsockopt(fd, level, name, guest.bytes(value, valueLength)),
    send: (fd, buffer, length, flags) => system.send(fd, guest.bytes(buffer, length), flags),
    start_send: (fd, buffer, length, flags) =>
      system.start_send(fd, guest.bytes(buffer, length), flags),
    recvfrom: (fd, buffer, length, flags, address, addressLength) => {
      const bytes = guest.bytes(buffer, length);
      const capacity = guest.u32(addressLength).getUint32(0, true);
      const sender = guest.range(address, capacity);
      return system.recvfrom(fd, bytes, flags, sender, guest.range(addressLength, 4));
    },
    poll: (fds, count, timeout) => {
      if (count < 0) return -EINVAL;
      return system.poll(guest.range(fds, count * POLLFD_SIZE), timeout);
    },
  };
}

function processes(
  system: System,
  guest: Guest,
): Calls<"setns" | "clock_gettime" | "getenv" | "program_invocation_name" | "spawn"> {
  return {
    setns: (fd, nstype) => system.setns(fd, nstype),
    clock_gettime: (clock, timespec) =>
      system.clock_gettime(clock, guest.range(timespec, TIMESPEC_SIZE)),
    getenv: (name, nameLength, value, capacity) => {
      const target = guest.bytes(value, capacity);
      return give(system.getenv(guest.text(name, nameLength)), target);
    },
    program_invocation_name: (buffer, capacity) => {
      const target = guest.bytes(buffer, capacity);
      return give(system.program_invocation_name(), target);
    },
    spawn: (
      path,
      pathLength,
      command,
      commandLength,
      input,
      inputLength,
      output,
      outputLength,
      log,
      logLength,
    ) => {
      const outputSize = guest.u32(outputLength);
      const logSize = guest.u32(logLength);
      const outputBytes = guest.range(output, outputSize.getUint32(0, true));
      const logBytes = guest.range(log, logSize.getUint32(0, true));
      const result = system.spawn(
        guest.text(path, pathLength),
        guest.text(command, commandLength),
        guest.bytes(input, inputLength),
        outputBytes.length,
        logBytes.length,
      );
      outputBytes.set(result.output);
      logBytes.set(result.log);
      outputSize.setUint32(0, result.output.length, true);
      logSize.setUint32(0, result.log.length, true);
      return result.status;
    },
  };
}

type Import = (...args: number[]) => number;

/** `call` with the refusals of its arguments as its result; it still says how many it takes. */
function answering(call: Import): Import {
  const guarded: Import = (...args) => {
    try {
      return call(...args);
    } catch (error) {
      if (error instanceof Refusal) return -error.errno;
      throw error;
    }
  };
  return Object.defineProperty(guarded, "length", { value: call.length });
}

/**
 * The imports of the core on top of a system: pointers become views of guest memory and text, and a
 * call with any argument outside memory (-EFAULT), of negative length, with a NUL byte or not UTF-8
 * (-EINVAL) or with a path that is too long (-ENAMETOOLONG) never reaches the system.
 *
 * @param memory the guest's memory, asked for at every call: the imports exist before the instance.
 */
export function bindImports(system: System, memory: () => WebAssembly.Memory): HostImports {
  const calls = Object.entries(marshal(system, new Guest(memory)));
  const bound = calls.map(([name, call]) => [name, answering(call as Import)]);
  return Object.fromEntries(bound) as HostImports;
}
