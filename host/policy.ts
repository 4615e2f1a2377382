import { EACCES } from "../assembly/linux/errno.ts";
import { AT_FDCWD } from "../assembly/linux/fcntl.ts";
import { CLONE_NEWNET } from "../assembly/linux/sched.ts";
import type { System } from "./imports.ts";
import { Rules } from "./policy/rules.ts";

const STDIN = 0;

/**
 * A system on which the core can do what this invocation of a plugin needs, and nothing else: all
 * other calls are -EACCES, or -EBADF on a descriptor that the core was not given, and are not made.
 *
 * docs/security.md has the rules in words, and what they cannot guarantee.
 */
export function confine(system: System): System {
  const rules = new Rules(system);
  return {
    ...files(system, rules),
    ...directories(system, rules),
    ...sockets(system, rules),
    ...processes(system, rules),
  };
}

type Calls<Name extends keyof System> = Pick<System, Name>;

function files(
  system: System,
  rules: Rules,
): Calls<"open" | "read" | "write" | "close" | "statx" | "flock"> {
  const { descriptors, invocation } = rules;
  return {
    open: (path, flags, mode) => {
      const place = rules.place(path);
      if (place === undefined || !rules.mayOpen(place, flags, mode)) return -EACCES;
      return descriptors.add(system.open(path, flags, mode), place);
    },
    read: (fd, buffer) => {
      const refusal = descriptors.refusalUnless(fd, descriptors.isReadable(fd));
      if (refusal < 0) return refusal;
      const count = system.read(fd, buffer);
      const isInput = fd === STDIN && count >= 0 && buffer.length > 0;
      if (isInput) invocation.take(buffer.subarray(0, count));
      return count;
    },
    write: (fd, buffer) =>
      descriptors.refusalUnless(fd, descriptors.isWritable(fd)) || system.write(fd, buffer),
    close: (fd) => {
      // the streams stay: their numbers would be given to something else
      const refusal = descriptors.refusalUnless(fd, !descriptors.isStream(fd));
      if (refusal < 0) return refusal;
      descriptors.remove(fd);
      return system.close(fd);
    },
    statx: (dirfd, path, flags, mask, buffer) => {
      const isAllowed = dirfd === AT_FDCWD && flags === 0 && rules.mayStat(path);
      return isAllowed ? system.statx(dirfd, path, flags, mask, buffer) : -EACCES;
    },
    flock: (fd, operation) =>
      descriptors.refusalUnless(fd, descriptors.isLockable(fd)) || system.flock(fd, operation),
  };
}

function directories(
  system: System,
  rules: Rules,
): Calls<"mkdir" | "unlink" | "link" | "symlink" | "readlink" | "getdents64"> {
  const { descriptors } = rules;
  return {
    mkdir: (path, mode) =>
      rules.mayMakeDirectory(path, mode) ? system.mkdir(path, mode) : -EACCES,
    unlink: (path) => (rules.mayUnlink(path) ? system.unlink(path) : -EACCES),
    link: (path, second) => (rules.mayLink(path, second) ? system.link(path, second) : -EACCES),
    symlink: (text, path) => (rules.maySymlink(text, path) ? system.symlink(text, path) : -EACCES),
    readlink: (path, buffer) =>
      rules.place(path) === "entry" ? system.readlink(path, buffer) : -EACCES,
    getdents64: (fd, buffer) =>
      descriptors.refusalUnless(fd, descriptors.isDirectory(fd)) || system.getdents64(fd, buffer),
  };
}

function sockets(
  system: System,
  rules: Rules,
): Calls<"socket" | "bind" | "setsockopt" | "send" | "start_send" | "recvfrom" | "poll"> {
  const { descriptors } = rules;
  return {
    socket: (domain, type, protocol) => {
      if (!rules.maySocket(domain, type, protocol)) return -EACCES;
      return descriptors.add(system.socket(domain, type, protocol), rules.socketHere(domain));
    },
    bind: (fd, address) => {
      const isAllowed = rules.mayBind(fd, address);
      const result = descriptors.refusalUnless(fd, isAllowed) || system.bind(fd, address);
      if (result === 0) rules.bound(fd, address);
      return result;
    },
    setsockopt: (fd, level, name, value) => {
      const isAllowed = descriptors.isNetlink(fd) && rules.maySetOption(level, name);
      return descriptors.refusalUnless(fd, isAllowed) || system.setsockopt(fd, level, name, value);
    },
    send: (fd, buffer, flags) =>
      descriptors.refusalUnless(fd, rules.maySend(fd, buffer)) || system.send(fd, buffer, flags),
    start_send: (fd, buffer, flags) => {
      const refusal = descriptors.refusalUnless(fd, rules.maySend(fd, buffer));
      return refusal || descriptors.add(system.start_send(fd, buffer, flags), "result");
    },
    recvfrom: (fd, buffer, flags, address, addressLength) =>
      descriptors.refusalUnless(fd, rules.mayReceive(fd, buffer.length)) ||
      system.recvfrom(fd, buffer, flags, address, addressLength),
    poll: (fds, timeout) => descriptors.refusalOfAny(fds) || system.poll(fds, timeout),
  };
}

function processes(
  system: System,
  rules: Rules,
): Calls<"setns" | "clock_gettime" | "getenv" | "program_invocation_name" | "spawn"> {
  const { descriptors } = rules;
  return {
    setns: (fd, nstype) => {
      const isAllowed = descriptors.isNetns(fd) && nstype === CLONE_NEWNET;
      const result = descriptors.refusalUnless(fd, isAllowed) || system.setns(fd, nstype);
      if (result === 0) rules.isInContainer = descriptors.isContainer(fd);
      return result;
    },
    clock_gettime: (clock, timespec) => system.clock_gettime(clock, timespec),
    getenv: (name) => (rules.mayKnow(name) ? system.getenv(name) : undefined),
    program_invocation_name: () => system.program_invocation_name(),
    spawn: (path, command, input, outputLimit, logLimit) => {
      if (rules.maySpawn(path, command, input)) {
        return system.spawn(path, command, input, outputLimit, logLimit);
      }
      return { status: -EACCES, output: new Uint8Array(0), log: new Uint8Array(0) };
    },
  };
}
