import { Errno } from "./errno.ts";
import { NodeDescriptor } from "./file.ts";
import type { FileNode, Files, Folder } from "./files.ts";
import { EEXIST, EINVAL, EISDIR, ENOENT, EPERM } from "./uapi.ts";

// The calls that change what a folder holds, and the one that lists it.

const DT_DIR = 4;
const DT_REG = 8;
const DT_LNK = 10;
/** Where the name begins in a struct linux_dirent64 (getdents64(2)). */
const NAME = 19;
const ALIGN = 8;

/** An open folder: the names that it had when it was opened. */
export class FolderDescriptor extends NodeDescriptor {
  readonly #names: [string, FileNode][];

  constructor(folder: Folder) {
    super(folder);
    // the last comes first: no order may be relied on
    this.#names = [...folder.entries].reverse();
    this.#names.push([".", folder], ["..", folder]);
  }

  override read(): number {
    throw new Errno(EISDIR);
  }

  override entries(buffer: Uint8Array): number {
    let offset = 0;
    for (;;) {
      const [name, node] = this.#names[0] ?? [];
      if (name === undefined || node === undefined) return offset;
      const entry = encodeEntry(name, node);
      if (offset + entry.length > buffer.length) break;
      buffer.set(entry, offset);
      offset += entry.length;
      this.#names.shift();
    }
    if (offset === 0) throw new Errno(EINVAL);
    return offset;
  }
}

/** struct linux_dirent64: inode, offset, length, type, and the name with a NUL. */
function encodeEntry(name: string, node: FileNode): Uint8Array {
  const bytes = new TextEncoder().encode(name);
  const length = (NAME + bytes.length + ALIGN) & -ALIGN;
  const view = new DataView(new ArrayBuffer(length));
  const types = { folder: DT_DIR, symlink: DT_LNK, file: DT_REG, netns: DT_REG };
  view.setBigUint64(0, BigInt(node.inode), true);
  view.setUint16(16, length, true);
  view.setUint8(18, types[node.kind]);
  new Uint8Array(view.buffer).set(bytes, NAME);
  return new Uint8Array(view.buffer);
}

/** Gives a new name to a node. @throws Errno EEXIST */
function addName(files: Files, path: string, node: FileNode): void {
  const place = files.place(path, false);
  if (place.node) throw new Errno(EEXIST);
  files.enter(place, node);
}

/** mkdir(2). @param mode permission bits, the umask taken off. */
export function mkdir(files: Files, path: string, mode: number): void {
  addName(files, path.replace(/\/+$/, ""), files.folder(mode));
}

/** unlink(2) */
export function unlink(files: Files, path: string): void {
  if (files.get(path, false).kind === "folder") throw new Errno(EISDIR);
  files.remove(path);
}

/** link(2) */
export function link(files: Files, path: string, second: string): void {
  const node = files.get(path, false);
  if (node.kind === "folder") throw new Errno(EPERM);
  addName(files, second, node);
}

/** symlink(2) */
export function symlink(files: Files, text: string, path: string): void {
  if (text === "") throw new Errno(ENOENT);
  addName(files, path, files.link(text));
}

/** readlink(2) */
export function readlink(files: Files, path: string): string {
  const node = files.get(path, false);
  if (node.kind !== "symlink") throw new Errno(EINVAL);
  return node.target;
}
