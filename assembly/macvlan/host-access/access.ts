import { CniError } from "../../cni/error";
import { Result } from "../../cni/result";
import { UndoStack, UndoStep } from "../../cni/undo";
import { ENODEV, ENOENT, ESRCH } from "../../linux/errno";
import { formatIp, isLinkLocal, parseIp } from "../../net/ip";
import { deleteHostRoute, HostRoute, replaceHostRoute } from "../../rtnetlink/host-route";
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

/** The dummy address of RFC 7600, which no machine has. */
const NOBODY: string = "192.0.0.8";

/** The way between the host and one attachment, by a shim that it shares with all on its master. */
export class HostAccess {
  private record: Record;
  /** A descriptor, while the lock is held. */
  private lock: i32 = -1;
  private isPrepared: bool = false;

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
   * Makes the shim before the pod has an address, so that a DHCP server on the host hears it. Until
   * the way is opened a route to nobody keeps the shim from going with another attachment.
   *
   * @param undo gets the step that closes it.
   */
  prepare(pod: Link, undo: UndoStack): CniError | null {
    let error = this.begin(undo);
    if (error) return error;
    this.isPrepared = true;
    const nobody = parseIp(NOBODY)!;
    const shim = new Shim(this.host, pod.lower);
    error = this.remove(true);
    if (!error) error = this.provide(shim, pod, [nobody]);
    if (!error) error = this.keep(shim, nobody);
    this.release();
    return error;
  }

  /**
   * Opens it.
   *
   * @param container a socket in the container's namespace.
   * @param result has the pod's addresses, and gets the routes to the host that it needs.
   * @param undo gets the step that closes it.
   */
  open(container: RtnlSocket, pod: Link, result: Result, undo: UndoStack): CniError | null {
    let error = this.begin(undo);
    if (error) return error;
    const shim = new Shim(this.host, pod.lower);
    const addresses: Uint8Array[] = [];
    for (let i = 0; i < result.ips.length; i++) {
      const ip = result.ips[i].address.ip;
      if (!isLinkLocal(ip)) addresses.push(ip);
    }
    const kept = this.isPrepared ? [parseIp(NOBODY)!] : [];
    // An ADD that was killed may have left a way to other addresses.
    if (!this.isPrepared) error = this.remove(true);
    if (!error) error = this.provide(shim, pod, kept.concat(addresses));
    const opening = new Opening(this.host, container, shim, pod, this.record.priority);
    if (!error) error = opening.run(addresses, result);
    if (!error && this.isPrepared) error = this.removeRoute(shim, kept[0]);
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

  private begin(undo: UndoStack): CniError | null {
    let error = this.record.makeDirectory();
    if (!error) error = this.acquire();
    // Not before the lock is had: who could not get it need not wait for it once more.
    if (!error) undo.push(new CloseHostAccess(this));
    return error;
  }

  /** Sees to it that the shim is there. @param addresses to which there will be routes. */
  private provide(shim: Shim, pod: Link, addresses: Uint8Array[]): CniError | null {
    const reply = findLinkByIndex(this.host, pod.lower);
    const failure = reply.error;
    if (failure) return refused(`look up the master of "${pod.name}"`, failure);
    this.record.master = pod.lower;
    this.record.addresses = addresses;
    const error = this.record.write();
    return error ? error : shim.provide(reply.link!);
  }

  private keep(shim: Shim, nobody: Uint8Array): CniError | null {
    const request = new MessageWriter();
    replaceHostRoute(request, this.routeTo(shim, nobody));
    const failure = this.host.execute(request);
    return failure ? refused(`keep interface "${shim.name}" of the host`, failure) : null;
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
    const request = new MessageWriter();
    deleteHostRoute(request, this.routeTo(shim, ip));
    const failure = this.host.execute(request);
    if (!failure || failure.errno == ESRCH || failure.errno == ENODEV) return null;
    return refused(`delete the host's route ${formatIp(ip)} dev "${shim.name}"`, failure);
  }

  private routeTo(shim: Shim, ip: Uint8Array): HostRoute {
    const route = new HostRoute();
    route.dst = ip;
    route.index = shim.index;
    route.protocol = PROTOCOL;
    route.priority = this.record.priority;
    return route;
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
