import { CniError, IO_FAILURE, systemError, TRY_AGAIN_LATER } from "../../cni/error";
import { EEXIST, ENOENT, ENOTDIR, EOPNOTSUPP, EPERM, ETIMEDOUT } from "../../linux/errno";
import { equalBytes, formatIp, parseIp } from "../../net/ip";
import { makeDirectories } from "../../sys/directory";
import { createFile, linkFile, lockFile, readFile, removeFile, writeFile } from "../../sys/file";
import { close, log } from "../../sys/io";
import { statPath } from "../../sys/stat";
import { IP_TEXT_LIMIT, LAST_RESERVED, LeaseIndex } from "./lease-index";
import { Owner } from "./lease";
import { LeaseFile } from "./lease-file";
import { LeaseScan } from "./lease-scan";

/** How long another process may hold the lock before this one gives up, in milliseconds. */
const LOCK_TIMEOUT: i32 = 60_000;

// Files beside the leases, shared with other implementations of host-local: `lock`, and for each
// range set `last_reserved_ip.N`. The name with the dot is ours: it is there only while a lease is
// made.
const LOCK: string = "lock";
const NEW_LEASE: string = ".new-lease";

/** More owners than that are looked up in the lease files: an index would take too much memory. */
const INDEX_LIMIT: i32 = 100_000;

/** What is said of a file that has an address's name and is none of ours. */
export const NO_LEASE: string = "names no container and interface: it stays";

/**
 * The leases of one network: a directory in which a file named by an address reserves it. The lock
 * is held from `open` to `close`, by this process or by any other that knows the format.
 *
 * A lease comes into being whole: it is written under another name, and linked to its address,
 * which fails if the address is taken. So there are no empty leases, whenever a process is killed.
 */
export class Store {
  readonly index: LeaseIndex;
  private lock: i32 = -1;
  /** Why `find` may have overlooked an address, or null. */
  trouble: CniError | null = null;
  private prepared: string = "";
  private file: LeaseFile = new LeaseFile();

  constructor(readonly directory: string) {
    this.index = new LeaseIndex(directory);
  }

  /** False if the directory is missing; another error comes out when it is opened. */
  get exists(): bool {
    const errno = statPath(this.directory).errno;
    return errno != ENOENT && errno != ENOTDIR;
  }

  /** Creates the directory if it is missing, and takes the lock. */
  open(): CniError | null {
    const made = makeDirectories(this.directory, 0o755);
    if (made < 0) return this.failure("create", this.directory, made);
    const path = `${this.directory}/${LOCK}`;
    const lock = lockFile(path, 0o750, LOCK_TIMEOUT);
    if (lock == -ETIMEDOUT) {
      return new CniError(
        TRY_AGAIN_LATER,
        `host-local: "${path}" is locked by another process for longer than ` +
          `${(LOCK_TIMEOUT / 1000).toString()} s: find it with fuser or lslocks`,
      );
    }
    if (lock < 0) return this.failure("lock", path, lock);
    this.lock = lock;
    this.index.create();
    return null;
  }

  close(): void {
    if (this.lock >= 0) close(this.lock);
    this.lock = -1;
  }

  /** Prepares a lease for `take`. */
  begin(owner: Owner): CniError | null {
    this.prepared = owner.toString();
    const path = `${this.directory}/${NEW_LEASE}`;
    let made = createFile(path, this.prepared, 0o600);
    if (made == -EEXIST) {
      // Somebody was killed while making a lease. It may be linked to one, so it is not written to.
      const removed = removeFile(path);
      if (removed < 0) return this.failure("remove", path, removed);
      made = createFile(path, this.prepared, 0o600);
    }
    return made < 0 ? this.failure("write", path, made) : null;
  }

  /** Makes the prepared lease that of an address. Returns 0, -EEXIST if it is taken, or -errno. */
  take(ip: Uint8Array): i32 {
    const linked = linkFile(`${this.directory}/${NEW_LEASE}`, this.pathOf(ip));
    if (linked != -EPERM && linked != -EOPNOTSUPP) return linked;
    // A file system without hard links, on which a lease is written in place, as others do it.
    return createFile(this.pathOf(ip), this.prepared, 0o600);
  }

  end(): void {
    removeFile(`${this.directory}/${NEW_LEASE}`);
  }

  /** The address that was reserved last from a range set, or null. */
  lastReserved(set: i32): Uint8Array | null {
    const file = readFile(this.lastReservedPath(set), IP_TEXT_LIMIT);
    if (file.errno != 0) {
      if (file.errno != ENOENT) log(`cannot read ${this.lastReservedPath(set)}; starting anew`);
      return null;
    }
    return parseIp(String.UTF8.decodeUnsafe(file.bytes.dataStart, file.bytes.length));
  }

