import { Errno } from "./errno.ts";
import type { Netns } from "./netns.ts";
import { EBADF, EINVAL, ENOTDIR, ENOTSOCK, EOPNOTSUPP, POLLIN, POLLOUT } from "./uapi.ts";

/** What statx(2) tells about a file. */
export interface FileStat {
  /** S_IF* and permission bits. */
  readonly mode: number;
  readonly device: number;
  readonly inode: number;
  readonly size: number;
  /** Milliseconds of the machine's clock. */
  readonly mtime: number;
}

/** What a call may ask of the process that makes it. */
export interface Caller {
  /** The namespace that a descriptor of the process refers to. @throws Errno EBADF, EINVAL */
  netnsOf(fd: number): Netns;
  /**
   * Lets time pass until `ready` or for `timeout` milliseconds (-1: without end).
   *
   * @returns whether it is ready.
   */
  wait(ready: () => boolean, timeout: number): boolean;
}

/** An open file. What a kind of file cannot do is refused here, as the kernel would. */
export abstract class Descriptor {
  abstract stat(): FileStat;

  /** The network namespace that setns(2) enters by it. */
  get netns(): Netns {
    throw new Errno(EINVAL);
  }

  /** POLL* events that hold now. */
  get events(): number {
    return POLLIN | POLLOUT;
  }

  read(_buffer: Uint8Array): number {
    throw new Errno(EBADF);
  }

  write(_bytes: Uint8Array): number {
    throw new Errno(EBADF);
  }

  bind(_address: Uint8Array): void {
    throw new Errno(ENOTSOCK);
  }

  setsockopt(_level: number, _name: number, _value: Uint8Array): void {
    throw new Errno(ENOTSOCK);
  }

  send(_bytes: Uint8Array, _caller: Caller): number {
    throw new Errno(ENOTSOCK);
  }

  /** Keeps the answers to what was sent back, until the function that is returned is called. */
  holdAnswers(): () => void {
    return () => {};
  }

  receive(_buffer: Uint8Array, _flags: number, _caller: Caller): Received {
    throw new Errno(ENOTSOCK);
  }

  /** @param exclusive undefined to give the lock back. */
  flock(_exclusive: boolean | undefined): boolean {
    throw new Errno(EBADF);
  }

  entries(_buffer: Uint8Array): number {
    throw new Errno(ENOTDIR);
  }

  close(): void {}
}

/** A datagram taken off a socket: its length as recvfrom(2) returns it, and the sender. */
export interface Received {
  readonly length: number;
  readonly sender: Uint8Array;
}

/** A namespace file (nsfs): it can be held, entered and told apart, nothing else. */
export class NetnsDescriptor extends Descriptor {
  constructor(
    readonly target: Netns,
    readonly identity: FileStat,
  ) {
    super();
  }

  override get netns(): Netns {
    return this.target;
  }

  override stat(): FileStat {
    return this.identity;
  }

  override read(): number {
    throw new Errno(EINVAL);
  }

  override write(): number {
    throw new Errno(EOPNOTSUPP);
  }
}
