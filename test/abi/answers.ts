// The right answers to the questions of test/probe/abi.ts: what every host must answer, on Linux
// and off it. A negative number is -errno; a yes-or-no question is answered by 1.
import {
  E2BIG,
  EACCES,
  EAFNOSUPPORT,
  EAGAIN,
  EBADF,
  EEXIST,
  EFAULT,
  EINVAL,
  EISDIR,
  ENAMETOOLONG,
  ENOENT,
  ENOTDIR,
  EPROTONOSUPPORT,
} from "../../assembly/linux/errno.ts";

type Answers = Readonly<Record<string, number>>;

// asm-generic/errno.h; the core knows no name for them
const ENOTSOCK = 88;
const ENOPROTOOPT = 92;
const YES = 1;

/** A range whose length is an argument. */
const RANGE: Answers = {
  "reaches beyond memory": -EFAULT,
  "starts beyond memory": -EFAULT,
  "wraps around to memory": -EFAULT,
  "has a negative length": -EINVAL,
  "has the most negative length": -EINVAL,
  "has the longest length": -EFAULT,
};

/** A pointer to a struct of fixed size. */
const STRUCT: Answers = {
  "reaches beyond memory": -EFAULT,
  "wraps around to memory": -EFAULT,
};

/** A range whose capacity is a u32 in memory. */
const CAPACITY: Answers = {
  "reaches beyond memory": -EFAULT,
  "has a capacity beyond memory": -EFAULT,
  "has a capacity that wraps around": -EFAULT,
};

const pointers: Readonly<Record<string, Answers>> = {
  "open path": RANGE,
  "read buffer": RANGE,
  "write buffer": RANGE,
  "statx path": RANGE,
  "statx buffer": RANGE,
  "mkdir path": RANGE,
  "unlink path": RANGE,
  "link path": RANGE,
  "link second": RANGE,
  "symlink text": RANGE,
  "symlink path": RANGE,
  "readlink path": RANGE,
  "readlink buffer": RANGE,
  "getdents64 buffer": RANGE,
  "bind address": RANGE,
  "setsockopt value": RANGE,
  "send buffer": RANGE,
  "start_send buffer": RANGE,
  "recvfrom buffer": RANGE,
  "recvfrom address": CAPACITY,
  "recvfrom address length": STRUCT,
  "poll fds": {
    "reach beyond memory": -EFAULT,
    "have a negative count": -EINVAL,
    "have the largest count": -EFAULT,
  },
  "clock_gettime timespec": STRUCT,
  "getenv name": RANGE,
  "getenv value": RANGE,
  "program_invocation_name buffer": RANGE,
  "spawn path": RANGE,
  "spawn command": RANGE,
  "spawn input": RANGE,
  "spawn output": CAPACITY,
  "spawn output length": STRUCT,
  "spawn log": CAPACITY,
  "spawn log length": STRUCT,
};

/** The calls on a descriptor; poll(2) answers in revents instead. */
const DESCRIPTOR: Answers = {
  "no descriptor": -EBADF,
  "a negative descriptor": -EBADF,
};

const descriptors: Readonly<Record<string, Answers>> = {
  read: DESCRIPTOR,
  write: DESCRIPTOR,
  close: DESCRIPTOR,
  flock: DESCRIPTOR,
  getdents64: DESCRIPTOR,
  statx: DESCRIPTOR,
  setns: DESCRIPTOR,
  bind: DESCRIPTOR,
  setsockopt: DESCRIPTOR,
  send: DESCRIPTOR,
  start_send: DESCRIPTOR,
  recvfrom: DESCRIPTOR,
};

const files: Answers = {
  "read: standard input": 3,
  "read: the rest of it": 2,
  "read: its bytes": YES,
  "read: its end": 0,
  "read: nothing": 0,
  "write: nothing": 0,
  "open: no such file": -ENOENT,
  "open: an empty path": -ENOENT,
  "open: a NUL byte in the path": -EINVAL,
  "open: 4095 bytes": -ENOENT,
  "open: 4096 bytes": -ENAMETOOLONG,
  "open: a path that is not UTF-8": -EINVAL,
  "open: a surrogate in the path": -EINVAL,
  "open: a namespace": YES,
  "statx: the namespace": 0,
  "statx: its type and inode": YES,
  "statx: its descriptor": 0,
  "statx: the same inode": YES,
  "statx: an empty path": -ENOENT,
  "statx: no such file": -ENOENT,
  "setns: the namespace": 0,
  "setns: as another kind": -EINVAL,
  "bind: no socket": -ENOTSOCK,
  close: 0,
  "close: again": -EBADF,
};

