import type { SpawnResult, System } from "../imports.ts";
import type { Caller, Descriptor } from "./descriptor.ts";
import { Errno } from "./errno.ts";
import type { Files } from "./files.ts";
import * as folder from "./folder.ts";
import type { Kernel } from "./kernel.ts";
import { NetlinkSocket } from "./netlink.ts";
import type { Netns } from "./netns.ts";
import { encodeStatx, openPath, programAt, statPath, UMASK, type View } from "./open.ts";
import { PacketSocket } from "./packet.ts";
import { type Invocation, waitStatus } from "./program.ts";
import { PipeReader, PipeWriter, SendResult } from "./stream.ts";
import {
  AF_NETLINK,
  AF_PACKET,
  AT_EMPTY_PATH,
  CLOCK_MONOTONIC,
  CLONE_NEWNET,
  E2BIG,
  EAFNOSUPPORT,
  EAGAIN,
  EBADF,
  EINVAL,
  EPERM,
  EPROTONOSUPPORT,
  ESOCKTNOSUPPORT,
  LOCK_EX,
  LOCK_NB,
  LOCK_SH,
  LOCK_UN,
  NETLINK_ROUTE,
  POLLNVAL,
  SOCK_DGRAM,
  SOCK_RAW,
  SOCK_TYPE_MASK,
} from "./uapi.ts";

/** What each call costs, in milliseconds: a program that spins sees time pass too. */
const CALL_MS = 0.01;
const POLLFD = 8;

/** What a process is started with. */
export interface ProcessParts extends Invocation {
  readonly kernel: Kernel;
  readonly files: Files;
}

/** A process of one thread: its descriptors, its environment and the namespace it is in. */
export class Process implements System, Caller {
  readonly stdout = new PipeWriter();
  readonly stderr = new PipeWriter();
  readonly #parts: ProcessParts;
  readonly #descriptors: (Descriptor | undefined)[];
  #netns: Netns;

  constructor(parts: ProcessParts) {
    this.#parts = parts;
    this.#netns = parts.netns;
    this.#descriptors = [new PipeReader(parts.stdin), this.stdout, this.stderr];
  }

  /** The namespace that it is in now. */
  get netns(): Netns {
    return this.#netns;
  }

  /** How many descriptors it holds besides the standard ones. */
  get held(): number {
    return this.#descriptors.slice(3).filter((descriptor) => descriptor !== undefined).length;
  }

