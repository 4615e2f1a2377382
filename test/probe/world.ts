import * as host from "../../assembly/sys/host";
import { AT_EMPTY_PATH, AT_FDCWD, O_RDONLY } from "../../assembly/linux/fcntl";
import { IFLA_IFNAME } from "../../assembly/linux/if_link";
import { NETLINK_EXT_ACK, NLM_F_REQUEST } from "../../assembly/linux/netlink";
import { POLLIN } from "../../assembly/linux/poll";
import { RTM_GETLINK, RTM_NEWLINK } from "../../assembly/linux/rtnetlink";
import { CLONE_NEWNET } from "../../assembly/linux/sched";
import {
  AF_NETLINK,
  MSG_DONTWAIT,
  MSG_TRUNC,
  SOCK_RAW,
  SOL_NETLINK,
} from "../../assembly/linux/socket";
import { STATX_INO, STATX_TYPE } from "../../assembly/linux/stat";
import { CLOCK_MONOTONIC } from "../../assembly/linux/time";
import { startSend } from "./background";
import { put, report, room } from "./report";

const NETNS = "/proc/thread-self/ns/net";
const CLONE_NEWUTS: i32 = 0x04000000;
const S_IFREG: i32 = 0o100000;

/** Calls that work, and those that the system itself refuses. */
export function good(): void {
  streams();
  paths();
  files();
  sockets();
  environment();
}

function streams(): void {
  report("read: standard input", host.read(0, room, 3));
  report("read: the rest of it", host.read(0, room + 3, 100));
  report("read: its bytes", load<u32>(room) == 0x6c6c6568 && load<u8>(room + 4) == 0x6f ? 1 : 0);
  report("read: its end", host.read(0, room, 100));
  report("read: nothing", host.read(0, room, 0));
  report("write: nothing", host.write(1, room, 0));
}

function open(path: string): i32 {
  return host.open(room, put(room, path), O_RDONLY, 0);
}

function paths(): void {
  report("open: no such file", open("/nonexistent/file"));
  report("open: an empty path", open(""));
  report("open: a NUL byte in the path", open("/proc\0/self"));
  report("open: 4095 bytes", open("/".repeat(4094) + "x"));
  report("open: 4096 bytes", open("/".repeat(4095) + "x"));
  store<u8>(room, 0xff);
  report("open: a path that is not UTF-8", host.open(room, 1, O_RDONLY, 0));
  store<u32>(room, 0x0080a0ed);
  report("open: a surrogate in the path", host.open(room, 3, O_RDONLY, 0));
}

function files(): void {
  const fd = open(NETNS);
  report("open: a namespace", fd > 2 ? 1 : fd);
  report("statx: the namespace", stat(AT_FDCWD, NETNS, 0));
  const inode = load<u64>(room + 32);
  const isRegular = (load<u16>(room + 28) & 0o170000) == S_IFREG;
  const filled = (load<u32>(room) & (STATX_TYPE | STATX_INO)) == (STATX_TYPE | STATX_INO);
  report("statx: its type and inode", filled && isRegular && inode != 0 ? 1 : 0);
  report("statx: its descriptor", stat(fd, "", AT_EMPTY_PATH));
  report("statx: the same inode", load<u64>(room + 32) == inode ? 1 : 0);
  report("statx: an empty path", stat(AT_FDCWD, "", 0));
  report("statx: no such file", stat(AT_FDCWD, "/nonexistent/file", 0));
  report("setns: the namespace", host.setns(fd, CLONE_NEWNET));
  report("setns: as another kind", host.setns(fd, CLONE_NEWUTS));
  report("bind: no socket", host.bind(fd, room, 12));
  report("close", host.close(fd));
  report("close: again", host.close(fd));
}

function stat(dirfd: i32, path: string, flags: i32): i32 {
  const length = put(room + 512, path);
  return host.statx(dirfd, room + 512, length, flags, STATX_TYPE | STATX_INO, room, 256);
}

