import { CniError, HOST_ACCESS_FAILED, systemError, TRY_AGAIN_LATER } from "../../cni/error";
import { ENAMETOOLONG, ENOENT, ENOTDIR, ETIMEDOUT } from "../../linux/errno";
import { fnv1a } from "../../net/hash";
import { formatIp, parseIp } from "../../net/ip";
import { makeDirectories } from "../../sys/directory";
import { lockFile, overwriteFile, readFile, removeFile } from "../../sys/file";

/** Gone after a reboot, as interfaces and routes are. */
const ROOT: string = "/run/cni-macvlan";
/** No network's name begins with a dot. */
const LOCK: string = ROOT + "/.lock";
/** How long another process may hold the lock before this one gives up, in milliseconds. */
const LOCK_TIMEOUT: i32 = 30_000;
/** NAME_MAX of linux/limits.h, bytes. */
const NAME_MAX: i32 = 255;
/** A pod has not so many addresses, bytes. */
const SIZE_MAX: i32 = 16 * 1024;

/** The folder of a network's records. */
export function recordDirectory(network: string): string {
  return `${ROOT}/${network}`;
}

/** The file name of an attachment; neither a container id nor an interface name has a colon. */
export function recordName(containerId: string, ifname: string): string {
  const name = `${containerId}:${ifname}`;
  if (String.UTF8.byteLength(name) <= NAME_MAX) return name;
  return ":" + fnv1a(name).toString(16).padStart(16, "0");
}

/**
 * Takes the lock that is held while shims and routes change, by whatever process.
 *
 * @returns a descriptor, or -errno: ETIMEDOUT if another process held it all the time.
 */
export function lockRecords(): i32 {
  return lockFile(LOCK, 0o600, LOCK_TIMEOUT);
}

export function lockError(lock: i32): CniError {
  if (lock != -ETIMEDOUT) return systemError(HOST_ACCESS_FAILED, `cannot lock "${LOCK}"`, lock);
  return new CniError(
    TRY_AGAIN_LATER,
    `"${LOCK}" is locked by another process for longer than ` +
      `${(LOCK_TIMEOUT / 1000).toString()} s: find it with fuser or lslocks`,
  );
}

/**
 * What an attachment has in the host's network, in a file that is there before it and after it, so
 * that whoever takes it away finds all of it: the master's index and the pod's addresses, separated
 * by spaces.
 */
export class Record {
  master: i32 = 0;
  addresses: Uint8Array[] = [];
  private path: string;

  /** @param name of `recordName`. */
  constructor(
    private network: string,
    private name: string,
  ) {
    this.path = `${recordDirectory(network)}/${name}`;
  }

  /**
   * The metric of its routes, a number of its own: two attachments that have one address for a
   * while, one that dies and the next one, have a route each.
   */
  get priority(): u32 {
    return max<u32>(<u32>(fnv1a(`${this.network}/${this.name}`) >> 33), 1);
  }

  /** Returns 0, or a positive error number: ENOENT if there is none. */
  read(): i32 {
    const file = readFile(this.path, SIZE_MAX);
    if (file.errno == ENOTDIR || file.errno == ENAMETOOLONG) return ENOENT;
    const words = String.UTF8.decodeUnsafe(file.bytes.dataStart, file.bytes.length).split(" ");
    this.master = I32.parseInt(words[0]);
    this.addresses = [];
    // One that was not written to its end was followed by nothing.
    for (let i = 1; i < words.length; i++) {
      const ip = parseIp(words[i]);
      if (ip) this.addresses.push(ip);
    }
    return file.errno;
  }

  /** Makes the folder that it is to be in. */
  makeDirectory(): CniError | null {
    return this.result("create", makeDirectories(recordDirectory(this.network), 0o755));
  }

  /** To be written again only with more addresses: what it says already is there all the time. */
  write(): CniError | null {
    let text = this.master.toString();
    for (let i = 0; i < this.addresses.length; i++) text += ` ${formatIp(this.addresses[i])}`;
    return this.result("write", overwriteFile(this.path, text, 0o600));
  }

  remove(): CniError | null {
    const removed = removeFile(this.path);
    return removed == -ENOENT ? null : this.result("remove", removed);
  }

  /** An error of a call on its file, or null. @param errno 0, positive or negative. */
  result(verb: string, errno: i32): CniError | null {
    if (errno == 0) return null;
    return systemError(HOST_ACCESS_FAILED, `cannot ${verb} "${this.path}"`, errno);
  }
}
