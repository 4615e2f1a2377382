import fs from "node:fs";
import * as fcntl from "../assembly/linux/fcntl.ts";
import * as file from "../assembly/linux/file.ts";
import * as netlink from "../assembly/linux/netlink.ts";
import * as sched from "../assembly/linux/sched.ts";
import * as socket from "../assembly/linux/socket.ts";
import * as stat from "../assembly/linux/stat.ts";
import * as time from "../assembly/linux/time.ts";
import type { System } from "./imports.ts";
import { hexOf, quoted } from "./trace/bytes.ts";
import { flagsOf, nameOf, namesOf, resultOf } from "./trace/names.ts";
import { Interfaces } from "./trace/interfaces.ts";
import { frameOf } from "./trace/frame.ts";
import { answersOf, requestsOf } from "./trace/netlink.ts";
import { pollfdsOf, sockaddrOf, statxOf, waitStatusOf } from "./trace/structs.ts";
import { Printer } from "./trace/printer.ts";

const STDERR = 2;
/** Of what goes into a delegate and comes out of it, in bytes. */
const SHOWN_OF_DELEGATE = 4096;
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
 * netlink messages in the words of ip(8), data, result, and the time taken.
 *
 * @param print gets each line, without its end; by default they go to standard error.
 */
export function trace(
  system: System,
  print = (line: string): void => {
    fs.writeSync(STDERR, `${line}\n`);
  },
): System {
  const printer = new Printer(print);
  return {
    ...files(system, printer),
    ...directories(system, printer),
    ...sockets(system, printer),
    ...processes(system, printer),
  };
}

type Calls<Name extends keyof System> = Pick<System, Name>;

