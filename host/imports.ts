/**
 * What a delegated program left behind: its wait status (wait(2)) or -errno, and its two streams.
 */
export interface SpawnResult {
  readonly status: number;
  readonly output: Uint8Array;
  readonly log: Uint8Array;
}

/**
 * A world that the core can act on: the same calls, names and numbers as `HostImports`, with guest
 * memory already turned into byte views and text by `host/guest.ts`. Real Linux (`host/linux.ts`),
 * the simulated kernel (`host/sim/`) and every wrapper around them implement this.
 *
 * All methods return `>= 0` or `-errno`, and write their output into the views they are given.
 */
export interface System {
  open(path: string, flags: number, mode: number): number;
  read(fd: number, buffer: Uint8Array): number;
  write(fd: number, buffer: Uint8Array): number;
  close(fd: number): number;
  statx(dirfd: number, path: string, flags: number, mask: number, buffer: Uint8Array): number;
  setns(fd: number, nstype: number): number;
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Uint8Array): number;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array): number;
  send(fd: number, buffer: Uint8Array, flags: number): number;
  /** The descriptor of a pipe that the result of send(2), a little-endian i32, comes out of. */
  start_send(fd: number, buffer: Uint8Array, flags: number): number;
  /** `addressLength`: 4 bytes, a little-endian u32; the capacity before, the length after. */
  recvfrom(
    fd: number,
    buffer: Uint8Array,
    flags: number,
    address: Uint8Array,
    addressLength: Uint8Array,
  ): number;
  /** `fds`: structs pollfd, 8 bytes each, whose revents are written. */
  poll(fds: Uint8Array, timeout: number): number;
  /** `timespec`: 16 bytes, two little-endian i64. */
  mkdir(path: string, mode: number): number;
  unlink(path: string): number;
  link(path: string, second: string): number;
  symlink(text: string, path: string): number;
  /** Writes as much of the link's text as fits, in UTF-8; returns how many bytes. */
  readlink(path: string, buffer: Uint8Array): number;
  flock(fd: number, operation: number): number;
  /** Writes structs linux_dirent64; returns how many bytes, 0 at the end. */
  getdents64(fd: number, buffer: Uint8Array): number;
  clock_gettime(clock: number, timespec: Uint8Array): number;
  /** The value as UTF-8, or undefined where the variable is not set. */
  getenv(name: string): Uint8Array | undefined;
  program_invocation_name(): Uint8Array;
  /** Runs a program to its end; more than `outputLimit` bytes of output kill it: status -E2BIG. */
  spawn(
    path: string,
    command: string,
    input: Uint8Array,
    outputLimit: number,
    logLimit: number,
  ): SpawnResult;
}
