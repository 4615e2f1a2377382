import { describe, expect, test } from "vitest";
import { Sim } from "../../host/sim/index.ts";
import { Process } from "../../host/sim/process.ts";
import * as U from "../../host/sim/uapi.ts";

const SIGNALS = { stdout: "out", stderr: "0123456789" };

function start(sim: Sim, stdin = ""): Process {
  const { kernel, files, host } = sim;
  const env = { CNI_COMMAND: "ADD", FOO: "bar", EMPTY: "" };
  const bytes = new TextEncoder().encode(stdin);
  return new Process({ kernel, files, netns: host, path: "/bin/p", env, stdin: bytes });
}

function machine(): Sim {
  const sim = new Sim();
  sim.addNetns("/run/netns/pod");
  sim.files.write("/etc/text", "hello");
  sim.files.symlink("/etc/abs", "/etc/text");
  sim.files.symlink("/etc/rel", "./text");
  sim.files.symlink("/etc/loop", "loop");
  sim.files.symlink("/link", "etc");
  return sim;
}

function read(process: Process, path: string): string | number {
  const fd = process.open(path, U.O_RDONLY, 0);
  if (fd < 0) return fd;
  const buffer = new Uint8Array(100);
  const count = process.read(fd, buffer);
  process.close(fd);
  return count < 0 ? count : new TextDecoder().decode(buffer.subarray(0, count));
}

function write(process: Process, path: string, text: string, flags = U.O_WRONLY): number {
  const fd = process.open(path, flags, 0o600);
  if (fd < 0) return fd;
  const count = process.write(fd, new TextEncoder().encode(text));
  process.close(fd);
  return count;
}

describe("paths", () => {
  test.each([
    ["/etc/text", "hello"],
    ["//etc/./text", "hello"],
    ["/etc/../etc/text", "hello"],
    ["/../etc/text", "hello"],
    ["/etc/abs", "hello"],
    ["/etc/rel", "hello"],
    ["/link/rel", "hello"],
    ["/etc/loop", -U.ELOOP],
    ["/etc/none", -U.ENOENT],
    ["/none/text", -U.ENOENT],
    ["/etc/text/x", -U.ENOTDIR],
    ["/etc/text/", -U.ENOTDIR],
    ["", -U.ENOENT],
    ["/etc", -U.EISDIR],
    [`/${"a".repeat(256)}`, -U.ENAMETOOLONG],
    [`/${"a/".repeat(2100)}`, -U.ENAMETOOLONG],
  ])("%s", (path, wanted) => {
    expect(read(start(machine()), path)).toBe(wanted);
  });
});