function files(
  system: System,
  printer: Printer,
): Calls<"open" | "read" | "write" | "close" | "statx"> {
  return {
    open: (path, flags, mode) => {
      const args = [sysctlOf(path) ?? text(path), flagsOf(OPEN_FLAGS, flags), octal(mode)];
      const fd = printer.plain("open", args, () => system.open(path, flags, mode));
      printer.name(fd, sysctlOf(path) ?? path);
      return fd;
    },
    read: (fd, buffer) =>
      printer.after(
        () => system.read(fd, buffer),
        (count) =>
          `read(${printer.show(fd)}, ${data(buffer, count)}, ${buffer.length}) = ` +
          resultOf(count),
      ),
    write: (fd, buffer) =>
      printer.plain("write", [printer.show(fd), quoted(buffer), buffer.length], () =>
        system.write(fd, buffer),
      ),
    close: (fd) => {
      const result = printer.plain("close", [printer.show(fd)], () => system.close(fd));
      printer.forget(fd);
      return result;
    },
    statx: (dirfd, path, flags, mask, buffer) =>
      printer.after(
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
  printer: Printer,
): Calls<"mkdir" | "unlink" | "link" | "symlink" | "readlink" | "flock" | "getdents64"> {
  return {
    mkdir: (path, mode) =>
      printer.plain("mkdir", [text(path), octal(mode)], () => system.mkdir(path, mode)),
    unlink: (path) => printer.plain("unlink", [text(path)], () => system.unlink(path)),
    link: (path, second) =>
      printer.plain("link", [text(path), text(second)], () => system.link(path, second)),
    symlink: (value, path) =>
      printer.plain("symlink", [text(value), text(path)], () => system.symlink(value, path)),
    readlink: (path, buffer) =>
      printer.after(
        () => system.readlink(path, buffer),
        (count) =>
          `readlink(${text(path)}, ${data(buffer, count)}, ${buffer.length}) = ${resultOf(count)}`,
      ),
    flock: (fd, operation) =>
      printer.plain("flock", [printer.show(fd), flagsOf(LOCKS, operation)], () =>
        system.flock(fd, operation),
      ),
    getdents64: (fd, buffer) =>
      printer.after(
        () => system.getdents64(fd, buffer),
        (count) => `getdents64(${printer.show(fd)}, ${buffer.length}) = ${resultOf(count)}`,
      ),
  };
}

function sockets(
  system: System,
  printer: Printer,
): Calls<"socket" | "bind" | "setsockopt" | "send" | "start_send" | "recvfrom" | "poll"> {
  const told = new Map<number, Interfaces>();
  const interfacesOf = (fd: number) => told.get(fd) ?? new Interfaces();
  const packets = new Set<number>();
  const sent = (fd: number, bytes: Uint8Array) =>
    packets.has(fd) ? frameOf(bytes) : requestsOf(bytes, interfacesOf(fd));
  const heard = (fd: number, bytes: Uint8Array) =>
    packets.has(fd) ? frameOf(bytes) : answersOf(bytes, interfacesOf(fd));
  return {
    socket: (domain, type, protocol) => {
      const args = [nameOf(FAMILIES, domain), flagsOf(SOCKET_TYPES, type), protocol];
      const fd = printer.plain("socket", args, () => system.socket(domain, type, protocol));
      told.set(fd, new Interfaces());
      if (domain === socket.AF_PACKET) packets.add(fd);
      else packets.delete(fd);
      return fd;
    },
    bind: (fd, address) =>
      printer.plain("bind", [fd, sockaddrOf(address)], () => system.bind(fd, address)),
    setsockopt: (fd, level, name, value) => {
      const option = level === socket.SOL_NETLINK ? nameOf(SOCKET_OPTIONS, name) : name;
      return printer.plain("setsockopt", [fd, nameOf(LEVELS, level), option, hexOf(value)], () =>
        system.setsockopt(fd, level, name, value),
      );
    },
    send: (fd, buffer, flags) =>
      printer.plain(
        "send",
        [fd, sent(fd, buffer), buffer.length, flagsOf(MESSAGE_FLAGS, flags)],
        () => system.send(fd, buffer, flags),
      ),
    start_send: (fd, buffer, flags) =>
      printer.plain(
        "start_send",
        [fd, sent(fd, buffer), buffer.length, flagsOf(MESSAGE_FLAGS, flags)],
        () => system.start_send(fd, buffer, flags),
      ),
    recvfrom: (fd, buffer, flags, address, addressLength) =>
      printer.after(
        () => system.recvfrom(fd, buffer, flags, address, addressLength),
        (count) =>
          `recvfrom(${fd}, ${heard(fd, received(buffer, count))}, ` +
          `${buffer.length}, ` +
          `${flagsOf(MESSAGE_FLAGS, flags)}, ${sockaddrOf(address)}) = ${resultOf(count)}`,
      ),
    poll: (fds, timeout) =>
      printer.after(
        () => system.poll(fds, timeout),
        (count) => `poll(${pollfdsOf(fds)}, ${timeout}) = ${resultOf(count)}`,
      ),
  };
}

function processes(
  system: System,
  printer: Printer,
): Calls<"setns" | "clock_gettime" | "getenv" | "program_invocation_name" | "spawn"> {
  return {
    setns: (fd, nstype) =>
      printer.plain("setns", [printer.show(fd), flagsOf(NAMESPACES, nstype)], () =>
        system.setns(fd, nstype),
      ),
    clock_gettime: (clock, timespec) =>
      printer.plain("clock_gettime", [nameOf(CLOCKS, clock)], () =>
        system.clock_gettime(clock, timespec),
      ),
    getenv: (name) =>
      printer.after(
        () => system.getenv(name),
        (value) => `getenv(${text(name)}) = ${value ? quoted(value) : "unset"}`,
      ),
    program_invocation_name: () =>
      printer.after(
        () => system.program_invocation_name(),
        (path) => `program_invocation_name() = ${quoted(path)}`,
      ),
    spawn: (path, command, input, outputLimit, logLimit) =>
      printer.after(
        () => system.spawn(path, command, input, outputLimit, logLimit),
        ({ status, output, log }) =>
          `spawn(${text(path)}, ${command}, ${quoted(input, SHOWN_OF_DELEGATE)}, ` +
          `${quoted(output, SHOWN_OF_DELEGATE)}, ${quoted(log, SHOWN_OF_DELEGATE)}) = ` +
          (status < 0 ? resultOf(status) : waitStatusOf(status)),
      ),
  };
}

const SYSCTLS = "/proc/sys/";

/** `sysctl net/ipv6/...`, as sysctl(8) names it: with slashes, for a name may have dots. */
function sysctlOf(path: string): string | undefined {
  return path.startsWith(SYSCTLS) ? `sysctl ${path.slice(SYSCTLS.length)}` : undefined;
}

function octal(mode: number): string {
  return `0${mode.toString(8)}`;
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
