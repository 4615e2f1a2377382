import { type Descriptor, type FileStat, NetnsDescriptor } from "./descriptor.ts";
import { Errno } from "./errno.ts";
import { FileDescriptor, statOf } from "./file.ts";
import { type FileNode, type Files, NSFS } from "./files.ts";
import { FolderDescriptor } from "./folder.ts";
import type { Netns } from "./netns.ts";
import type { Program } from "./program.ts";
import { openSysctl } from "./sysctl.ts";
import {
  AT_SYMLINK_NOFOLLOW,
  EACCES,
  EEXIST,
  EISDIR,
  ENOENT,
  ENOEXEC,
  ENOTDIR,
  O_ACCMODE,
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_RDONLY,
  S_IFREG,
  STATX_BASIC_STATS,
} from "./uapi.ts";

const OWN_NETNS = /^\/proc\/(self|thread-self)\/ns\/net$/;
const SYSCTL = "/proc/sys/net/";
const EXECUTE = 0o111;
/** umask(2), as most have it. */
export const UMASK = 0o022;

/** What a path means depends on: the file tree, and for /proc the namespace of whoever looks. */
export interface View {
  readonly files: Files;
  readonly netns: Netns;
}

/** open(2). @throws Errno */
export function openPath(view: View, path: string, flags: number, mode: number): Descriptor {
  if (OWN_NETNS.test(path)) return openNetns(view.netns);
  if (path.startsWith(SYSCTL)) return openSysctl(view.netns, path.slice(SYSCTL.length), flags);
  return openNode(view.files, nodeAt(view.files, path, flags, mode), flags);
}

/** stat(2). @throws Errno */
export function statPath(view: View, path: string, flags: number): FileStat {
  if (OWN_NETNS.test(path) || path.startsWith(SYSCTL)) {
    return openPath(view, path, O_RDONLY, 0).stat();
  }
  return statOf(view.files.get(path, (flags & AT_SYMLINK_NOFOLLOW) === 0));
}

/** What execve(2) would run. @throws Errno ENOENT, EACCES, ENOEXEC */
export function programAt(files: Files, path: string): Program {
  const node = files.get(path);
  if (node.kind !== "file" || (node.mode & EXECUTE) === 0) throw new Errno(EACCES);
  if (node.program === undefined) throw new Errno(ENOEXEC);
  return node.program;
}

function nodeAt(files: Files, path: string, flags: number, mode: number): FileNode {
  const create = (flags & O_CREAT) !== 0;
  if (create && !exists(files, path)) {
    const file = files.file(mode & ~UMASK, new Uint8Array(0));
    files.enter(files.place(path, true), file);
    return file;
  }
  if (create && (flags & O_EXCL) !== 0) throw new Errno(EEXIST);
  return files.get(path);
}

function exists(files: Files, path: string): boolean {
  try {
    files.get(path);
    return true;
  } catch (error) {
    if (error instanceof Errno && error.errno === ENOENT) return false;
    throw error;
  }
}

function openNode(files: Files, node: FileNode, flags: number): Descriptor {
  if (node.kind === "netns") return openNetns(node.netns);
  if (node.kind === "folder") {
    if ((flags & O_ACCMODE) !== O_RDONLY) throw new Errno(EISDIR);
    return new FolderDescriptor(node);
  }
  if (node.kind === "symlink") throw new Errno(ENOENT);
  if ((flags & O_DIRECTORY) !== 0) throw new Errno(ENOTDIR);
  return new FileDescriptor(node, flags, files.now);
}

function openNetns(netns: Netns): Descriptor {
  const identity = { mode: S_IFREG | 0o444, device: NSFS, inode: netns.inode, size: 0, mtime: 0 };
  return new NetnsDescriptor(netns, identity);
}

/** struct statx of 256 bytes (linux/stat.h), but for what this kernel does not keep. */
export function encodeStatx(stat: FileStat): Uint8Array {
  const view = new DataView(new ArrayBuffer(256));
  view.setUint32(0, STATX_BASIC_STATS, true);
  view.setUint32(16, 1, true);
  view.setUint16(28, stat.mode, true);
  view.setBigUint64(32, BigInt(stat.inode), true);
  view.setBigUint64(40, BigInt(stat.size), true);
  const seconds = Math.floor(stat.mtime / 1000);
  view.setBigInt64(112, BigInt(seconds), true);
  view.setUint32(120, Math.floor((stat.mtime - seconds * 1000) * 1e6), true);
  view.setUint32(140, stat.device, true);
  return new Uint8Array(view.buffer);
}