describe("files", () => {
  test("are created, written, appended to, cut", () => {
    const process = start(machine());
    const create = U.O_WRONLY | U.O_CREAT;
    expect(write(process, "/etc/new", "abc", create | U.O_EXCL)).toBe(3);
    expect(write(process, "/etc/new", "abc", create | U.O_EXCL)).toBe(-U.EEXIST);
    expect(write(process, "/etc/new", "X")).toBe(1);
    expect(read(process, "/etc/new")).toBe("Xbc");
    write(process, "/etc/new", "d", U.O_WRONLY | U.O_APPEND);
    expect(read(process, "/etc/new")).toBe("Xbcd");
    write(process, "/etc/new", "e", U.O_WRONLY | U.O_TRUNC);
    expect(read(process, "/etc/new")).toBe("e");
    expect(write(process, "/etc/none", "x")).toBe(-U.ENOENT);
    expect(write(process, "/etc", "x")).toBe(-U.EISDIR);
    expect(write(process, "/etc/text/x", "x", create)).toBe(-U.ENOTDIR);
  });

  test("are read only by those opened for it, written only by those", () => {
    const process = start(machine());
    const reader = process.open("/etc/text", U.O_RDONLY, 0);
    const writer = process.open("/etc/text", U.O_WRONLY, 0);
    expect(process.write(reader, new Uint8Array(1))).toBe(-U.EBADF);
    expect(process.read(writer, new Uint8Array(1))).toBe(-U.EBADF);
  });

  test("are named, linked and unlinked", () => {
    const process = start(machine());
    expect(process.mkdir("/var", 0o777)).toBe(0);
    expect(process.mkdir("/var", 0o777)).toBe(-U.EEXIST);
    expect(process.mkdir("/none/x", 0o777)).toBe(-U.ENOENT);
    expect(process.link("/etc/text", "/var/same")).toBe(0);
    expect(process.link("/etc/text", "/var/same")).toBe(-U.EEXIST);
    expect(process.link("/var", "/etc/var")).toBe(-U.EPERM);
    expect(process.symlink("anything at all", "/var/sym")).toBe(0);
    const buffer = new Uint8Array(8);
    expect(process.readlink("/var/sym", buffer)).toBe(8);
    expect(new TextDecoder().decode(buffer)).toBe("anything");
    expect(process.readlink("/etc/text", buffer)).toBe(-U.EINVAL);
    expect(process.unlink("/etc/text")).toBe(0);
    expect(process.unlink("/etc/text")).toBe(-U.ENOENT);
    expect(process.unlink("/var")).toBe(-U.EISDIR);
    expect(read(process, "/var/same")).toBe("hello");
  });

  test("of a folder are listed, a buffer at a time", () => {
    const process = start(machine());
    const fd = process.open("/etc", U.O_RDONLY | U.O_DIRECTORY, 0);
    const names: string[] = [];
    const buffer = new Uint8Array(64);
    for (;;) {
      const count = process.getdents64(fd, buffer);
      expect(count).toBeGreaterThanOrEqual(0);
      if (count === 0) break;
      for (let at = 0; at < count; ) {
        const length = new DataView(buffer.buffer).getUint16(at + 16, true);
        const name = buffer.subarray(at + 19, at + length);
        names.push(new TextDecoder().decode(name.subarray(0, name.indexOf(0))));
        at += length;
      }
    }
    expect(names.sort()).toEqual([".", "..", "abs", "loop", "rel", "text"]);
    expect(process.getdents64(process.open("/etc", 0, 0), new Uint8Array(8))).toBe(-U.EINVAL);
    expect(process.getdents64(process.open("/etc/text", 0, 0), buffer)).toBe(-U.ENOTDIR);
    expect(process.open("/etc/text", U.O_DIRECTORY, 0)).toBe(-U.ENOTDIR);
  });

  test("are locked by one descriptor at a time, until it is closed", () => {
    const process = start(machine());
    const [a, b] = [process.open("/etc/text", 0, 0), process.open("/etc/text", 0, 0)];
    expect(process.flock(a, U.LOCK_SH)).toBe(0);
    expect(process.flock(b, U.LOCK_SH | U.LOCK_NB)).toBe(0);
    expect(process.flock(a, U.LOCK_EX | U.LOCK_NB)).toBe(-U.EAGAIN);
    expect(process.flock(b, U.LOCK_UN)).toBe(0);
    expect(process.flock(a, U.LOCK_EX | U.LOCK_NB)).toBe(0);
    expect(process.flock(b, U.LOCK_SH | U.LOCK_NB)).toBe(-U.EAGAIN);
    expect(() => process.flock(b, U.LOCK_EX)).toThrow("never happen");
    process.close(a);
    expect(process.flock(b, U.LOCK_EX)).toBe(0);
    expect(process.flock(b, 99)).toBe(-U.EINVAL);
  });

  test("have times that tell one change from the next", () => {
    const sim = machine();
    const process = start(sim);
    const mtime = (path: string): bigint => {
      const buffer = new Uint8Array(256);
      expect(process.statx(U.AT_FDCWD, path, 0, 0, buffer)).toBe(0);
      const view = new DataView(buffer.buffer);
      return view.getBigInt64(112, true) * 1_000_000_000n + BigInt(view.getUint32(120, true));
    };
    const before = mtime("/etc");
    process.unlink("/etc/loop");
    const between = mtime("/etc");
    expect(between).toBeGreaterThan(before);
    write(process, "/etc/text", "x");
    expect(mtime("/etc")).toBe(between);
  });
});

describe("statx", () => {
  /** Type, inode and device of what statx finds, or -errno. */
  function stat(process: Process, path: string, dirfd = U.AT_FDCWD, flags = 0): number | string {
    const buffer = new Uint8Array(256);
    const result = process.statx(dirfd, path, flags, 0, buffer);
    const view = new DataView(buffer.buffer);
    const type = (view.getUint16(28, true) & U.S_IFMT).toString(8);
    const inode = view.getBigUint64(32, true).toString(16);
    return result < 0 ? result : `${type} ${inode} ${view.getUint32(140, true)}`;
  }

  test("tells files apart, and sees through links unless told not to", () => {
    const process = start(machine());
    expect(stat(process, "/etc/text")).toMatch(/^100000 /);
    expect(stat(process, "/etc/abs")).toBe(stat(process, "/etc/text"));
    expect(stat(process, "/etc/abs", U.AT_FDCWD, U.AT_SYMLINK_NOFOLLOW)).toMatch(/^120000 /);
    expect(stat(process, "/etc")).toMatch(/^40000 /);
    expect(stat(process, "/none")).toBe(-U.ENOENT);
  });

  test("tells namespaces apart, by path and by descriptor", () => {
    const process = start(machine());
    const fd = process.open("/run/netns/pod", 0, 0);
    expect(stat(process, "", fd, U.AT_EMPTY_PATH)).toBe(stat(process, "/run/netns/pod"));
    expect(stat(process, "/proc/self/ns/net")).toBe(stat(process, "/run/netns/host"));
    expect(stat(process, "/run/netns/pod")).not.toBe(stat(process, "/run/netns/host"));
    expect(stat(process, "", 99, U.AT_EMPTY_PATH)).toBe(-U.EBADF);
    expect(stat(process, "")).toBe(-U.ENOENT);
  });

  test("writes as much as fits", () => {
    const buffer = new Uint8Array(30);
    expect(start(machine()).statx(U.AT_FDCWD, "/etc", 0, 0, buffer)).toBe(0);
    expect(new DataView(buffer.buffer).getUint16(28, true) & U.S_IFMT).toBe(U.S_IFDIR);
  });
});

