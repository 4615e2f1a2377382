import { EEXIST, ENOENT } from "../../linux/errno";
import { fnv1a } from "../../net/hash";
import { joinIps, parseIp } from "../../net/ip";
import { DirectoryReader, makeDirectories } from "../../sys/directory";
import { readFile, readSymlink, removeFile, writeSymlink } from "../../sys/file";
import { mtimeOf } from "../../sys/stat";
import { Owner } from "./lease";

/** Longer file names are not possible (NAME_MAX, linux/limits.h), bytes. */
const NAME_MAX: i32 = 255;

/** In the directory of the leases, with the number of the range set: the address reserved last. */
export const LAST_RESERVED: string = "last_reserved_ip.";
/** No address is longer as text, in bytes. */
export const IP_TEXT_LIMIT: i32 = 64;
/** The addresses reserved last of more range sets than that are not looked at. */
const SETS_MAX: i32 = 16;

/**
 * Which addresses an owner has, without opening every lease: a directory of symbolic links, one for
 * each owner, whose text is the addresses. It lies beside the networks' directories, where other
 * implementations of host-local do not look.
 *
 * It is a hint. It counts only as long as a mark says when leases and index were last changed, and
 * that is still so: another hand in either or a process killed half-way makes the mark wrong. Even
 * while it is right, what the index says is verified against the lease files.
 */
export class LeaseIndex {
  private directory: string;
  private mark: string;
  /** True once an entry could not be written. */
  isBroken: bool = false;

  /** @param leases the directory of the network's leases. */
  constructor(private leases: string) {
    const slash = leases.lastIndexOf("/");
    const base = leases.substring(0, slash) + "/.index/";
    const network = leases.substring(slash + 1);
    this.directory = base + network;
    this.mark = `${base}.${network}`; // no network's name begins with a dot
  }

  create(): void {
    if (makeDirectories(this.directory, 0o755) < 0) this.isBroken = true;
  }

  /** The addresses of an owner; empty if none are known. */
  get(owner: Owner): Uint8Array[] {
    const ips: Uint8Array[] = [];
    const words = readSymlink(this.pathOf(nameOf(owner))).split(" ");
    for (let i = 0; i < words.length; i++) {
      const ip = parseIp(words[i]);
      if (ip) ips.push(ip);
    }
    return ips;
  }

  set(owner: Owner, ips: Uint8Array[]): void {
    this.write(this.pathOf(nameOf(owner)), joinIps(ips));
  }

  remove(owner: Owner): void {
    this.removePath(this.pathOf(nameOf(owner)));
  }

  /** Makes `ips` all that the index knows: an owner's addresses by the content of its leases. */
  replace(ips: Map<string, Uint8Array[]>): void {
    const names = new Set<string>();
    const contents = ips.keys();
    for (let i = 0; i < contents.length; i++) {
      const owner = Owner.parse(contents[i]);
      if (!owner) continue;
      const name = nameOf(owner);
      const path = this.pathOf(name);
      const text = joinIps(ips.get(contents[i]));
      names.add(name);
      // Most entries are right, and a look is cheaper than a link that is refused.
      if (readSymlink(path) != text) this.write(path, text);
    }
    const entries = new DirectoryReader(this.directory);
    while (entries.next()) {
      const name = entries.name;
      if (!names.has(name)) this.removePath(this.pathOf(name));
    }
    entries.close();
  }

  /** True if nobody has touched the leases or the index since `markComplete`. */
  get isComplete(): bool {
    const state = this.state;
    return state.length > 0 && readSymlink(this.mark) == state;
  }

  /** Notes that the index knows all leases as they are now, if all of it could be written. */
  markComplete(): void {
    if (this.isBroken) return;
    const state = this.state;
    removeFile(this.mark);
    if (writeSymlink(state, this.mark) < 0) this.isBroken = true;
  }

  /**
   * The times of both directories; and, as a clock may not tick between two changes, the addresses
   * reserved last, which every implementation writes down at each ADD.
   */
  private get state(): string {
    const leases = mtimeOf(this.leases);
    const index = mtimeOf(this.directory);
    if (leases.length == 0 || index.length == 0) return "";
    let state = `${leases} ${index}`;
    for (let i = 0; i < SETS_MAX; i++) {
      const file = readFile(`${this.leases}/${LAST_RESERVED}${i.toString()}`, IP_TEXT_LIMIT);
      if (file.errno != 0) break;
      state += " " + String.UTF8.decodeUnsafe(file.bytes.dataStart, file.bytes.length);
    }
    return state;
  }

  private write(path: string, text: string): void {
    let written = writeSymlink(text, path);
    if (written == -EEXIST) {
      if (readSymlink(path) == text) return;
      removeFile(path);
      written = writeSymlink(text, path);
    }
    if (written < 0) this.isBroken = true;
  }

  private removePath(path: string): void {
    const removed = removeFile(path);
    if (removed < 0 && removed != -ENOENT) this.isBroken = true;
  }

  private pathOf(name: string): string {
    return `${this.directory}/${name}`;
  }
}

/** The name of an owner's entry. */
function nameOf(owner: Owner): string {
  const name = `${owner.containerId}:${owner.ifname}`;
  const isShort = String.UTF8.byteLength(name) <= NAME_MAX;
  return isShort ? name : ":" + fnv1a(name).toString(16);
}
