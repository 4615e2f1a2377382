import * as host from "../../assembly/sys/host";
import { O_CREAT, O_EXCL, O_RDONLY, O_WRONLY } from "../../assembly/linux/fcntl";
import { LOCK_EX, LOCK_NB } from "../../assembly/linux/file";
import { put, report, room } from "./report";

// Where the arguments of the calls are in the room.
const PATH: usize = room + 4096;
const SECOND: usize = room + 6144;

/** Calls that change files, in the empty directory that PROBE_DIRECTORY names. */
export function directories(): void {
  const length = host.getenv(room, put(room, "PROBE_DIRECTORY"), room + 64, 1024);
  const base = String.UTF8.decodeUnsafe(room + 64, max(length, 0)) + "/";
  report("mkdir", host.mkdir(PATH, put(PATH, base + "d"), 0o755));
  report("mkdir: again", host.mkdir(PATH, put(PATH, base + "d"), 0o755));
  report("mkdir: nothing above it", host.mkdir(PATH, put(PATH, base + "x/y"), 0o755));
  locks(base + "d/f");
  links(base + "d/");
  entries(base + "d");
  removal(base + "d/");
}

function locks(path: string): void {
  const flags = O_WRONLY | O_CREAT | O_EXCL;
  const fd = host.open(PATH, put(PATH, path), flags, 0o600);
  report("open: a new file", fd > 2 ? 1 : fd);
  report("open: the new file again", host.open(PATH, put(PATH, path), flags, 0o600));
  const other = host.open(PATH, put(PATH, path), O_RDONLY, 0);
  report("flock", host.flock(fd, LOCK_EX | LOCK_NB));
  report("flock: held", host.flock(other, LOCK_EX | LOCK_NB));
  report("flock: no such operation", host.flock(fd, 0));
  host.close(fd);
  report("flock: given back by close", host.flock(other, LOCK_EX | LOCK_NB));
  report("getdents64: no directory", host.getdents64(other, room, 512));
  host.close(other);
}

function links(base: string): void {
  report("link", link(base + "f", base + "g"));
  report("link: again", link(base + "f", base + "g"));
  report("link: no such file", link(base + "x", base + "y"));
  report("symlink", symlink("text", base + "s"));
  report("symlink: again", symlink("other", base + "s"));
  report("symlink: no text", symlink("", base + "t"));
  store<u32>(room, 0);
  report("readlink", readlink(base + "s", 100));
  report("readlink: its text", load<u32>(room) == 0x74786574 ? 1 : 0);
  report("readlink: cut off", readlink(base + "s", 2));
  report("readlink: no room", readlink(base + "s", 0));
  report("readlink: no link", readlink(base + "f", 100));
  report("readlink: no such file", readlink(base + "x", 100));
}

function entries(path: string): void {
  const fd = host.open(PATH, put(PATH, path), O_RDONLY, 0);
  report("getdents64: too little room", host.getdents64(fd, room, 8));
  const length = host.getdents64(fd, room, 4096);
  let count = 0;
  for (let at = 0; at < length; at += load<u16>(room + at + 16)) count++;
  // ".", "..", f, g and s
  report("getdents64: how many", count);
  report("getdents64: the end", host.getdents64(fd, room, 4096));
  host.close(fd);
}

function removal(base: string): void {
  report("unlink", host.unlink(PATH, put(PATH, base + "f")));
  report("unlink: again", host.unlink(PATH, put(PATH, base + "f")));
  report("unlink: a directory", host.unlink(PATH, put(PATH, base)));
}

function link(path: string, second: string): i32 {
  const length = put(PATH, path);
  return host.link(PATH, length, SECOND, put(SECOND, second));
}

function symlink(text: string, path: string): i32 {
  const length = put(PATH, text);
  return host.symlink(PATH, length, SECOND, put(SECOND, path));
}

function readlink(path: string, capacity: i32): i32 {
  return host.readlink(PATH, put(PATH, path), room, capacity);
}