describe("setns", () => {
  test("enters a namespace and comes back", () => {
    const sim = machine();
    const process = start(sim);
    const home = process.open("/proc/thread-self/ns/net", 0, 0);
    const pod = process.open("/run/netns/pod", 0, 0);
    expect(process.setns(pod, U.CLONE_NEWNET)).toBe(0);
    expect(process.netns).toBe(sim.netns("/run/netns/pod"));
    expect(process.setns(home, 0)).toBe(0);
    expect(process.netns).toBe(sim.host);
  });

  test("refuses what is no namespace, and another kind of one", () => {
    const process = start(machine());
    expect(process.setns(process.open("/etc/text", 0, 0), U.CLONE_NEWNET)).toBe(-U.EINVAL);
    expect(process.setns(process.open("/etc", 0, 0), U.CLONE_NEWNET)).toBe(-U.EINVAL);
    expect(process.setns(0, U.CLONE_NEWNET)).toBe(-U.EINVAL);
    expect(process.setns(99, U.CLONE_NEWNET)).toBe(-U.EBADF);
    expect(process.setns(process.open("/run/netns/pod", 0, 0), 0x20000000)).toBe(-U.EINVAL);
  });

  test("needs privileges", () => {
    const sim = new Sim({ privileged: false });
    const process = start(sim);
    expect(process.setns(process.open("/run/netns/host", 0, 0), 0)).toBe(-U.EPERM);
  });
});

test("descriptors are the lowest that are free", () => {
  const process = start(machine());
  expect(process.open("/etc/text", 0, 0)).toBe(3);
  expect(process.open("/etc/text", 0, 0)).toBe(4);
  expect(process.close(3)).toBe(0);
  expect(process.close(3)).toBe(-U.EBADF);
  expect(process.socket(U.AF_NETLINK, U.SOCK_RAW | U.SOCK_CLOEXEC, U.NETLINK_ROUTE)).toBe(3);
  expect(process.held).toBe(2);
});

test("standard input comes in pieces of a pipe, standard output is kept", () => {
  const process = start(machine(), "x".repeat(100_000));
  const buffer = new Uint8Array(200_000);
  expect(process.read(0, buffer)).toBe(65536);
  expect(process.read(0, buffer)).toBe(100_000 - 65536);
  expect(process.read(0, buffer)).toBe(0);
  expect(process.write(1, new Uint8Array(70_000).fill(65))).toBe(65536);
  expect(process.stdout.text).toBe("A".repeat(65536));
  expect(process.write(0, buffer)).toBe(-U.EBADF);
});

test("the environment tells empty from missing", () => {
  const process = start(machine());
  const text = (name: string) => {
    const value = process.getenv(name);
    return value && new TextDecoder().decode(value);
  };
  expect([text("FOO"), text("EMPTY"), text("NONE"), text("toString")]).toEqual([
    "bar",
    "",
    undefined,
    undefined,
  ]);
  expect(new TextDecoder().decode(process.program_invocation_name())).toBe("/bin/p");
});

