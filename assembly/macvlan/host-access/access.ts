import { CniError } from "../../cni/error";
import { Result } from "../../cni/result";
import { UndoStack, UndoStep } from "../../cni/undo";
import { ENODEV, ENOENT, ESRCH } from "../../linux/errno";
import { formatIp, isLinkLocal } from "../../net/ip";
import { deleteHostRoute, HostRoute } from "../../rtnetlink/host-route";
import { Link } from "../../rtnetlink/link";
import { MessageWriter } from "../../rtnetlink/message";
import { deleteNeighbour } from "../../rtnetlink/neighbour";
import { findLinkByIndex } from "../../rtnetlink/query";
import { RtnlSocket } from "../../rtnetlink/socket";
import { close } from "../../sys/io";
import { Opening, refused } from "./opening";
import { lockError, lockRecords, Record } from "./record";
import { PROTOCOL, ShimRoutes } from "./routes";
import { Shim } from "./shim";

/** The way between the host and one attachment, by a shim that it shares with all on its master. */
export class HostAccess {
  private record: Record;
  /** A descriptor, while the lock is held. */
  private lock: i32 = -1;

  /**
   * @param host a socket in the host's namespace.
   * @param name of `recordName`.
   */
  constructor(
    private host: RtnlSocket,
    network: string,
    name: string,
  ) {
    this.record = new Record(network, name);
  }

  /**
   * Opens it.
   *
   * @param container a socket in the container's namespace.
   * @param result has the pod's addresses, and gets the routes to the host that it needs.
   * @param undo gets the step that closes it.
   */
  open(container: RtnlSocket, pod: Link, result: Result, undo: UndoStack): CniError | null {
    const reply = findLinkByIndex(this.host, pod.lower);
    const failure = reply.error;
    if (failure) return refused(`look up the master of "${pod.name}"`, failure);
    let error = this.record.makeDirectory();
    if (!error) error = this.acquire();
    if (error) return error;
    // Not before the lock is had: who could not get it need not wait for it once more.
    undo.push(new CloseHostAccess(this));
    // An ADD that was killed may have left a way to other addresses.
    error = this.remove(true);
    if (!error) error = this.provide(container, pod, reply.link!, result);
    this.release();
    return error;
  }

  /**
   * Closes it, by its record alone.
   *
   * @param isSynchronous as in `removeLink`.
   */
  close(isSynchronous: bool): CniError | null {
    let error = this.acquire();
    if (error) return error;
    error = this.remove(isSynchronous);
    this.release();
    return error;
  }

  /** A core that trapped may hold it already. */
  private acquire(): CniError | null {
    if (this.lock < 0) this.lock = lockRecords();
    return this.lock < 0 ? lockError(this.lock) : null;
  }

  private release(): void {
    close(this.lock);
    this.lock = -1;
  }

  private provide(container: RtnlSocket, pod: Link, master: Link, result: Result): CniError | null {
    const record = this.record;
    record.master = master.index;
    for (let i = 0; i < result.ips.length; i++) {
      const ip = result.ips[i].address.ip;
      if (!isLinkLocal(ip)) record.addresses.push(ip);
    }
    const shim = new Shim(this.host, master.index);
    let error = record.write();
    if (!error) error = shim.provide(master);
    if (error) return error;
    const opening = new Opening(this.host, container, shim, pod, record.priority);
    return opening.run(record.addresses, result);
  }

  /** Routes first, then the shim if that was the last of them, the record at the end. */
  private remove(isSynchronous: bool): CniError | null {
    const record = this.record;
    const errno = record.read();
    if (errno != 0) return errno == ENOENT ? null : record.result("read", errno);
    const shim = new Shim(this.host, record.master);
    for (let i = 0; i < record.addresses.length; i++) {
      const error = this.removeRoute(shim, record.addresses[i]);
      if (error) return error;
    }
    const left = new ShimRoutes(shim.index);
    let error = left.load(this.host);
    if (error) return error;
    if (left.routes.length == 0) error = shim.remove(isSynchronous);
    else error = this.removeNeighbours(shim, left);
    return error ? error : record.remove();
  }

  private removeRoute(shim: Shim, ip: Uint8Array): CniError | null {
    const route = new HostRoute();
    route.dst = ip;
    route.index = shim.index;
    route.protocol = PROTOCOL;
    route.priority = this.record.priority;
    const request = new MessageWriter();
    deleteHostRoute(request, route);
    const failure = this.host.execute(request);
    if (!failure || failure.errno == ESRCH || failure.errno == ENODEV) return null;
    return refused(`delete the host's route ${formatIp(ip)} dev "${shim.name}"`, failure);
  }

  /** A neighbour is one for all routes to its address: the next pod that has it may be there. */
  private removeNeighbours(shim: Shim, left: ShimRoutes): CniError | null {
    const addresses = this.record.addresses;
    for (let i = 0; i < addresses.length; i++) {
      if (left.find(addresses[i], 0)) continue;
      const request = new MessageWriter();
      deleteNeighbour(request, shim.index, addresses[i]);
      const failure = this.host.execute(request);
      if (!failure || failure.errno == ENOENT || failure.errno == ENODEV) continue;
      const ip = formatIp(addresses[i]);
      return refused(`delete the host's neighbour ${ip} dev "${shim.name}"`, failure);
    }
    return null;
  }
}

/** Closes what a failed ADD may have opened. */
class CloseHostAccess extends UndoStep {
  constructor(private access: HostAccess) {
    super();
  }

  run(): CniError | null {
    return this.access.close(false);
  }
}