  setLastReserved(set: i32, ip: Uint8Array): CniError | null {
    const path = this.lastReservedPath(set);
    const written = writeFile(path, formatIp(ip), 0o600);
    return written < 0 ? this.failure("write", path, written) : null;
  }

  /** What the lease file of an address says, without space around it; empty if there is none. */
  contentOf(ip: Uint8Array): string {
    const path = String.UTF8.encode(this.pathOf(ip));
    this.file.read(changetype<usize>(path), path.byteLength);
    if (this.file.errno != 0) this.trouble = this.failure("read", this.pathOf(ip), this.file.errno);
    return this.file.content;
  }

  remove(ip: Uint8Array): CniError | null {
    const path = this.pathOf(ip);
    const removed = removeFile(path);
    return removed < 0 && removed != -ENOENT ? this.failure("remove", path, removed) : null;
  }

  /**
   * The addresses of an owner: those of the index, if it knows all leases; else, and where it has
   * none, all lease files are looked through.
   *
   * @param isComplete whether the index knows all leases.
   */
  find(owner: Owner, isComplete: bool): Uint8Array[] {
    const ips = isComplete ? this.confirm(owner) : [];
    return ips.length > 0 && !this.trouble ? ips : this.search(owner);
  }

  /** The addresses of an owner, where the index has just been complete or rebuilt. */
  findIndexed(owner: Owner): Uint8Array[] {
    return this.index.isBroken ? this.search(owner) : this.confirm(owner);
  }

  /** The addresses that the index knows of an owner, and the lease files confirm. */
  private confirm(owner: Owner): Uint8Array[] {
    const ips: Uint8Array[] = [];
    const known = this.index.get(owner);
    for (let i = 0; i < known.length; i++) {
      if (!holds(ips, known[i]) && this.contentOf(known[i]) == owner.toString()) ips.push(known[i]);
    }
    return ips;
  }

  /** Makes the index forget an owner who has no lease. */
  forget(owner: Owner): void {
    if (this.index.get(owner).length > 0 && this.confirm(owner).length == 0) {
      this.index.remove(owner);
    }
  }

  /** Makes the index know all leases, which takes a look at each of them. */
  rebuildIndex(): CniError | null {
    const ips = new Map<string, Uint8Array[]>();
    const scan = new LeaseScan(this.directory);
    while (scan.next() && ips.size <= INDEX_LIMIT) {
      const ip = scan.ip;
      if (!ip) continue;
      const content = scan.file.content;
      if (!Owner.parse(content)) log(`${this.directory}/${formatIp(ip)} ${NO_LEASE}`);
      else if (ips.has(content)) ips.get(content).push(ip);
      else ips.set(content, [ip]);
    }
    if (scan.errno != 0) return this.failure("read", this.directory, scan.errno);
    if (ips.size > INDEX_LIMIT) this.index.isBroken = true;
    else this.index.replace(ips);
    return null;
  }

  /** Leases that name the container alone count where there are none that name the interface. */
  private search(owner: Owner): Uint8Array[] {
    const exact: Uint8Array[] = [];
    const legacy: Uint8Array[] = [];
    const content = String.UTF8.encode(owner.toString());
    const legacyContent = String.UTF8.encode(owner.legacy.toString());
    const scan = new LeaseScan(this.directory);
    this.trouble = null;
    while (scan.next()) {
      const isExact = scan.file.holds(content);
      if (!isExact && !scan.file.holds(legacyContent)) continue;
      const ip = scan.ip;
      if (ip && isExact) exact.push(ip);
      else if (ip) legacy.push(ip);
    }
    if (scan.errno != 0) this.trouble = this.failure("read", this.directory, scan.errno);
    return exact.length > 0 ? exact : legacy;
  }

  private pathOf(ip: Uint8Array): string {
    return `${this.directory}/${formatIp(ip)}`;
  }

  private lastReservedPath(set: i32): string {
    return `${this.directory}/${LAST_RESERVED}${set.toString()}`;
  }

  private failure(verb: string, path: string, errno: i32): CniError {
    return systemError(IO_FAILURE, `host-local: cannot ${verb} "${path}"`, errno);
  }
}

function holds(ips: Uint8Array[], ip: Uint8Array): bool {
  for (let i = 0; i < ips.length; i++) if (equalBytes(ips[i], ip)) return true;
  return false;
}
