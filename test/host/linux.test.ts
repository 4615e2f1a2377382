import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EBADF, EEXIST, EINVAL, EISDIR, ENOENT, ENOTDIR } from "../../assembly/linux/errno.ts";
import { O_RDONLY, O_WRONLY } from "../../assembly/linux/fcntl.ts";
import { AF_NETLINK, SOCK_RAW } from "../../assembly/linux/socket.ts";
import { CLOCK_MONOTONIC } from "../../assembly/linux/time.ts";
import { linux } from "../../host/linux.ts";

const { O_CREAT, O_EXCL, O_APPEND } = fs.constants;
const BAD_FD = 9999;

let directory: string;
beforeAll(() => {
  directory = fs.mkdtempSync(path.join(os.tmpdir(), "host-linux-"));
});
afterAll(() => fs.rmSync(directory, { recursive: true }));

/** The flags of an open descriptor as the kernel shows them (proc(5)). */
function kernelFlags(fd: number): number {
  const info = fs.readFileSync(`/proc/self/fdinfo/${fd}`, "utf8");
  return Number.parseInt(/flags:\s+(\d+)/.exec(info)?.[1] ?? "", 8);
}
const KERNEL_O_CLOEXEC = 0o2000000;

describe("files", () => {
  test("are created with the permissions asked for, written, read to their end and closed", () => {
    const file = path.join(directory, "new");
    const mask = process.umask(0);
    const fd = linux.open(file, O_WRONLY | O_CREAT | O_EXCL, 0o640);
    process.umask(mask);
    expect(fd).toBeGreaterThan(2);
    expect(fs.statSync(file).mode & 0o7777).toBe(0o640);
    expect(linux.write(fd, Buffer.from("hello"))).toBe(5);
    expect(linux.close(fd)).toBe(0);
    expect(linux.open(file, O_WRONLY | O_CREAT | O_EXCL, 0o640)).toBe(-EEXIST);

    const again = linux.open(file, O_RDONLY, 0);
    const buffer = new Uint8Array(4);
    expect(linux.read(again, buffer)).toBe(4);
    expect(Buffer.from(buffer).toString()).toBe("hell");
    expect(linux.read(again, buffer)).toBe(1);
    expect(linux.read(again, buffer)).toBe(0);
    expect(linux.close(again)).toBe(0);
    expect(linux.close(again)).toBe(-EBADF);
  });

  test("are close-on-exec, and take other flags as they are", () => {
    const fd = linux.open(path.join(directory, "log"), O_WRONLY | O_CREAT | O_APPEND, 0o600);
    expect(kernelFlags(fd) & KERNEL_O_CLOEXEC).toBe(KERNEL_O_CLOEXEC);
    expect(kernelFlags(fd) & O_APPEND).toBe(O_APPEND);
    linux.close(fd);
  });

  test("give the kernel's own errors", () => {
    const buffer = new Uint8Array(8);
    expect(linux.open(path.join(directory, "none"), O_RDONLY, 0)).toBe(-ENOENT);
    expect(linux.open("", O_RDONLY, 0)).toBe(-ENOENT);
    expect(linux.open("/etc/passwd/x", O_RDONLY, 0)).toBe(-ENOTDIR);
    expect(linux.open(directory, O_WRONLY, 0)).toBe(-EISDIR);
    for (const fd of [BAD_FD, -1, -100, -0x80000000]) {
      expect(linux.read(fd, buffer)).toBe(-EBADF);
      expect(linux.write(fd, buffer)).toBe(-EBADF);
      expect(linux.close(fd)).toBe(-EBADF);
    }
    const fd = linux.open(directory, O_RDONLY, 0);
    expect(linux.read(fd, buffer)).toBe(-EISDIR);
    expect(linux.write(fd, buffer)).toBe(-EBADF);
    linux.close(fd);
  });
});

