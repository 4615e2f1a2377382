import { Descriptor, type FileStat } from "./descriptor.ts";
import { Errno } from "./errno.ts";
import type { RegularFile } from "./files.ts";
import { EBADF, EISDIR, O_ACCMODE, O_APPEND, O_RDONLY, O_TRUNC, O_WRONLY } from "./uapi.ts";

/** An open regular file and the position in it. */
export class FileDescriptor extends Descriptor {
  #offset = 0;

  constructor(
    readonly file: RegularFile,
    readonly flags: number,
  ) {
    super();
    if ((flags & O_TRUNC) !== 0) file.content = new Uint8Array(0);
  }

  override stat(): FileStat {
    const { mode, device, inode, content } = this.file;
    return { mode, device, inode, size: content.length };
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
    file.content = content;
    this.#offset = end;
    return bytes.length;
  }
}

/** An open folder: it can be told apart, not read. */
export class FolderDescriptor extends Descriptor {
  constructor(readonly identity: FileStat) {
    super();
  }

  override stat(): FileStat {
    return this.identity;
  }

  override read(): number {
    throw new Errno(EISDIR);
  }
}
