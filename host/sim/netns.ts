import type { Address } from "./address.ts";
import { Errno } from "./errno.ts";
import type { Kernel } from "./kernel.ts";
import { Link, type LinkParts } from "./link.ts";
import { RouteTable } from "./route.ts";
import { RuleTable } from "./rule.ts";
import { Settings } from "./settings.ts";
import { EEXIST, EINVAL, IFNAMSIZ } from "./uapi.ts";

/** Something that a multicast group of rtnetlink(7) tells about. */
export type Change =
  | { readonly what: "link"; readonly link: Link; readonly gone: boolean }
  | { readonly what: "address"; readonly address: Address; readonly gone: boolean };

export type Subscriber = (change: Change) => void;

const utf8 = new TextEncoder();

/** dev_valid_name() of the kernel. */
export function isValidName(name: string): boolean {
  const length = utf8.encode(name).length;
  return length > 0 && length < IFNAMSIZ && !/^\.{1,2}$|[/:\s]/.test(name);
}

/** A network namespace: its interfaces, routes, rules, sysctls, and who listens to its changes. */
export class Netns {
  readonly links = new Map<number, Link>();
  readonly routes = new RouteTable();
  readonly rules: RuleTable;
  /** net.ipv4.conf.all and net.ipv6.conf.all */
  readonly all = new Settings();
  /** The `default` that new interfaces start with. */
  readonly defaults = new Settings();
  readonly subscribers = new Set<Subscriber>();
  /** What the caller has in the user namespace that owns it: CAP_SYS_ADMIN and so on. */
  sysAdmin = true;
  netAdmin = true;
  netRaw = true;
  readonly #ids = new Map<Netns, number>();
  #lastIndex = 0;

  constructor(
    readonly kernel: Kernel,
    readonly inode: number,
  ) {
    this.rules = new RuleTable(kernel.ipv6);
    this.add({ name: "lo", kind: "", mac: new Uint8Array(6), mtu: 65536 });
  }

  /** By name or alternative name. */
  find(name: string): Link | undefined {
    for (const link of this.links.values()) {
      if (link.name === name || link.altNames.includes(name)) return link;
    }
    return undefined;
  }

  /**
   * Registers an interface; nobody is told yet.
   *
   * @param parts as for a link; `%d` in the name becomes the first free number.
   */
  add(parts: Omit<LinkParts, "index"> & { readonly index?: number | undefined }): Link {
    const name = this.freeName(parts.name);
    if (parts.index !== undefined && this.links.has(parts.index)) throw new Errno(EEXIST);
    const link = new Link(this, { ...parts, name, index: parts.index ?? this.#nextIndex() });
    this.links.set(link.index, link);
    link.lower?.uppers.add(link);
    return link;
  }

  remove(link: Link): void {
    this.links.delete(link.index);
    link.lower?.uppers.delete(link);
  }

  /**
   * dev_get_valid_name() of the kernel: the name that an interface asked to be `name` would get.
   */
  freeName(name: string): string {
    if (!isValidName(name)) throw new Errno(EINVAL);
    if (!name.includes("%")) {
      if (this.find(name)) throw new Errno(EEXIST);
      return name;
    }
    if (!/^[^%]*%d[^%]*$/.test(name)) throw new Errno(EINVAL);
    let number = 0;
    while (this.find(name.replace("%d", `${number}`))) number++;
    return name.replace("%d", `${number}`);
  }

  /** The number by which this namespace knows another one (IFLA_LINK_NETNSID). */
  idOf(other: Netns): number {
    const known = this.#ids.get(other);
    if (known !== undefined) return known;
    this.#ids.set(other, this.#ids.size);
    return this.#ids.size - 1;
  }

  tell(change: Change): void {
    for (const subscriber of this.subscribers) subscriber(change);
  }

  #nextIndex(): number {
    do this.#lastIndex++;
    while (this.links.has(this.#lastIndex));
    return this.#lastIndex;
  }
}
