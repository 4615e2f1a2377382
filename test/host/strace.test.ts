import { beforeEach, expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import { strace } from "../../host/strace.ts";

let lines: string[];
beforeEach(() => {
  lines = [];
});

/** A traced system whose calls do as `calls` say. */
function traced(calls: Partial<System>): System {
  return strace(calls as System, (line) => lines.push(line.replace(/ <\d+\.\d{3} ms>$/, "")));
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
    "send(4, [{RTM_NEWLINK flags=NLM_F_CREATE|NLM_F_EXCL|NLM_F_ACK|NLM_F_REQUEST seq=7 " +
      `header=${"0".repeat(32)}, IFLA_IFNAME="eth0", ` +
      'IFLA_LINKINFO {IFLA_INFO_KIND="macvlan", ' +
      "IFLA_INFO_DATA {IFLA_MACVLAN_MODE=04000000, +1}}, +1}], 88, 0) = 88",
    "recvfrom(4, [{NLMSG_ERROR flags=NLM_F_ACK_TLVS|NLM_F_CAPPED seq=7 error=-16 EBUSY, " +
      'NLMSGERR_ATTR_MSG="no room"}], 1024, MSG_DONTWAIT, {AF_NETLINK, pid=0, groups=0x1}) = 48',
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
  const system = strace({ close: () => 0 } as unknown as System, (line) => raw.push(line));
  system.close(3);
  expect(raw[0]).toMatch(/^close\(3\) = 0 <\d+\.\d{3} ms>$/);
});
