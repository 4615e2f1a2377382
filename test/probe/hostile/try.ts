import * as host from "../../../assembly/sys/host";
import { AT_FDCWD } from "../../../assembly/linux/fcntl";
import { STATX_TYPE } from "../../../assembly/linux/stat";
import { CLONE_NEWNET } from "../../../assembly/linux/sched";
import { put, room } from "../report";

// Where the arguments of the calls are in the room.
const PATH: usize = room;
const SECOND: usize = room + 1024;
export const ANSWER: usize = room + 2048;

export function variable(name: string): string {
  const length = host.getenv(PATH, put(PATH, name), ANSWER, 1024);
  return length > 0 ? String.UTF8.decodeUnsafe(ANSWER, length) : "";
}

/** open(2), and at once close(2). */
export function open(path: string, flags: i32, mode: i32 = 0): i32 {
  const fd = host.open(PATH, put(PATH, path), flags, mode);
  if (fd >= 0) host.close(fd);
  return fd;
}

/** open(2) of what stays open. */
export function keep(path: string, flags: i32, mode: i32 = 0): i32 {
  return host.open(PATH, put(PATH, path), flags, mode);
}

export function statx(path: string, dirfd: i32 = AT_FDCWD, flags: i32 = 0): i32 {
  return host.statx(dirfd, PATH, put(PATH, path), flags, STATX_TYPE, ANSWER, 256);
}

export function mkdir(path: string, mode: i32): i32 {
  return host.mkdir(PATH, put(PATH, path), mode);
}

export function unlink(path: string): i32 {
  return host.unlink(PATH, put(PATH, path));
}

export function link(path: string, second: string): i32 {
  return host.link(PATH, put(PATH, path), SECOND, put(SECOND, second));
}

export function symlink(text: string, path: string): i32 {
  return host.symlink(SECOND, put(SECOND, text), PATH, put(PATH, path));
}

export function readlink(path: string): i32 {
  return host.readlink(PATH, put(PATH, path), ANSWER, 1024);
}

/** Does something in the container's namespace. Returns what it did, or -errno. */
export function inContainer(action: () => i32): i32 {
  const home = keep("/proc/thread-self/ns/net", 0);
  const fd = keep(variable("CNI_NETNS"), 0);
  const entered = host.setns(fd, CLONE_NEWNET);
  if (entered < 0) return entered;
  const answer = action();
  host.setns(home, CLONE_NEWNET);
  host.close(fd);
  host.close(home);
  return answer;
}
