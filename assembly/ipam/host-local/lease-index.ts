import { EEXIST } from "../../linux/errno";
import { fnv1a } from "../../net/hash";
import { formatIp, parseIp } from "../../net/ip";
import { DirectoryReader, makeDirectories } from "../../sys/directory";
import { readSymlink, removeFile, writeSymlink } from "../../sys/file";
import { mtimeOf } from "../../sys/stat";
import { Owner } from "./lease";

/** Longer file names are not possible (NAME_MAX, linux/limits.h), bytes. */
const NAME_MAX: i32 = 255;
/** A symbolic link holds no more (PATH_MAX), bytes. */
const TEXT_MAX: i32 = 4095;

/** The text of an entry whose addresses are just changing. */
const UNKNOWN: string = "?";

/** The entry that says when the index was complete; no owner's name begins with a dot. */
const COMPLETE: string = ".complete";

/**
 * Which addresses an owner has, without opening every lease: a directory of symbolic links, one for
 * each owner, whose text is the addresses. It lies beside the networks' directories, where other
 * implementations of host-local do not look.
 *
 * It is a hint. What it says is verified against the lease files; what it does not say may still
 * be.
 */
export class LeaseIndex {
  private directory: string;

  /** @param leases the directory of the network's leases. */
  constructor(private leases: string) {
    const slash = leases.lastIndexOf("/");
    this.directory = `${leases.substring(0, slash)}/.index/${leases.substring(slash + 1)}`;
  }

  create(): i32 {
    return makeDirectories(this.directory, 0o755);
  }

  /** The addresses of an owner; empty if nothing is known. */
  get(owner: Owner): Uint8Array[] {
    const ips: Uint8Array[] = [];
    const words = readSymlink(this.path(owner), TEXT_MAX).split(" ");
    for (let i = 0; i < words.length; i++) {
      const ip = parseIp(words[i]);
      if (ip) ips.push(ip);
    }
    return ips;
  }

  /** Says that the addresses of an owner are changing: until `set`, nothing is known of them. */
  begin(owner: Owner): void {
    this.write(owner, UNKNOWN);
  }

  set(owner: Owner, ips: Uint8Array[]): void {
    const texts: string[] = [];
    for (let i = 0; i < ips.length; i++) texts.push(formatIp(ips[i]));
    this.write(owner, texts.join(" "));
  }

  remove(owner: Owner): void {
    removeFile(this.path(owner));
  }

  /** Forgets everything. */
  clear(): void {
    const entries = new DirectoryReader(this.directory);
    while (entries.next()) removeFile(`${this.directory}/${entries.name}`);
    entries.close();
  }

  /** True if no other implementation has changed the leases since `markComplete`. */
  get isComplete(): bool {
    const time = mtimeOf(this.leases);
    return time.length > 0 && readSymlink(`${this.directory}/${COMPLETE}`, TEXT_MAX) == time;
  }

  /** Notes that the index knows all leases as they are now. */
  markComplete(): void {
    this.writeEntry(`${this.directory}/${COMPLETE}`, mtimeOf(this.leases));
  }

  private write(owner: Owner, text: string): void {
    this.writeEntry(this.path(owner), text);
  }

  /** An entry that cannot be written is as one that is not there. */
  private writeEntry(path: string, text: string): void {
    if (writeSymlink(text, path) != -EEXIST) return;
    removeFile(path);
    writeSymlink(text, path);
  }

  private path(owner: Owner): string {
    const name = `${owner.containerId}:${owner.ifname}`;
    const isShort = String.UTF8.byteLength(name) <= NAME_MAX;
    return `${this.directory}/${isShort ? name : ":" + fnv1a(name).toString(16)}`;
  }
}
