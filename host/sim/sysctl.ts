import { addLinkLocal, disconnectAddresses } from "./address.ts";
import { Descriptor, type FileStat } from "./descriptor.ts";
import { Errno } from "./errno.ts";
import type { Link } from "./link.ts";
import type { Netns } from "./netns.ts";
import { type Settings, TREES, type Tree } from "./settings.ts";
import { EACCES, EINVAL, ENOENT, O_ACCMODE, O_RDONLY, O_WRONLY, S_IFREG } from "./uapi.ts";

/** The device number of procfs. */
const PROC = 22;

/**
 * Opens a file below /proc/sys/net, which shows the namespace of whoever opens it.
 *
 * @param path what follows `/proc/sys/net/`: `ipv6/conf/eth0/disable_ipv6`.
 * @throws Errno ENOENT
 */
export function openSysctl(netns: Netns, path: string, flags: number): SysctlFile {
  const match = /^(ipv[46]\/(?:conf|neigh))\/([^/]+)\/([^/]+)$/.exec(path);
  const [, tree, name = "", key = ""] = match ?? [];
  if (!isTree(tree)) throw new Errno(ENOENT);
  const owner = ownerOf(netns, tree, name);
  if (owner === undefined || owner.settings.find(tree, key) === undefined) throw new Errno(ENOENT);
  return new SysctlFile(netns, tree, key, owner, flags & O_ACCMODE);
}

function isTree(text: string | undefined): text is Tree {
  return TREES.some((tree) => tree === text);
}

/** Whose settings: those of one interface, of `all` or of `default`. */
interface Owner {
  readonly settings: Settings;
  readonly link?: Link;
}

function ownerOf(netns: Netns, tree: Tree, name: string): Owner | undefined {
  const v6 = tree.startsWith("ipv6");
  if (v6 && !netns.kernel.ipv6) return undefined;
  if (name === "all" && tree.endsWith("conf")) return { settings: netns.all };
  if (name === "default") return { settings: netns.defaults };
  const link = [...netns.links.values()].find((other) => other.name === name);
  if (link === undefined || (v6 && !link.ipv6)) return undefined;
  return { settings: link.settings, link };
}

class SysctlFile extends Descriptor {
  #offset = 0;

  constructor(
    readonly owned: Netns,
    readonly tree: Tree,
    readonly key: string,
    readonly owner: Owner,
    readonly access: number,
  ) {
    super();
  }

  override stat(): FileStat {
    return { mode: S_IFREG | 0o644, device: PROC, inode: 1, size: 0, mtime: 0 };
  }

  override read(buffer: Uint8Array): number {
    if (this.access === O_WRONLY) throw new Errno(EINVAL);
    const text = `${this.owner.settings.get(this.tree, this.key)}\n`;
    const part = new TextEncoder().encode(text).subarray(this.#offset).subarray(0, buffer.length);
    buffer.set(part);
    this.#offset += part.length;
    return part.length;
  }

  override write(bytes: Uint8Array): number {
    if (this.access === O_RDONLY) throw new Errno(EINVAL);
    if (!this.owned.kernel.privileged) throw new Errno(EACCES);
    const text = new TextDecoder().decode(bytes).trim();
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value !== (value | 0)) throw new Errno(EINVAL);
    this.owner.settings.set(this.tree, this.key, value);
    if (this.key === "disable_ipv6") this.#switchIpv6(value);
    return bytes.length;
  }

  /** addrconf_disable_ipv6() of the kernel. */
  #switchIpv6(value: number): void {
    const { link, settings } = this.owner;
    if (link) switchIpv6(link, value);
    if (settings !== this.owned.all) return;
    this.owned.defaults.set("ipv6/conf", "disable_ipv6", value);
    for (const other of this.owned.links.values()) {
      other.settings.set("ipv6/conf", "disable_ipv6", value);
      switchIpv6(other, value);
    }
  }
}

function switchIpv6(link: Link, value: number): void {
  if (value === 0) addLinkLocal(link);
  else disconnectAddresses(link);
}
