import fs from "node:fs";
import * as fcntl from "../assembly/linux/fcntl.ts";
import * as file from "../assembly/linux/file.ts";
import * as netlink from "../assembly/linux/netlink.ts";
import * as sched from "../assembly/linux/sched.ts";
import * as socket from "../assembly/linux/socket.ts";
import * as stat from "../assembly/linux/stat.ts";
import * as time from "../assembly/linux/time.ts";
import type { System } from "./imports.ts";
import { hexOf, quoted } from "./strace/bytes.ts";
import { flagsOf, nameOf, namesOf, resultOf } from "./strace/names.ts";
import { messagesOf } from "./strace/netlink.ts";
import { pollfdsOf, sockaddrOf, statxOf, waitStatusOf } from "./strace/structs.ts";
import { Trace } from "./strace/trace.ts";

const STDERR = 2;
const OPEN_FLAGS = namesOf(fcntl, "O_");
const DIRECTORIES = namesOf(fcntl, "AT_FDCWD");
const AT_FLAGS = namesOf(fcntl, "AT_", ["AT_FDCWD"]);
const LOCKS = namesOf(file, "LOCK_");
const STATX_FIELDS = namesOf(stat, "STATX_");
const FAMILIES = namesOf(socket, "AF_");
const SOCKET_TYPES = namesOf(socket, "SOCK_");
const MESSAGE_FLAGS = namesOf(socket, "MSG_");
const LEVELS = namesOf(socket, "SOL_");
const SOCKET_OPTIONS = namesOf(netlink, "NETLINK_", ["NETLINK_ROUTE"]);
const NAMESPACES = namesOf(sched, "CLONE_");
const CLOCKS = namesOf(time, "CLOCK_");

/**
 * A system that does what `system` does and prints every call as strace(1) does: arguments by name,
 * data, result, and the time taken.
 *
 * @param print gets each line, without its end; by default they go to standard error.
 */
export function strace(
  system: System,
  print = (line: string): void => {
    fs.writeSync(STDERR, `${line}\n`);
  },
): System {
  const trace = new Trace(print);
  return {
    ...files(system, trace),
    ...directories(system, trace),
    ...sockets(system, trace),
    ...processes(system, trace),
  };
}

type Calls<Name extends keyof System> = Pick<System, Name>;

function files(system: System, trace: Trace): Calls<"open" | "read" | "write" | "close" | "statx"> {
  return {
    open: (path, flags, mode) =>
      trace.plain("open", [text(path), flagsOf(OPEN_FLAGS, flags), `0${mode.toString(8)}`], () =>
        system.open(path, flags, mode),
      ),
    read: (fd, buffer) =>
      trace.after(
        () => system.read(fd, buffer),
        (count) => `read(${fd}, ${data(buffer, count)}, ${buffer.length}) = ${resultOf(count)}`,
      ),
    write: (fd, buffer) =>
      trace.plain("write", [fd, quoted(buffer), buffer.length], () => system.write(fd, buffer)),
    close: (fd) => trace.plain("close", [fd], () => system.close(fd)),
    statx: (dirfd, path, flags, mask, buffer) =>
      trace.after(
        () => system.statx(dirfd, path, flags, mask, buffer),
        (result) =>
          `statx(${nameOf(DIRECTORIES, dirfd)}, ${text(path)}, ${flagsOf(AT_FLAGS, flags)}, ` +
          `${flagsOf(STATX_FIELDS, mask)}, ${result === 0 ? statxOf(buffer) : "{}"}) = ` +
          resultOf(result),
      ),
  };
}

function directories(
  system: System,
  trace: Trace,
): Calls<"mkdir" | "unlink" | "link" | "symlink" | "readlink" | "flock" | "getdents64"> {
  return {
    mkdir: (path, mode) =>
      trace.plain("mkdir", [text(path), `0${mode.toString(8)}`], () => system.mkdir(path, mode)),
    unlink: (path) => trace.plain("unlink", [text(path)], () => system.unlink(path)),
    link: (path, second) =>
      trace.plain("link", [text(path), text(second)], () => system.link(path, second)),
    symlink: (value, path) =>
      trace.plain("symlink", [text(value), text(path)], () => system.symlink(value, path)),
    readlink: (path, buffer) =>
      trace.after(
        () => system.readlink(path, buffer),
        (count) =>
          `readlink(${text(path)}, ${data(buffer, count)}, ${buffer.length}) = ${resultOf(count)}`,
      ),
    flock: (fd, operation) =>
      trace.plain("flock", [fd, flagsOf(LOCKS, operation)], () => system.flock(fd, operation)),
    getdents64: (fd, buffer) =>
      trace.after(
        () => system.getdents64(fd, buffer),
        (count) => `getdents64(${fd}, ${buffer.length}) = ${resultOf(count)}`,
      ),
  };
}