describe("statx", () => {
  const AT_FDCWD = -100;
  const AT_EMPTY_PATH = 0x1000;
  const AT_SYMLINK_NOFOLLOW = 0x100;
  const ALL = 0x7ff;

  /** The fields of a struct statx at their offsets in linux/stat.h. */
  function decode(buffer: Uint8Array) {
    const view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
    const u32 = (offset: number) => BigInt(view.getUint32(offset, true));
    const time = (offset: number) =>
      view.getBigInt64(offset, true) * 1_000_000_000n + u32(offset + 8);
    return {
      mask: view.getUint32(0x00, true),
      blksize: u32(0x04),
      nlink: u32(0x10),
      uid: u32(0x14),
      gid: u32(0x18),
      mode: BigInt(view.getUint16(0x1c, true)),
      ino: view.getBigUint64(0x20, true),
      size: view.getBigUint64(0x28, true),
      blocks: view.getBigUint64(0x30, true),
      atimeNs: time(0x40),
      ctimeNs: time(0x60),
      mtimeNs: time(0x70),
      rdev: [u32(0x80), u32(0x84)],
      dev: [u32(0x88), u32(0x8c)],
    };
  }

  /** Device numbers as coreutils print them. */
  function device(number: bigint): bigint[] {
    return [(number >> 8n) & 0xfffn, (number & 0xffn) | ((number >> 12n) & 0xfffff00n)];
  }

  function expected(stat: fs.BigIntStats) {
    const { blksize, nlink, uid, gid, mode, ino, size, blocks, atimeNs, ctimeNs, mtimeNs } = stat;
    const numbers = { blksize, nlink, uid, gid, mode, ino, size, blocks };
    const times = { atimeNs, ctimeNs, mtimeNs };
    return { mask: ALL, ...numbers, ...times, rdev: device(stat.rdev), dev: device(stat.dev) };
  }

  function statx(dirfd: number, file: string, flags: number) {
    const buffer = new Uint8Array(256);
    expect(linux.statx(dirfd, file, flags, ALL, buffer)).toBe(0);
    return decode(buffer);
  }

  test.each(["/proc/self/exe", "/dev/null", "/proc/self/ns/net", "/"])(
    "of %s is what fs.stat says",
    (file) => {
      expect(statx(AT_FDCWD, file, 0)).toEqual(expected(fs.statSync(file, { bigint: true })));
    },
  );

  test("of a file of 5 bytes, with times before 1970 and in nanoseconds", () => {
    const file = path.join(directory, "old");
    fs.writeFileSync(file, "hello");
    fs.utimesSync(file, new Date(-1500), 1e9 + 0.25);
    const found = statx(AT_FDCWD, file, 0);
    expect(found.size).toBe(5n);
    expect(found.atimeNs).toBe(-1_500_000_000n);
    expect(found.mtimeNs).toBe(1_000_000_000_250_000_000n);
  });

  test("of a link itself, a descriptor, the current directory, a file beside a descriptor", () => {
    const link = path.join(directory, "link");
    fs.symlinkSync("nowhere", link);
    const inode = (file: string) => fs.lstatSync(file, { bigint: true }).ino;
    expect(statx(AT_FDCWD, link, AT_SYMLINK_NOFOLLOW).ino).toBe(inode(link));
    expect(statx(AT_FDCWD, "", AT_EMPTY_PATH).ino).toBe(inode("."));
    const fd = linux.open(directory, O_RDONLY, 0);
    expect(statx(fd, "", AT_EMPTY_PATH).ino).toBe(inode(directory));
    expect(statx(fd, "link", AT_SYMLINK_NOFOLLOW).ino).toBe(inode(link));
    expect(statx(fd, "/dev/null", 0).ino).toBe(inode("/dev/null"));
    linux.close(fd);
  });

  test("writes as much as fits", () => {
    const buffer = new Uint8Array(40).fill(0xee);
    expect(linux.statx(AT_FDCWD, "/", 0, ALL, buffer.subarray(0, 34))).toBe(0);
    expect(buffer.subarray(34)).toEqual(new Uint8Array(6).fill(0xee));
    const ino = fs.statSync("/", { bigint: true }).ino;
    expect(new DataView(buffer.buffer).getUint16(0x20, true)).toBe(Number(ino & 0xffffn));
    expect(linux.statx(AT_FDCWD, "/", 0, ALL, new Uint8Array(0))).toBe(0);
  });

  test.each([
    ["a dangling link", AT_FDCWD, "link", 0, ALL, ENOENT],
    ["an empty path without AT_EMPTY_PATH", AT_FDCWD, "", 0, ALL, ENOENT],
    ["a bad descriptor", BAD_FD, "", AT_EMPTY_PATH, ALL, EBADF],
    ["a negative descriptor", -1, "", AT_EMPTY_PATH, ALL, EBADF],
    ["a relative path beside a bad descriptor", BAD_FD, "x", 0, ALL, EBADF],
    ["a relative path beside a negative descriptor", -1, "x", 0, ALL, EBADF],
    ["a relative path beside standard input", 0, "x", 0, ALL, ENOTDIR],
    ["unknown flags", AT_FDCWD, "/", 0x40000000, ALL, EINVAL],
    ["the reserved bit of the mask", AT_FDCWD, "/", 0, 0x80000000, EINVAL],
  ])("of %s is an error", (_, dirfd, file, flags, mask, errno) => {
    const name = file === "link" ? path.join(directory, file) : file;
    expect(linux.statx(dirfd, name, flags, mask, new Uint8Array(256))).toBe(-errno);
  });
});

