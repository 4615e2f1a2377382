import { CniError, INVALID_ENVIRONMENT, SYSTEM_FAILURE, systemError } from "../cni/error";
import { see } from "../cni/troubleshooting";
import { EINVAL, ENOENT, ENOTDIR, EPERM } from "../linux/errno";
import { RtnlSocket } from "../rtnetlink/socket";
import { Netns } from "../sys/netns";
import { statPath } from "../sys/stat";

/** What a command holds open: the container's namespace, and a socket in each of the two. */
export class Session {
  readonly netns: Netns = new Netns();
  readonly host: RtnlSocket = new RtnlSocket();
  readonly container: RtnlSocket = new RtnlSocket();
  /** True if there is no namespace at the container's path: it is gone, or was never one. */
  isGone: bool = false;

  /** Opens a socket in the host's namespace. */
  openHost(): CniError | null {
    const errno = this.host.open();
    return errno < 0 ? systemError(SYSTEM_FAILURE, "open a netlink socket", errno) : null;
  }

  /** Opens the container's namespace, and a socket in it. */
  openContainer(path: string): CniError | null {
    const file = statPath(path);
    if (file.errno != 0) {
      this.isGone = file.errno == ENOENT || file.errno == ENOTDIR;
      return systemError(INVALID_ENVIRONMENT, `open CNI_NETNS "${path}"`, file.errno);
    }
    // To open a named pipe would wait for a writer that never comes.
    if (!file.isRegular) return this.notNamespace(path);
    const opened = this.netns.open(path);
    if (opened < 0) return systemError(INVALID_ENVIRONMENT, `open CNI_NETNS "${path}"`, opened);
    const entered = this.netns.enter();
    if (entered == -EINVAL) return this.notNamespace(path);
    if (entered < 0) {
      const error = systemError(
        SYSTEM_FAILURE,
        `enter CNI_NETNS "${path}" (needs CAP_SYS_ADMIN here and in the namespace's owner)`,
        entered,
      );
      if (entered == -EPERM) error.details = this.missingCapability();
      return error;
    }
    const socket = this.container.open();
    const left = this.netns.leave();
    if (left < 0) return systemError(SYSTEM_FAILURE, `leave CNI_NETNS "${path}"`, left);
    if (socket < 0) return systemError(SYSTEM_FAILURE, "open a netlink socket", socket);
    return null;
  }

  close(): void {
    this.container.close();
    this.host.close();
    this.netns.close();
  }

  private missingCapability(): string {
    if (this.netns.isPrivileged) {
      const what = "CNI_NETNS belongs to a user namespace in which this process is not privileged";
      return see(`${what}: run the plugin in that one`, "a-user-namespace-is-in-the-way");
    }
    const what = "this process has no CAP_SYS_ADMIN where its own network namespace belongs to";
    return see(`${what}: run it as root of that user namespace`, "no-cap_sys_admin");
  }

  private notNamespace(path: string): CniError {
    this.isGone = true;
    return new CniError(INVALID_ENVIRONMENT, `CNI_NETNS "${path}" is not a network namespace`);
  }
}