function sockets(): void {
  report("socket: no such family", host.socket(999, SOCK_RAW, 0));
  report("socket: no such protocol", host.socket(AF_NETLINK, SOCK_RAW, 999));
  const fd = host.socket(AF_NETLINK, SOCK_RAW, 0);
  report("socket: rtnetlink", fd > 2 ? 1 : fd);
  memory.fill(room, 0, 64);
  store<u16>(room, AF_NETLINK);
  report("bind: an address cut short", host.bind(fd, room, 2));
  report("bind", host.bind(fd, room, 12));
  store<u32>(room, 1);
  report("setsockopt", host.setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, room, 4));
  report("setsockopt: no such option", host.setsockopt(fd, SOL_NETLINK, 9999, room, 4));
  const size = room + 4096;
  store<u32>(size, 12);
  const nothing = host.recvfrom(fd, room, 64, MSG_DONTWAIT, room + 64, size);
  report("recvfrom: nothing there", nothing);
  report("poll: nothing there", poll(fd, 0));
  report("send", host.send(fd, room, askForLoopback(), 0));
  report("poll: something there", poll(fd, 1000));
  report("poll: its events", load<u16>(room + 6));
  const length = host.recvfrom(fd, room, 20, MSG_TRUNC, room + 64, size);
  report("recvfrom: the length of what did not fit", length > 20 ? 1 : length);
  report("recvfrom: the message", load<u16>(room + 4) == RTM_NEWLINK ? 1 : 0);
  report("recvfrom: the length of the sender", load<u32>(size));
  report("recvfrom: the sender", load<u16>(room + 64) == AF_NETLINK ? 1 : 0);
  report("start_send", startSend(fd, room, askForLoopback()));
  report("start_send: the answer", poll(fd, 1000));
  host.close(fd);
  report("poll: no descriptor", poll(9999, 0));
  report("poll: its events are POLLNVAL", load<u16>(room + 6));
  report("poll: nothing at all", host.poll(room, 0, 0));
}

function poll(fd: i32, timeout: i32): i32 {
  store<i32>(room, fd);
  store<u32>(room + 4, POLLIN);
  return host.poll(room, 1, timeout);
}

/** RTM_GETLINK of the link `lo`, put into the room: its length. */
function askForLoopback(): i32 {
  memory.fill(room, 0, 64);
  store<u32>(room, 40);
  store<u16>(room + 4, RTM_GETLINK);
  store<u16>(room + 6, NLM_F_REQUEST);
  store<u16>(room + 32, 7);
  store<u16>(room + 34, IFLA_IFNAME);
  put(room + 36, "lo");
  return 40;
}

function environment(): void {
  report("clock_gettime", host.clock_gettime(CLOCK_MONOTONIC, room));
  report("clock_gettime: its nanoseconds", load<u64>(room + 8) < 1_000_000_000 ? 1 : 0);
  report("clock_gettime: no such clock", host.clock_gettime(999, room));
  report("getenv", getenv("PROBE", 5));
  report("getenv: its bytes", load<u32>(room) == 0x756c6176 && load<u8>(room + 4) == 0x65 ? 1 : 0);
  store<u8>(room, 0);
  report("getenv: what does not fit", getenv("PROBE", 4));
  report("getenv: is not written", load<u8>(room));
  report("getenv: an empty value", getenv("PROBE_EMPTY", 5));
  report("getenv: no such variable", getenv("PROBE_UNSET", 5));
  report("getenv: no name", getenv("", 5));
  report("getenv: a NUL byte in the name", getenv("PROBE\0", 5));
  report("getenv: 4096 bytes", getenv("P".repeat(4096), 5));
  const length = host.program_invocation_name(room, 4096);
  report("program_invocation_name", length > 0 && load<u8>(room) == 0x2f ? 1 : length);
  report("program_invocation_name: its length", host.program_invocation_name(room, 0) - length);
}

function getenv(name: string, capacity: i32): i32 {
  const at = room + 512;
  return host.getenv(at, put(at, name), room, capacity);
}
