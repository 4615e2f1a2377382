import * as host from "./host";
import { sleepMs } from "./clock";
import { close, openRead } from "./io";
import { statPath } from "./stat";
import { CLONE_NEWNET } from "../linux/sched";

/** The calling thread's own network namespace; not "self", which is the process' first thread's. */
const OWN = "/proc/thread-self/ns/net";

/** How often the way back is tried, and how long is waited between, in milliseconds. */
const LEAVE_TRIES: i32 = 20;
const LEAVE_WAIT_MS: i32 = 10;

/**
 * A network namespace held open, and the way back.
 *
 * A namespace is entered only for what cannot be said otherwise: to open a netlink socket, which
 * then stays bound to it, and to reach /proc/sys/net, which shows the namespace of whoever opens
 * it.
 */
export class Netns {
  private fd: i32 = -1;
  private home: i32 = -1;

  /** Opens the namespace at `path`. Returns 0 or -errno; nothing is held after an error. */
  open(path: string): i32 {
    const fd = openRead(path);
    if (fd < 0) return fd;
    const home = openRead(OWN);
    if (home < 0) {
      close(fd);
      return home;
    }
    this.fd = fd;
    this.home = home;
    return 0;
  }

  /** The descriptor, for IFLA_NET_NS_FD. */
  get descriptor(): i32 {
    return this.fd;
  }

  /** Enters it. Returns 0 or -errno: EINVAL if the file is no network namespace. */
  enter(): i32 {
    return host.setns(this.fd, CLONE_NEWNET);
  }

  /**
   * True if the thread could enter its own namespace again, where it is: then it has CAP_SYS_ADMIN
   * in the user namespace that owns it (setns(2)).
   */
  get isPrivileged(): bool {
    return host.setns(this.home, CLONE_NEWNET) == 0;
  }

  /**
   * Goes back. What comes after would happen in the container's network, so that a failure, which
   * can only be a lack of memory, is not taken for an answer at once.
   *
   * @returns 0 or -errno, after which nothing may be done any more.
   */
  leave(): i32 {
    let left = host.setns(this.home, CLONE_NEWNET);
    for (let i = 1; i < LEAVE_TRIES && left < 0; i++) {
      sleepMs(LEAVE_WAIT_MS);
      left = host.setns(this.home, CLONE_NEWNET);
    }
    return left;
  }

  close(): void {
    if (this.fd >= 0) close(this.fd);
    if (this.home >= 0) close(this.home);
    this.fd = -1;
    this.home = -1;
  }
}

/**
 * True if `path` is the namespace of the calling thread; false also where `path` cannot be looked
 * at.
 */
export function isOwnNetns(path: string): bool {
  const other = statPath(path);
  return other.errno == 0 && other.equals(statPath(OWN));
}