function sockets(
  system: System,
  trace: Trace,
): Calls<"socket" | "bind" | "setsockopt" | "send" | "start_send" | "recvfrom" | "poll"> {
  return {
    socket: (domain, type, protocol) =>
      trace.plain("socket", [nameOf(FAMILIES, domain), flagsOf(SOCKET_TYPES, type), protocol], () =>
        system.socket(domain, type, protocol),
      ),
    bind: (fd, address) =>
      trace.plain("bind", [fd, sockaddrOf(address)], () => system.bind(fd, address)),
    setsockopt: (fd, level, name, value) => {
      const option = level === socket.SOL_NETLINK ? nameOf(SOCKET_OPTIONS, name) : name;
      return trace.plain("setsockopt", [fd, nameOf(LEVELS, level), option, hexOf(value)], () =>
        system.setsockopt(fd, level, name, value),
      );
    },
    send: (fd, buffer, flags) =>
      trace.plain(
        "send",
        [fd, messagesOf(buffer), buffer.length, flagsOf(MESSAGE_FLAGS, flags)],
        () => system.send(fd, buffer, flags),
      ),
    start_send: (fd, buffer, flags) =>
      trace.plain(
        "start_send",
        [fd, messagesOf(buffer), buffer.length, flagsOf(MESSAGE_FLAGS, flags)],
        () => system.start_send(fd, buffer, flags),
      ),
    recvfrom: (fd, buffer, flags, address, addressLength) =>
      trace.after(
        () => system.recvfrom(fd, buffer, flags, address, addressLength),
        (count) =>
          `recvfrom(${fd}, ${messagesOf(received(buffer, count))}, ${buffer.length}, ` +
          `${flagsOf(MESSAGE_FLAGS, flags)}, ${sockaddrOf(address)}) = ${resultOf(count)}`,
      ),
    poll: (fds, timeout) =>
      trace.after(
        () => system.poll(fds, timeout),
        (count) => `poll(${pollfdsOf(fds)}, ${timeout}) = ${resultOf(count)}`,
      ),
  };
}

function processes(
  system: System,
  trace: Trace,
): Calls<"setns" | "clock_gettime" | "getenv" | "program_invocation_name" | "spawn"> {
  return {
    setns: (fd, nstype) =>
      trace.plain("setns", [fd, flagsOf(NAMESPACES, nstype)], () => system.setns(fd, nstype)),
    clock_gettime: (clock, timespec) =>
      trace.plain("clock_gettime", [nameOf(CLOCKS, clock)], () =>
        system.clock_gettime(clock, timespec),
      ),
    getenv: (name) =>
      trace.after(
        () => system.getenv(name),
        (value) => `getenv(${text(name)}) = ${value ? quoted(value) : "unset"}`,
      ),
    program_invocation_name: () =>
      trace.after(
        () => system.program_invocation_name(),
        (path) => `program_invocation_name() = ${quoted(path)}`,
      ),
    spawn: (path, command, input, outputLimit, logLimit) =>
      trace.after(
        () => system.spawn(path, command, input, outputLimit, logLimit),
        ({ status, output, log }) =>
          `spawn(${text(path)}, ${command}, ${quoted(input)}, ` +
          `${quoted(output)}, ${quoted(log)}) = ` +
          (status < 0 ? resultOf(status) : waitStatusOf(status)),
      ),
  };
}

function text(value: string): string {
  return quoted(Buffer.from(value));
}

/** What a call that returned `count` wrote into its buffer. */
function received(buffer: Uint8Array, count: number): Uint8Array {
  return buffer.subarray(0, Math.max(0, count));
}

function data(buffer: Uint8Array, count: number): string {
  return quoted(received(buffer, count));
}
