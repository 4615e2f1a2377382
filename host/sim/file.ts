import { Descriptor, type FileStat } from "./descriptor.ts";
import { Errno } from "./errno.ts";
import type { FileNode, RegularFile } from "./files.ts";
import { EBADF, O_ACCMODE, O_APPEND, O_RDONLY, O_TRUNC, O_WRONLY } from "./uapi.ts";

/** What stat(2) tells about a node of the file tree. */
export function statOf(node: FileNode): FileStat {
  const { mode, device, inode, mtime } = node;
  return { mode, device, inode, mtime, size: node.kind === "file" ? node.content.length : 0 };
}

/** An open node of the file tree, which can be locked. */
export class NodeDescriptor extends Descriptor {
  constructor(readonly node: FileNode) {
    super();
  }

  override stat(): FileStat {
    return statOf(this.node);
  }

  override flock(exclusive: boolean | undefined): boolean {
    const { lock } = this.node;
    if (exclusive !== undefined) return lock.take(this, exclusive);
    lock.release(this);
    return true;
  }

  override close(): void {
    this.node.lock.release(this);
  }
}

/** An open regular file and the position in it. */
export class FileDescriptor extends NodeDescriptor {
  #offset = 0;

  /** @param now milliseconds of the machine's clock. */
  constructor(
    readonly file: RegularFile,
    readonly flags: number,
    readonly now: () => number,
  ) {
    super(file);
    if ((flags & O_TRUNC) !== 0) this.#change(new Uint8Array(0));
  }

  override read(buffer: Uint8Array): number {
    if ((this.flags & O_ACCMODE) === O_WRONLY) throw new Errno(EBADF);
    const part = this.file.content.subarray(this.#offset, this.#offset + buffer.length);
    buffer.set(part);
    this.#offset += part.length;
    return part.length;
  }

  override write(bytes: Uint8Array): number {
    if ((this.flags & O_ACCMODE) === O_RDONLY) throw new Errno(EBADF);
    const { file } = this;
    if ((this.flags & O_APPEND) !== 0) this.#offset = file.content.length;
    const end = this.#offset + bytes.length;
    const content = new Uint8Array(Math.max(end, file.content.length));
    content.set(file.content);
    content.set(bytes, this.#offset);
    this.#change(content);
    this.#offset = end;
    return bytes.length;
  }

  #change(content: Uint8Array): void {
    this.file.content = content;
    this.file.mtime = this.now();
  }
}
