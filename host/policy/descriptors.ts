import { EACCES, EBADF } from "../../assembly/linux/errno.ts";
import type { Place } from "./paths.ts";

/**
 * What the core holds open: a standard stream, a file by its place, a netlink socket by its
 * namespace, a packet socket of the container, one that listens, the result of a send in the
 * background.
 */
export type Held =
  | "stream"
  | "hostSocket"
  | "containerSocket"
  | "packetSocket"
  | "listener"
  | "result"
  | Place;

const POLLFD_SIZE = 8;

/** The descriptors that the core was given. Any other number is none, whatever the host has. */
export class Descriptors {
  readonly #held = new Map<number, Held>([
    [0, "stream"],
    [1, "stream"],
    [2, "stream"],
  ]);

  /** Notes the result of a call that opens something: a descriptor, or -errno. */
  add(fd: number, held: Held): number {
    if (fd >= 0) this.#held.set(fd, held);
    return fd;
  }

  remove(fd: number): void {
    this.#held.delete(fd);
  }

  get(fd: number): Held | undefined {
    return this.#held.get(fd);
  }

  isStream(fd: number): boolean {
    return this.get(fd) === "stream";
  }

  isContainer(fd: number): boolean {
    return this.get(fd) === "container";
  }

  isNetns(fd: number): boolean {
    return this.isContainer(fd) || this.get(fd) === "own";
  }

  isDirectory(fd: number): boolean {
    const held = this.get(fd);
    return held === "leases" || held === "index" || held === "records";
  }

  isLockable(fd: number): boolean {
    const held = this.get(fd);
    return held === "lease" || held === "recordLock";
  }

  isNetlink(fd: number): boolean {
    const held = this.get(fd);
    return held === "hostSocket" || held === "containerSocket";
  }

  isPacket(fd: number): boolean {
    const held = this.get(fd);
    return held === "packetSocket" || held === "listener";
  }

  /** What goes through a socket is looked at: by calls of its own, not by these. */
  isReadable(fd: number): boolean {
    return !this.isNetlink(fd) && !this.isPacket(fd) && fd !== 1 && fd !== 2;
  }

  isWritable(fd: number): boolean {
    return !this.isNetlink(fd) && !this.isPacket(fd) && fd !== 0;
  }

  /** 0 if the core was given the descriptor and the call on it is allowed, else -errno. */
  refusalUnless(fd: number, isAllowed: boolean): number {
    if (!this.#held.has(fd)) return -EBADF;
    return isAllowed ? 0 : -EACCES;
  }

  /** The same for structs pollfd (poll(2)); a negative number asks about nothing. */
  refusalOfAny(pollfds: Uint8Array): number {
    const view = new DataView(pollfds.buffer, pollfds.byteOffset, pollfds.length);
    for (let at = 0; at < pollfds.length; at += POLLFD_SIZE) {
      const fd = view.getInt32(at, true);
      if (fd >= 0 && !this.#held.has(fd)) return -EBADF;
    }
    return 0;
  }
}
