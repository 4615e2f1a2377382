import { addLinkLocal, disconnectAddresses } from "./address.ts";
import { Descriptor, type FileStat } from "./descriptor.ts";
import { Errno } from "./errno.ts";
import type { Link } from "./link.ts";
import type { Netns } from "./netns.ts";
import { type Settings, TREES, type Tree } from "./settings.ts";
import { formatIp, parseIp } from "./text.ts";
import {
  EACCES,
  EINVAL,
  EIO,
  ENOENT,
  IN6_ADDR_GEN_MODE_RANDOM,
  IN6_ADDR_GEN_MODE_STABLE_PRIVACY,
  O_ACCMODE,
  O_RDONLY,
  O_WRONLY,
  S_IFREG,
} from "./uapi.ts";

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
  if (owner === undefined) throw new Errno(ENOENT);
  if (tree === "ipv6/conf" && key === "stable_secret") {
    return new SecretFile(netns, tree, key, owner, flags & O_ACCMODE);
  }
  const lacking = key === "optimistic_dad" && !netns.kernel.optimisticDad;
  if (lacking || owner.settings.find(tree, key) === undefined) throw new Errno(ENOENT);
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
    const text = `${this.value}\n`;
    const part = new TextEncoder().encode(text).subarray(this.#offset).subarray(0, buffer.length);
    buffer.set(part);
    this.#offset += part.length;
    return part.length;
  }

  override write(bytes: Uint8Array): number {
    if (this.access === O_RDONLY) throw new Errno(EINVAL);
    if (!this.owned.kernel.privileged) throw new Errno(EACCES);
    this.take(new TextDecoder().decode(bytes).trim());
    return bytes.length;
  }

  protected get value(): string {
    return `${this.owner.settings.get(this.tree, this.key)}`;
  }

  protected take(text: string): void {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || value !== (value | 0)) throw new Errno(EINVAL);
    if (this.key === "addr_gen_mode") this.#checkGeneration(value);
    this.owner.settings.set(this.tree, this.key, value);
    if (this.key === "disable_ipv6") this.#switchIpv6(value);
  }

  /** check_addr_gen_mode() and check_stable_privacy() of the kernel. */
  #checkGeneration(mode: number): void {
    if (mode < 0 || mode > IN6_ADDR_GEN_MODE_RANDOM) throw new Errno(EINVAL);
    const secrets = [this.owner.settings.stableSecret, this.owned.defaults.stableSecret];
    const lacks = secrets.every((secret) => secret === "");
    if (mode === IN6_ADDR_GEN_MODE_STABLE_PRIVACY && lacks) throw new Errno(EINVAL);
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

/** addrconf_sysctl_stable_secret() of the kernel. */
class SecretFile extends SysctlFile {
  protected override get value(): string {
    const { stableSecret } = this.owner.settings;
    if (stableSecret === "") throw new Errno(EIO);
    const digits = [...parseIp(stableSecret)].map((byte) => byte.toString(16).padStart(2, "0"));
    return (digits.join("").match(/..../g) ?? []).join(":");
  }

  protected override take(text: string): void {
    if (!/^[0-9a-f]{1,4}(:[0-9a-f]{1,4}){7}$/.test(text)) throw new Errno(EIO);
    this.owner.settings.stableSecret = formatIp(parseIp(text));
    this.owner.settings.set("ipv6/conf", "addr_gen_mode", IN6_ADDR_GEN_MODE_STABLE_PRIVACY);
  }
}

function switchIpv6(link: Link, value: number): void {
  if (value === 0) addLinkLocal(link);
  else disconnectAddresses(link);
}