  /** What the kernel does at its end: nothing of it listens any more. */
  exit(): void {
    for (const descriptor of this.#descriptors) descriptor?.close();
  }

  open(path: string, flags: number, mode: number): number {
    return this.#call(() => this.#install(openPath(this.#view, path, flags, mode)));
  }

  read(fd: number, buffer: Uint8Array): number {
    return this.#call(() => this.#get(fd).read(buffer));
  }

  write(fd: number, buffer: Uint8Array): number {
    return this.#call(() => this.#get(fd).write(buffer));
  }

  close(fd: number): number {
    return this.#do(() => {
      this.#get(fd).close();
      this.#descriptors[fd] = undefined;
    });
  }

  statx(dirfd: number, path: string, flags: number, _mask: number, buffer: Uint8Array): number {
    return this.#do(() => {
      const empty = path === "" && (flags & AT_EMPTY_PATH) !== 0;
      const stat = empty ? this.#get(dirfd).stat() : statPath(this.#view, path, flags);
      buffer.set(encodeStatx(stat).subarray(0, buffer.length));
    });
  }

  mkdir(path: string, mode: number): number {
    return this.#do(() => folder.mkdir(this.#parts.files, path, mode & ~UMASK));
  }

  unlink(path: string): number {
    return this.#do(() => folder.unlink(this.#parts.files, path));
  }

  link(path: string, second: string): number {
    return this.#do(() => folder.link(this.#parts.files, path, second));
  }

  symlink(text: string, path: string): number {
    return this.#do(() => folder.symlink(this.#parts.files, text, path));
  }

  readlink(path: string, buffer: Uint8Array): number {
    return this.#call(() => {
      if (buffer.length === 0) throw new Errno(EINVAL);
      const text = new TextEncoder().encode(folder.readlink(this.#parts.files, path));
      buffer.set(text.subarray(0, buffer.length));
      return Math.min(text.length, buffer.length);
    });
  }

  flock(fd: number, operation: number): number {
    return this.#do(() => {
      const descriptor = this.#get(fd);
      const kind = operation & ~LOCK_NB;
      if (![LOCK_SH, LOCK_EX, LOCK_UN].includes(kind)) throw new Errno(EINVAL);
      const exclusive = kind === LOCK_UN ? undefined : kind === LOCK_EX;
      const timeout = (operation & LOCK_NB) !== 0 ? 0 : -1;
      if (!this.wait(() => descriptor.flock(exclusive), timeout)) throw new Errno(EAGAIN);
    });
  }

  getdents64(fd: number, buffer: Uint8Array): number {
    return this.#call(() => this.#get(fd).entries(buffer));
  }

  setns(fd: number, nstype: number): number {
    return this.#do(() => {
      const { netns } = this.#get(fd);
      if (nstype !== CLONE_NEWNET && nstype !== 0) throw new Errno(EINVAL);
      if (!this.#parts.kernel.privileged || !netns.sysAdmin) throw new Errno(EPERM);
      this.#netns = netns;
    });
  }

  socket(domain: number, type: number, protocol: number): number {
    return this.#call(() => {
      if (domain === AF_PACKET) return this.#install(this.#packetSocket(type, protocol));
      if (domain !== AF_NETLINK) throw new Errno(EAFNOSUPPORT);
      if (![SOCK_RAW, SOCK_DGRAM].includes(type & SOCK_TYPE_MASK)) throw new Errno(EINVAL);
      if (protocol !== NETLINK_ROUTE) throw new Errno(EPROTONOSUPPORT);
      return this.#install(new NetlinkSocket(this.#netns));
    });
  }

  bind(fd: number, address: Uint8Array): number {
    return this.#do(() => this.#get(fd).bind(address));
  }

  setsockopt(fd: number, level: number, name: number, value: Uint8Array): number {
    return this.#do(() => this.#get(fd).setsockopt(level, name, value));
  }

  send(fd: number, buffer: Uint8Array, _flags: number): number {
    return this.#call(() => this.#get(fd).send(buffer, this));
  }

  start_send(fd: number, buffer: Uint8Array, flags: number): number {
    const { clock, freeMs } = this.#parts.kernel;
    const result = new SendResult(this.send(fd, buffer, flags));
    const release = this.#descriptors[fd]?.holdAnswers();
    clock.after(freeMs, () => {
      result.isDone = true;
      release?.();
    });
    return this.#call(() => this.#install(result));
  }

  recvfrom(
    fd: number,
    buffer: Uint8Array,
    flags: number,
    address: Uint8Array,
    addressLength: Uint8Array,
  ): number {
    return this.#call(() => {
      const { length, sender } = this.#get(fd).receive(buffer, flags, this);
      address.set(sender.subarray(0, address.length));
      new DataView(addressLength.buffer, addressLength.byteOffset).setUint32(
        0,
        sender.length,
        true,
      );
      return length;
    });
  }

  poll(fds: Uint8Array, timeout: number): number {
    return this.#call(() => {
      let ready = 0;
      this.wait(() => {
        ready = this.#markReady(fds);
        return ready > 0;
      }, timeout);
      return ready;
    });
  }

  clock_gettime(clock: number, timespec: Uint8Array): number {
    return this.#do(() => {
      if (clock !== CLOCK_MONOTONIC) throw new Errno(EINVAL);
      const { now } = this.#parts.kernel.clock;
      const seconds = Math.floor(now / 1000);
      const view = new DataView(timespec.buffer, timespec.byteOffset, 16);
      view.setBigInt64(0, BigInt(seconds), true);
      view.setBigInt64(8, BigInt(Math.floor((now - seconds * 1000) * 1e6)), true);
    });
  }

  getenv(name: string): Uint8Array | undefined {
    const value = Object.hasOwn(this.#parts.env, name) ? this.#parts.env[name] : undefined;
    return value === undefined ? undefined : new TextEncoder().encode(value);
  }

  program_invocation_name(): Uint8Array {
    return new TextEncoder().encode(this.#parts.path);
  }

  spawn(
    path: string,
    command: string,
    input: Uint8Array,
    outputLimit: number,
    logLimit: number,
  ): SpawnResult {
    let output = new Uint8Array(0);
    let log = new Uint8Array(0);
    const status = this.#call(() => {
      const program = programAt(this.#parts.files, path);
      const env = { ...this.#parts.env, CNI_COMMAND: command };
      const exit = program({ path, env, stdin: input.slice(), netns: this.#netns });
      const stdout = exit.stdout ?? "";
      output = typeof stdout === "string" ? new TextEncoder().encode(stdout) : stdout.slice();
      log = new TextEncoder().encode(exit.stderr ?? "");
      this.stderr.write(log);
      if (output.length > outputLimit) throw new Errno(E2BIG);
      return waitStatus(exit);
    });
    const tail = log.subarray(Math.max(0, log.length - logLimit));
    return { status, output: output.subarray(0, outputLimit), log: tail };
  }

  netnsOf(fd: number): Netns {
    return this.#get(fd).netns;
  }

  wait(ready: () => boolean, timeout: number): boolean {
    const { clock } = this.#parts.kernel;
    const deadline = timeout < 0 ? Number.POSITIVE_INFINITY : clock.now + timeout;
    while (!ready()) {
      const { next } = clock;
      if (next === undefined && timeout < 0) throw new Error("waits for what will never happen");
      clock.advanceTo(Math.min(next ?? deadline, deadline));
      if (clock.now >= deadline) return ready();
    }
    return true;
  }

  /** Only one that is of no protocol before it is bound. */
  #packetSocket(type: number, protocol: number): PacketSocket {
    if (!this.#parts.kernel.privileged || !this.#netns.netRaw) throw new Errno(EPERM);
    if ((type & SOCK_TYPE_MASK) !== SOCK_RAW) throw new Errno(ESOCKTNOSUPPORT);
    if (protocol !== 0) throw new Errno(EPROTONOSUPPORT);
    return new PacketSocket(this.#netns);
  }

  /** What it sees when it looks at a path. */
  get #view(): View {
    return { files: this.#parts.files, netns: this.#netns };
  }

  /** The one place where a refusal becomes -errno. */
  #call(body: () => number): number {
    this.#parts.kernel.clock.advance(CALL_MS);
    try {
      return body();
    } catch (error) {
      if (error instanceof Errno) return -error.errno;
      throw error;
    }
  }

  /** As `#call`, for what has nothing to say but that it succeeded. */
  #do(body: () => void): number {
    return this.#call(() => {
      body();
      return 0;
    });
  }

  #get(fd: number): Descriptor {
    const descriptor = this.#descriptors[fd];
    if (descriptor === undefined) throw new Errno(EBADF);
    return descriptor;
  }

  #install(descriptor: Descriptor): number {
    const free = this.#descriptors.indexOf(undefined);
    const fd = free < 0 ? this.#descriptors.length : free;
    this.#descriptors[fd] = descriptor;
    return fd;
  }

  /** Writes revents. @returns how many of the structs pollfd have some. */
  #markReady(fds: Uint8Array): number {
    let ready = 0;
    for (let offset = 0; offset < fds.length; offset += POLLFD) {
      const view = new DataView(fds.buffer, fds.byteOffset + offset, POLLFD);
      const fd = view.getInt32(0, true);
      const known = this.#descriptors[fd]?.events ?? POLLNVAL;
      const wanted = view.getUint16(4, true) | POLLNVAL;
      const events = fd < 0 ? 0 : known & wanted;
      view.setUint16(6, events, true);
      if (events !== 0) ready++;
    }
    return ready;
  }
}
