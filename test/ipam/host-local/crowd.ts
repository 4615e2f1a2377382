import { EEXIST, EINVAL, ENOENT } from "../../../assembly/linux/errno.ts";
import type { System } from "../../../host/imports.ts";

/** Descriptors from here on are the crowd's. */
const FIRST_FD = 1_000_000;
const DIRENT = 19;

/** Somebody else's leases, more than a test can put on a disk: they exist in answers alone. */
export class Crowd {
  /** The addresses whose leases were removed. */
  readonly removed = new Set<string>();
  /** Address to content. */
  readonly #leases = new Map<string, string>();
  /** The index: names of owners to their addresses. */
  readonly #entries = new Map<string, string>();
  /** What is left to read of each open file or directory. */
  readonly #open = new Map<number, { names: string[] } | { text: Buffer }>();
  #nextFd = FIRST_FD;

  /**
   * @param directory of the network's leases
   * @param index the directory where our implementation has an entry for each of them, or, if it is
   *   old, for as many of before
   */
  constructor(
    readonly directory: string,
    readonly index: string,
    count: number,
    isOld: boolean,
  ) {
    for (let n = 0; n < count; n++) {
      const ip = `10.0.${(n + 2) >> 8}.${(n + 2) & 255}`;
      this.#leases.set(ip, `${Crowd.id(n)}\r\neth0`);
      this.#entries.set(`${Crowd.id(isOld ? count + n : n)}:eth0`, ip);
    }
  }

  /** The container id of the n-th lease. */
  static id(n: number): string {
    return n.toString(16).padStart(64, "0");
  }

  /** Puts the crowd among the files of a system. */
  join(system: System): System {
    const isMine = (fd: number) => this.#open.has(fd);
    return {
      ...system,
      open: (path, flags, mode) => this.#openFile(path) ?? system.open(path, flags, mode),
      read: (fd, buffer) => (isMine(fd) ? this.#read(fd, buffer) : system.read(fd, buffer)),
      getdents64: (fd, buffer) =>
        isMine(fd) ? this.#list(fd, buffer) : system.getdents64(fd, buffer),
      close: (fd) => (this.#open.delete(fd) ? 0 : system.close(fd)),
      unlink: (path) => this.#unlink(path) ?? system.unlink(path),
      link: (path, second) =>
        this.#leases.has(nameIn(this.directory, second)) ? -EEXIST : system.link(path, second),
      symlink: (text, path) => this.#symlink(text, path) ?? system.symlink(text, path),
      readlink: (path, buffer) => this.#readlink(path, buffer) ?? system.readlink(path, buffer),
    };
  }

  #openFile(path: string): number | undefined {
    const content = this.#leases.get(nameIn(this.directory, path));
    const fd = this.#nextFd++;
    if (path === this.directory) this.#open.set(fd, { names: [...this.#leases.keys()] });
    else if (path === this.index) this.#open.set(fd, { names: [...this.#entries.keys()] });
    else if (content !== undefined) this.#open.set(fd, { text: Buffer.from(content) });
    else return undefined;
    return fd;
  }

  #unlink(path: string): number | undefined {
    const name = nameIn(this.directory, path);
    if (this.#entries.delete(nameIn(this.index, path))) return 0;
    if (!this.#leases.has(name)) return undefined;
    this.removed.add(name);
    return 0;
  }

  #symlink(text: string, path: string): number | undefined {
    const name = nameIn(this.index, path);
    if (name === "") return undefined;
    if (this.#entries.has(name)) return -EEXIST;
    this.#entries.set(name, text);
    return 0;
  }

  #readlink(path: string, buffer: Uint8Array): number | undefined {
    const name = nameIn(this.index, path);
    if (name === "") return undefined;
    const text = this.#entries.get(name);
    return text === undefined ? -ENOENT : Buffer.from(text).copy(buffer);
  }

  #read(fd: number, buffer: Uint8Array): number {
    const file = this.#open.get(fd);
    if (!file || !("text" in file)) return -EINVAL;
    const taken = file.text.subarray(0, buffer.length);
    buffer.set(taken);
    this.#open.set(fd, { text: file.text.subarray(taken.length) });
    return taken.length;
  }

  /** Structs linux_dirent64 (getdents64(2)), as many as fit. */
  #list(fd: number, buffer: Uint8Array): number {
    const file = this.#open.get(fd);
    if (!file || !("names" in file)) return -EINVAL;
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    let at = 0;
    while (file.names.length > 0) {
      const name = Buffer.from(`${file.names.at(-1)}\0`);
      const length = (DIRENT + name.length + 7) & ~7;
      if (at + length > buffer.length) break;
      view.setUint16(at + 16, length, true);
      buffer.set(name, at + DIRENT);
      at += length;
      file.names.pop();
    }
    return at;
  }
}

/** The name of what is right in a directory; empty for anything else. */
function nameIn(directory: string, path: string): string {
  const name = path.startsWith(`${directory}/`) ? path.slice(directory.length + 1) : "";
  return name.includes("/") ? "" : name;
}