const directories: Answers = {
  mkdir: 0,
  "mkdir: again": -EEXIST,
  "mkdir: nothing above it": -ENOENT,
  "open: a new file": YES,
  "open: the new file again": -EEXIST,
  flock: 0,
  "flock: held": -EAGAIN,
  "flock: no such operation": -EINVAL,
  "flock: given back by close": 0,
  "getdents64: no directory": -ENOTDIR,
  link: 0,
  "link: again": -EEXIST,
  "link: no such file": -ENOENT,
  symlink: 0,
  "symlink: again": -EEXIST,
  "symlink: no text": -ENOENT,
  readlink: 4,
  "readlink: its text": YES,
  "readlink: cut off": 2,
  "readlink: no room": -EINVAL,
  "readlink: no link": -EINVAL,
  "readlink: no such file": -ENOENT,
  "getdents64: too little room": -EINVAL,
  "getdents64: how many": 5,
  "getdents64: the end": 0,
  unlink: 0,
  "unlink: again": -ENOENT,
  "unlink: a directory": -EISDIR,
};

const sockets: Answers = {
  "socket: no such family": -EAFNOSUPPORT,
  "socket: no such protocol": -EPROTONOSUPPORT,
  "socket: rtnetlink": YES,
  "bind: an address cut short": -EINVAL,
  bind: 0,
  setsockopt: 0,
  "setsockopt: no such option": -ENOPROTOOPT,
  "recvfrom: nothing there": -EAGAIN,
  "poll: nothing there": 0,
  send: 40,
  "poll: something there": 1,
  "poll: its events": 1,
  "recvfrom: the length of what did not fit": YES,
  "recvfrom: the message": YES,
  "recvfrom: the length of the sender": 12,
  "recvfrom: the sender": YES,
  start_send: 40,
  "start_send: the answer": 1,
  "poll: no descriptor": 1,
  "poll: its events are POLLNVAL": 0x20,
  "poll: nothing at all": 0,
};

const environment: Answers = {
  clock_gettime: 0,
  "clock_gettime: its nanoseconds": YES,
  "clock_gettime: no such clock": -EINVAL,
  getenv: 5,
  "getenv: its bytes": YES,
  "getenv: what does not fit": 5,
  "getenv: is not written": 0,
  "getenv: an empty value": 0,
  "getenv: no such variable": -ENOENT,
  "getenv: no name": -ENOENT,
  "getenv: a NUL byte in the name": -EINVAL,
  "getenv: 4096 bytes": -ENAMETOOLONG,
  program_invocation_name: YES,
  "program_invocation_name: its length": 0,
};

const programs: Answers = {
  "spawn: no such program": -ENOENT,
  "spawn: its output": 0,
  "spawn: a directory": -EACCES,
  "spawn: a NUL byte in the path": -EINVAL,
  "spawn: a NUL byte in the command": -EINVAL,
  "spawn: the wait status of exit 3": 0x300,
  "spawn: the length of the output": 8,
  "spawn: the output": YES,
  "spawn: the length of the log": 4,
  "spawn: the log": YES,
  "spawn: the wait status of SIGTERM": 15,
  "spawn: as much output as fits": 0x300,
  "spawn: too much output": -E2BIG,
  "spawn: its output, cut": 7,
  "spawn: a longer log than fits": 0x300,
  "spawn: the end of the log": YES,
};

/** Every question and its answer. */
export const answers: Answers = {
  ...flat(pointers),
  ...flat(descriptors),
  ...files,
  ...directories,
  ...sockets,
  ...environment,
  ...programs,
};

function flat(groups: Readonly<Record<string, Answers>>): Answers {
  const entries = Object.entries(groups).flatMap(([group, cases]) =>
    Object.entries(cases).map(([name, answer]) => [`${group}: ${name}`, answer] as const),
  );
  return Object.fromEntries(entries);
}
