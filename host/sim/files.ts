import { Errno } from "./errno.ts";
import { Lock } from "./lock.ts";
import type { Netns } from "./netns.ts";
import type { Program } from "./program.ts";
import { EINVAL, ELOOP, ENAMETOOLONG, ENOENT, ENOTDIR, S_IFDIR, S_IFLNK, S_IFREG } from "./uapi.ts";

/** Device numbers, as good as any; all namespaces are files of one device. */
const DISK = 8;
export const NSFS = 4;
const SYMLINKS_MAX = 40;
const NAME_MAX = 255;
const PATH_MAX = 4096;

interface Inode {
  readonly inode: number;
  readonly device: number;
  /** S_IF* and permission bits. */
  mode: number;
  /** When its content was last changed, in milliseconds of the machine's clock. */
  mtime: number;
  readonly lock: Lock;
}

export interface RegularFile extends Inode {
  readonly kind: "file";
  content: Uint8Array;
  /** What runs when the file is executed. */
  program: Program | undefined;
}

export interface Folder extends Inode {
  readonly kind: "folder";
  readonly entries: Map<string, FileNode>;
}

export interface Symlink extends Inode {
  readonly kind: "symlink";
  readonly target: string;
}

/** A namespace bound to a path, as `ip netns add` does it. */
export interface NetnsFile extends Inode {
  readonly kind: "netns";
  readonly netns: Netns;
}

export type FileNode = RegularFile | Folder | Symlink | NetnsFile;

/** Where a path ends: a folder and a name in it, and what is there, if anything. */
export interface Place {
  readonly folder: Folder;
  readonly name: string;
  readonly node: FileNode | undefined;
}

/** A file tree. There are no users: everything is root's. */
export class Files {
  #lastInode = 1;
  readonly root: Folder;

  /** @param now milliseconds of the machine's clock. */
  constructor(readonly now: () => number) {
    this.root = this.folder(0o755);
  }

  /** The node at `path`. @throws Errno ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG */
  get(path: string, follow = true): FileNode {
    const { node } = this.place(path, follow);
    if (node === undefined) throw new Errno(ENOENT);
    return node;
  }

  /** The node at `path`, or undefined where there is none. */
  find(path: string): FileNode | undefined {
    try {
      return this.get(path);
    } catch (error) {
      if (error instanceof Errno) return undefined;
      throw error;
    }
  }

  /** Makes a file, and the folders above it. @param mode permission bits. */
  write(path: string, content: string | Uint8Array, mode = 0o644): RegularFile {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    const file = this.file(mode, bytes);
    this.#put(path, file);
    return file;
  }

  /** Makes an executable file. */
  install(path: string, program: Program): RegularFile {
    const file = this.write(path, "\x7fELF", 0o755);
    file.program = program;
    return file;
  }

  symlink(path: string, target: string): void {
    this.#put(path, this.link(target));
  }

  /** Makes a folder, and those above it. */
  mkdir(path: string): Folder {
    let folder = this.root;
    for (const name of path.split("/").filter((part) => part !== "")) {
      const known = folder.entries.get(name);
      const next = known ?? this.folder(0o755);
      if (next.kind !== "folder") throw new Errno(ENOTDIR);
      if (known === undefined) this.enter({ folder, name }, next);
      folder = next;
    }
    return folder;
  }

  bindNetns(path: string, netns: Netns): void {
    const file: NetnsFile = {
      ...this.#inode(NSFS, S_IFREG | 0o444),
      inode: netns.inode,
      kind: "netns",
      netns,
    };
    this.#put(path, file);
  }

  /** Takes a name away, whatever has it. @throws Errno ENOENT */
  remove(path: string): void {
    const { folder, name, node } = this.place(path, false);
    if (node === undefined) throw new Errno(ENOENT);
    folder.entries.delete(name);
    folder.mtime = this.now();
  }

  /** Gives a node a name, in place of what had it. */
  enter({ folder, name }: Omit<Place, "node">, node: FileNode): void {
    folder.entries.set(name, node);
    folder.mtime = this.now();
  }

  /** A new file, which no path leads to yet. @param mode permission bits. */
  file(mode: number, content: Uint8Array): RegularFile {
    return { ...this.#inode(DISK, S_IFREG | mode), kind: "file", content, program: undefined };
  }

  /** A new empty folder, which no path leads to yet. */
  folder(mode: number): Folder {
    return { ...this.#inode(DISK, S_IFDIR | mode), kind: "folder", entries: new Map() };
  }

  /** A new symbolic link, which no path leads to yet. */
  link(target: string): Symlink {
    return { ...this.#inode(DISK, S_IFLNK | 0o777), kind: "symlink", target };
  }

  /** Every path and what is there, for comparing one moment with another. */
  *list(folder = this.root, path = ""): Generator<[path: string, node: FileNode]> {
    for (const [name, node] of [...folder.entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
      yield [`${path}/${name}`, node];
      if (node.kind === "folder") yield* this.list(node, `${path}/${name}`);
    }
  }

  #put(path: string, node: FileNode): void {
    const slash = path.lastIndexOf("/");
    const folder = this.mkdir(path.slice(0, slash));
    this.enter({ folder, name: path.slice(slash + 1) }, node);
  }

  #inode(device: number, mode: number): Inode {
    return { inode: this.#lastInode++, device, mode, mtime: this.now(), lock: new Lock() };
  }

  /** Path resolution as in path_resolution(7); a relative path starts at the root. */
  place(path: string, follow: boolean, links = 0): Place {
    if (path === "") throw new Errno(ENOENT);
    if (path.includes("\0")) throw new Errno(EINVAL);
    if (path.length >= PATH_MAX) throw new Errno(ENAMETOOLONG);
    if (links > SYMLINKS_MAX) throw new Errno(ELOOP);
    const parts = path.split("/").filter((part) => part !== "" && part !== ".");
    const stack: Folder[] = [this.root];
    for (const [index, name] of parts.entries()) {
      const folder = stack.at(-1) ?? this.root;
      if (name.length > NAME_MAX) throw new Errno(ENAMETOOLONG);
      if (name === "..") {
        if (stack.length > 1) stack.pop();
        continue;
      }
      const node = folder.entries.get(name);
      const last = index === parts.length - 1;
      if (node?.kind === "symlink" && (follow || !last)) {
        const base = node.target.startsWith("/") ? [] : ["", ...parts.slice(0, index)];
        const target = [...base, node.target, ...parts.slice(index + 1)].join("/");
        return this.place(target, follow, links + 1);
      }
      if (last) {
        if (path.endsWith("/") && node && node.kind !== "folder") throw new Errno(ENOTDIR);
        return { folder, name, node };
      }
      if (node === undefined) throw new Errno(ENOENT);
      if (node.kind !== "folder") throw new Errno(ENOTDIR);
      stack.push(node);
    }
    const folder = stack.at(-1) ?? this.root;
    return { folder, name: ".", node: folder };
  }
}