describe("poll", () => {
  /** One struct pollfd. */
  function pollfd(fd: number, events: number): Uint8Array {
    const bytes = new Uint8Array(8);
    const view = new DataView(bytes.buffer);
    view.setInt32(0, fd, true);
    view.setUint16(4, events, true);
    return bytes;
  }

  test("without anything to wait for lets the time pass", () => {
    const sim = machine();
    const before = sim.kernel.clock.now;
    expect(start(sim).poll(new Uint8Array(0), 250)).toBe(0);
    expect(sim.kernel.clock.now - before).toBeCloseTo(250, 1);
  });

  test("wakes up when an event comes, not before and not later", () => {
    const sim = machine();
    const process = start(sim);
    const fd = process.socket(U.AF_NETLINK, U.SOCK_RAW, U.NETLINK_ROUTE);
    process.setsockopt(fd, U.SOL_NETLINK, U.NETLINK_ADD_MEMBERSHIP, Uint8Array.of(1, 0, 0, 0));
    const link = sim.addMaster("eth0");
    process.recvfrom(fd, new Uint8Array(9000), 0, new Uint8Array(12), new Uint8Array(4));
    const { clock } = sim.kernel;
    const before = clock.now;
    clock.after(40, () => sim.host.tell({ what: "link", link, gone: false }));
    const request = pollfd(fd, U.POLLIN);
    expect(process.poll(request, 1000)).toBe(1);
    expect(new DataView(request.buffer).getUint16(6, true)).toBe(U.POLLIN);
    expect(clock.now - before).toBeCloseTo(40, 1);
  });

  test("reports what is ready, and what is no descriptor", () => {
    const process = start(machine());
    expect(process.poll(pollfd(1, U.POLLIN | U.POLLOUT), 0)).toBe(1);
    const bad = pollfd(99, U.POLLIN);
    expect(process.poll(bad, 0)).toBe(1);
    expect(new DataView(bad.buffer).getUint16(6, true)).toBe(U.POLLNVAL);
    expect(process.poll(pollfd(-1, U.POLLIN), 0)).toBe(0);
  });

  test("that would never end is a mistake of the program", () => {
    const process = start(machine());
    const fd = process.socket(U.AF_NETLINK, U.SOCK_RAW, U.NETLINK_ROUTE);
    expect(() => process.poll(pollfd(fd, U.POLLIN), -1)).toThrow("never happen");
  });
});

describe("spawn", () => {
  const input = new TextEncoder().encode("in");

  test("runs a program in the namespace it is called in, with the command replaced", () => {
    const sim = machine();
    let seen: unknown;
    sim.files.install("/bin/child", ({ env, stdin, netns, path }) => {
      seen = [env, new TextDecoder().decode(stdin), netns === sim.host, path];
      return { ...SIGNALS, status: 3 };
    });
    const process = start(sim);
    const { status, output, log } = process.spawn("/bin/child", "DEL", input, 10, 4);
    expect(seen).toEqual([{ CNI_COMMAND: "DEL", FOO: "bar", EMPTY: "" }, "in", true, "/bin/child"]);
    expect(status).toBe(3 << 8);
    expect(new TextDecoder().decode(output)).toBe("out");
    expect(new TextDecoder().decode(log)).toBe("6789");
    expect(process.stderr.text).toBe("0123456789");
  });

  test.each([
    [{}, 0],
    [{ status: 1 }, 0x100],
    [{ signal: 9 }, 9],
  ])("%j ends with wait status %d", (exit, wanted) => {
    const sim = machine();
    sim.files.install("/bin/child", () => exit);
    expect(start(sim).spawn("/bin/child", "ADD", input, 10, 10).status).toBe(wanted);
  });

  test("kills what prints too much", () => {
    const sim = machine();
    sim.files.install("/bin/child", () => SIGNALS);
    expect(start(sim).spawn("/bin/child", "ADD", input, 2, 10).status).toBe(-U.E2BIG);
    expect(start(sim).spawn("/bin/child", "ADD", input, 3, 10).status).toBe(0);
  });

  test.each([
    ["/bin/none", -U.ENOENT],
    ["/etc/text", -U.EACCES],
    ["/etc", -U.EACCES],
    ["/bin/noexec", -U.ENOEXEC],
  ])("%s cannot be run", (path, wanted) => {
    const sim = machine();
    sim.files.write("/bin/noexec", "text", 0o755);
    expect(start(sim).spawn(path, "ADD", input, 10, 10).status).toBe(wanted);
  });
});

test("the clock is monotonic, and every call takes a moment", () => {
  const process = start(machine());
  const read = () => {
    const timespec = new Uint8Array(16);
    expect(process.clock_gettime(U.CLOCK_MONOTONIC, timespec)).toBe(0);
    const view = new DataView(timespec.buffer);
    return view.getBigInt64(0, true) * 1_000_000_000n + view.getBigInt64(8, true);
  };
  const first = read();
  expect(read()).toBeGreaterThan(first);
  expect(process.clock_gettime(99, new Uint8Array(16))).toBe(-U.EINVAL);
});

test.each([
  ["another family", 2, U.SOCK_RAW, 0, U.EAFNOSUPPORT],
  ["another protocol", U.AF_NETLINK, U.SOCK_RAW, 16, U.EPROTONOSUPPORT],
  ["another type", U.AF_NETLINK, 1, U.NETLINK_ROUTE, U.EINVAL],
])("a socket of %s is refused", (_, domain, type, protocol, errno) => {
  expect(start(machine()).socket(domain, type, protocol)).toBe(-errno);
});
