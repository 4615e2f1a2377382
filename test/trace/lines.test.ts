import { beforeEach, expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import { trace } from "../../host/trace.ts";

let lines: string[];
beforeEach(() => {
  lines = [];
});

/** A traced system whose calls do as `calls` say. */
function traced(calls: Partial<System>): System {
  return trace(calls as System, (line) => lines.push(line.replace(/ <\d+\.\d{3} ms>$/, "")));
}

const ascii = (text: string) => new TextEncoder().encode(text);

function words(...values: number[]): Uint8Array {
  return new Uint8Array(Uint32Array.from(values).buffer);
}

/** Fills the view that a call was given. */
function fill(target: Uint8Array, content: Uint8Array): number {
  target.set(content.subarray(0, target.length));
  return content.length;
}

test("files", () => {
  const statx = new Uint8Array(256);
  new DataView(statx.buffer).setUint16(0x1c, 0o100755, true);
  new DataView(statx.buffer).setBigUint64(0x20, 4026531840n, true);
  new DataView(statx.buffer).setUint32(0x8c, 4, true);
  const system = traced({
    open: (path) => (path === "/" ? 3 : -2),
    read: (_, buffer) => fill(buffer, ascii('{"a":\n"\xe4"}')),
    write: () => 2,
    close: () => 0,
    statx: (_fd, path, _flags, _mask, buffer) => (path ? -13 : 0 * fill(buffer, statx)),
  });
  expect(system.open('/tmp/"x"', 0o2000000 | 1, 0o600)).toBe(-2);
  system.open("/", 0, 0);
  system.read(0, new Uint8Array(64));
  system.write(1, ascii("x".repeat(300)));
  system.close(7);
  system.statx(5, "", 0x1000, 0x101, new Uint8Array(256));
  system.statx(-100, "/x", 0, 0x101, new Uint8Array(256));
  const stat = "{mode=0100755, ino=4026531840, dev=0:4}";
  expect(lines).toEqual([
    'open("/tmp/\\"x\\"", O_CLOEXEC|O_WRONLY, 0600) = -2 ENOENT',
    'open("/", O_RDONLY, 00) = 3',
    'read(0, "{\\"a\\":\\n\\"\\xc3\\xa4\\"}", 64) = 11',
    `write(1, "${"x".repeat(200)}"..., 300) = 2`,
    "close(7) = 0",
    `statx(5, "", AT_EMPTY_PATH, STATX_INO|STATX_TYPE, ${stat}) = 0`,
    'statx(AT_FDCWD, "/x", 0, STATX_INO|STATX_TYPE, {}) = -13 EACCES',
  ]);
});

test("sockets and netlink messages", () => {
  // RTM_NEWLINK: IFLA_IFNAME, an attribute that the core does not know, IFLA_LINKINFO of a macvlan
  const newlink = Buffer.concat([
    words(88, 16 | (0x605 << 16), 7, 0),
    words(0, 0, 0, 0),
    words(9 | (3 << 16)),
    ascii("eth0\0\0\0\0"),
    words(8 | (9999 << 16), 1),
    words(36 | ((18 | 0x8000) << 16)),
    words(12 | (1 << 16)),
    ascii("macvlan\0"),
    words(20 | (2 << 16), 8 | (1 << 16), 4, 8 | (9998 << 16), 0),
  ]);
  // NLMSG_ERROR, capped, with the text of an extended ACK
  const text = ascii("no room\0");
  const refused = Buffer.concat([
    words(36 + 4 + text.length, 2 | (0x300 << 16), 7, 0),
    words(-16 >>> 0, 88, 16, 7, 0),
    words((4 + text.length) | (1 << 16)),
    text,
  ]);
  const system = traced({
    socket: () => 4,
    bind: () => 0,
    setsockopt: () => 0,
    send: (_, buffer) => buffer.length,
    recvfrom: (fd, buffer, _flags, address) => {
      if (fd !== 4) return -11;
      fill(address, words(16, 0, 1));
      return fill(buffer, refused);
    },
    poll: (fds) => fill(fds.subarray(4), words(1 | (1 << 16))) - 3,
  });
  system.socket(16, 3 | 0o2000000, 0);
  system.bind(4, words(16, 0, 0x100));
  system.setsockopt(4, 270, 11, words(1));
  system.setsockopt(4, 1, 99, words(1));
  system.send(4, newlink, 0);
  system.recvfrom(4, new Uint8Array(1024), 0x40, new Uint8Array(12), words(12));
  system.recvfrom(5, new Uint8Array(1024), 0, new Uint8Array(2), words(2));
  system.poll(words(4, 1), -1);
  expect(lines).toEqual([
    "socket(AF_NETLINK, SOCK_CLOEXEC|SOCK_RAW, 0) = 4",
    "bind(4, {AF_NETLINK, pid=0, groups=0x100}) = 0",
    "setsockopt(4, SOL_NETLINK, NETLINK_EXT_ACK, 01000000) = 0",
    "setsockopt(4, 1, 99, 01000000) = 0",
    "send(4, [#7 ip link add name eth0 type macvlan mode bridge +1], 88, 0) = 88",
    'recvfrom(4, [#7 -16 EBUSY "no room"], 1024, MSG_DONTWAIT, ' +
      "{AF_NETLINK, pid=0, groups=0x1}) = 48",
    'recvfrom(5, "", 1024, 0, 0000) = -11 EAGAIN',
    "poll([{fd=4, events=POLLIN, revents=POLLIN}], -1) = 1",
  ]);
});

test("the environment and programs", () => {
  const system = traced({
    setns: () => -1,
    clock_gettime: () => 0,
    getenv: (name) => (name === "SET" ? ascii("value") : undefined),
    program_invocation_name: () => ascii("/opt/cni/bin/macvlan"),
    spawn: (path) => ({
      status: path === "/bin/a" ? 0x300 : path === "/bin/b" ? 9 : -8,
      output: ascii("out"),
      log: ascii("err"),
    }),
  });
  system.setns(3, 0x40000000);
  system.clock_gettime(1, new Uint8Array(16));
  expect(system.getenv("SET")).toEqual(ascii("value"));
  expect(system.getenv("UNSET")).toBeUndefined();
  system.program_invocation_name();
  for (const path of ["/bin/a", "/bin/b", "/bin/c"]) system.spawn(path, "ADD", ascii("in"), 9, 9);
  expect(lines).toEqual([
    "setns(3, CLONE_NEWNET) = -1 EPERM",
    "clock_gettime(CLOCK_MONOTONIC) = 0",
    'getenv("SET") = "value"',
    'getenv("UNSET") = unset',
    'program_invocation_name() = "/opt/cni/bin/macvlan"',
    'spawn("/bin/a", ADD, "in", "out", "err") = exit 3',
    'spawn("/bin/b", ADD, "in", "out", "err") = killed by signal 9',
    'spawn("/bin/c", ADD, "in", "out", "err") = -8 ENOEXEC',
  ]);
});

test("a descriptor is shown with what it was opened as, a sysctl by its name", () => {
  let next = 7;
  const system = traced({
    open: () => next++,
    read: (_, buffer) => fill(buffer, ascii("1\n")),
    write: () => 1,
    setns: () => 0,
    close: () => 0,
  });
  const netns = system.open("/run/netns/pod", 0, 0);
  system.setns(netns, 0x40000000);
  const sysctl = system.open("/proc/sys/net/ipv6/conf/eth0.5/disable_ipv6", 1, 0);
  system.read(sysctl, new Uint8Array(64));
  system.write(sysctl, ascii("0"));
  system.close(sysctl);
  system.read(sysctl, new Uint8Array(64));
  expect(lines).toEqual([
    'open("/run/netns/pod", O_RDONLY, 00) = 7',
    "setns(7</run/netns/pod>, CLONE_NEWNET) = 0",
    "open(sysctl net/ipv6/conf/eth0.5/disable_ipv6, O_WRONLY, 00) = 8",
    'read(8<sysctl net/ipv6/conf/eth0.5/disable_ipv6>, "1\\n", 64) = 2',
    'write(8<sysctl net/ipv6/conf/eth0.5/disable_ipv6>, "0", 1) = 1',
    "close(8<sysctl net/ipv6/conf/eth0.5/disable_ipv6>) = 0",
    'read(8, "1\\n", 64) = 2',
  ]);
});

test("an interface is named as soon as the socket was told of it", () => {
  const link = Buffer.concat([
    words(44, 16, 1, 0),
    words(0, 3, 1, 0),
    words(9 | (3 << 16)),
    ascii("ens5\0\0\0\0"),
  ]);
  link.writeUInt32LE(link.length, 0);
  const removal = Buffer.concat([words(32, 17 | (5 << 16), 2, 0), words(0, 3, 0, 0)]);
  const system = traced({
    socket: () => 4,
    send: (_, buffer) => buffer.length,
    recvfrom: (_fd, buffer) => fill(buffer, link),
  });
  const fd = system.socket(16, 3, 0);
  system.send(fd, removal, 0);
  system.recvfrom(fd, new Uint8Array(64), 0, new Uint8Array(0), words(0));
  system.send(fd, removal, 0);
  expect(lines.slice(1)).toEqual([
    "send(4, [#2 ip link delete dev if3], 32, 0) = 32",
    "recvfrom(4, [#1 3: ens5: <UP>], 64, 0, ) = 44",
    "send(4, [#2 ip link delete dev ens5], 32, 0) = 32",
  ]);
});

test("bytes that are no message are shown as they are, however they are cut", () => {
  const system = traced({ send: () => 0 });
  const message = Buffer.concat([words(24, 2, 0, 0), words(-1, 0)]);
  for (let length = 0; length < message.length; length++) {
    system.send(4, message.subarray(0, length), 0);
  }
  expect(lines).toHaveLength(message.length);
  for (const line of lines) expect(line).toMatch(/^send\(4, ".*", \d+, 0\) = 0$/);
});

test("every line ends with the time that the call took", () => {
  const raw: string[] = [];
  const system = trace({ close: () => 0 } as unknown as System, (line) => raw.push(line));
  system.close(3);
  expect(raw[0]).toMatch(/^close\(3\) = 0 <\d+\.\d{3} ms>$/);
});