describe("sockets", () => {
  test("are close-on-exec and give the C library's errno", () => {
    const fd = linux.socket(AF_NETLINK, SOCK_RAW, 0);
    expect(fd).toBeGreaterThan(2);
    expect(kernelFlags(fd) & KERNEL_O_CLOEXEC).toBe(KERNEL_O_CLOEXEC);
    expect(linux.setns(fd, 0)).toBe(-EINVAL);
    linux.close(fd);
    expect(linux.bind(BAD_FD, new Uint8Array(12))).toBe(-EBADF);
    expect(linux.setns(BAD_FD, 0)).toBe(-EBADF);
    expect(linux.setsockopt(BAD_FD, 1, 1, new Uint8Array(4))).toBe(-EBADF);
    expect(linux.send(BAD_FD, new Uint8Array(4), 0)).toBe(-EBADF);
    expect(linux.recvfrom(BAD_FD, new Uint8Array(4), 0, new Uint8Array(4), new Uint8Array(4))).toBe(
      -EBADF,
    );
  });

  test("keep errno right when the garbage collector is busy", () => {
    const wrong = Array.from({ length: 5000 }, (_, i) => {
      const garbage = Array.from({ length: i % 200 }, () => ({ i }));
      return linux.bind(BAD_FD, new Uint8Array(1 + garbage.length));
    }).filter((result) => result !== -EBADF);
    expect(wrong).toEqual([]);
  });
});

test("poll waits for the time given and writes revents", () => {
  const fds = new Uint8Array(8);
  new DataView(fds.buffer).setInt32(0, BAD_FD, true);
  expect(linux.poll(fds, -1)).toBe(1);
  expect(new DataView(fds.buffer).getInt16(6, true)).toBe(0x20); // POLLNVAL
  const start = performance.now();
  expect(linux.poll(new Uint8Array(0), 30)).toBe(0);
  expect(performance.now() - start).toBeGreaterThan(25);
});

test("clock_gettime gives the time since the machine started, and it passes", () => {
  const timespec = new Uint8Array(16);
  const view = new DataView(timespec.buffer);
  const now = () => {
    expect(linux.clock_gettime(CLOCK_MONOTONIC, timespec)).toBe(0);
    const nanoseconds = view.getBigInt64(8, true);
    expect(nanoseconds).toBeLessThan(1_000_000_000n);
    return Number(view.getBigInt64(0, true)) + Number(nanoseconds) / 1e9;
  };
  const start = now();
  linux.poll(new Uint8Array(0), 30);
  const passed = now() - start;
  expect(passed).toBeGreaterThan(0.025);
  expect(passed).toBeLessThan(10);
  // the time that the machine was suspended counts only there
  const uptime = Number(fs.readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  expect(now()).toBeLessThan(uptime + 0.1);
  expect(linux.clock_gettime(99, timespec)).toBe(-EINVAL);
});

test("getenv tells unset from empty and knows no names but the environment's", () => {
  process.env.HOST_TEST = "grün";
  process.env.HOST_TEST_EMPTY = "";
  expect(Buffer.from(linux.getenv("HOST_TEST") ?? []).toString()).toBe("grün");
  expect(linux.getenv("HOST_TEST_EMPTY")).toEqual(Buffer.from(""));
  for (const name of ["HOST_TEST_UNSET", "", "constructor", "__proto__", "toString"]) {
    expect(linux.getenv(name)).toBeUndefined();
  }
});
