import { CniError, IO_FAILURE, systemError, TRY_AGAIN_LATER } from "../../cni/error";
import { EEXIST, ENOENT, ETIMEDOUT } from "../../linux/errno";
import { equalBytes, formatIp, parseIp } from "../../net/ip";
import { makeDirectories } from "../../sys/directory";
import { createFile, linkFile, lockFile, readFile, removeFile, writeFile } from "../../sys/file";
import { close, log } from "../../sys/io";
import { LeaseIndex } from "./lease-index";
import { Owner } from "./lease";
import { LeaseScan } from "./lease-scan";

/** How long another process may hold the lock before this one gives up, in milliseconds. */
const LOCK_TIMEOUT: i32 = 60_000;

/** No address is longer as text, in bytes. */
const IP_TEXT_LIMIT: i32 = 64;

/** No lease is longer, in bytes: what is, is somebody else's file. */
const CONTENT_LIMIT: i32 = 4096;

// Files beside the leases, shared with other implementations of host-local: `lock`, and for each
// range set `last_reserved_ip.N`. The name with the dot is ours: it is there only while a lease is
// made.
const LOCK: string = "lock";
const LAST_RESERVED: string = "last_reserved_ip.";
const NEW_LEASE: string = ".new-lease";

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

  constructor(readonly directory: string) {
    this.index = new LeaseIndex(directory);
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
    const path = `${this.directory}/${NEW_LEASE}`;
    let made = createFile(path, owner.toString(), 0o600);
    if (made == -EEXIST) {
      // Somebody was killed while making a lease. It may be linked to one, so it is not written to.
      removeFile(path);
      made = createFile(path, owner.toString(), 0o600);
    }
    return made < 0 ? this.failure("write", path, made) : null;
  }

  /** Makes the prepared lease that of an address. Returns 0, -EEXIST if it is taken, or -errno. */
  take(ip: Uint8Array): i32 {
    return linkFile(`${this.directory}/${NEW_LEASE}`, this.pathOf(ip));
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
    const file = readFile(this.pathOf(ip), CONTENT_LIMIT);
    if (file.errno != 0) return "";
    return String.UTF8.decodeUnsafe(file.bytes.dataStart, file.bytes.length).trim();
  }

  remove(ip: Uint8Array): CniError | null {
    const path = this.pathOf(ip);
    const removed = removeFile(path);
    return removed < 0 && removed != -ENOENT ? this.failure("remove", path, removed) : null;
  }

  /**
   * The addresses of an owner, surely: those of the index and of `hints` that their lease files
   * confirm; where there are none, all files are looked through.
   */
  find(owner: Owner, hints: Uint8Array[]): Uint8Array[] {
    const ips = this.findIndexed(owner);
    for (let i = 0; i < hints.length; i++) this.confirm(owner, hints[i], ips);
    if (ips.length > 0) return ips;
    const exact = this.search(owner);
    // Leases of before there were several interfaces to a container name the container alone.
    return exact.length > 0 ? exact : this.search(new Owner(owner.containerId, ""));
  }

  /** The addresses of an owner that the index knows and their lease files confirm. */
  findIndexed(owner: Owner): Uint8Array[] {
    const ips: Uint8Array[] = [];
    const known = this.index.get(owner);
    for (let i = 0; i < known.length; i++) this.confirm(owner, known[i], ips);
    return ips;
  }

  /** Makes the index know all leases, which takes a look at each of them. */
  rebuildIndex(): void {
    const owners = new Map<string, Uint8Array[]>();
    const scan = new LeaseScan(this.directory);
    while (scan.next()) {
      const ip = parseIp(scan.name);
      if (!ip) continue;
      const content = scan.content;
      const ips = owners.has(content) ? owners.get(content) : [];
      ips.push(ip);
      owners.set(content, ips);
    }
    this.index.clear();
    const contents = owners.keys();
    for (let i = 0; i < contents.length; i++) {
      const owner = Owner.parse(contents[i]);
      if (owner) this.index.set(owner, owners.get(contents[i]));
      else log(`${this.directory}: a lease file names nobody: "${contents[i]}"`);
    }
    if (scan.errno == 0) this.index.markComplete();
  }

  private search(owner: Owner): Uint8Array[] {
    const ips: Uint8Array[] = [];
    const content = String.UTF8.encode(owner.toString());
    const scan = new LeaseScan(this.directory);
    while (scan.next()) {
      const ip = scan.holds(content) ? parseIp(scan.name) : null;
      if (ip) ips.push(ip);
    }
    return ips;
  }

  private confirm(owner: Owner, ip: Uint8Array, ips: Uint8Array[]): void {
    for (let i = 0; i < ips.length; i++) if (equalBytes(ips[i], ip)) return;
    if (this.contentOf(ip) == owner.toString()) ips.push(ip);
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
