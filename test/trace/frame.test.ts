// Frames of packet sockets in words: those that the kernel was seen to send, those of RFC 5227, and
// whatever else comes in.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import { frameOf } from "../../host/trace/frame.ts";
import { trace } from "../../host/trace.ts";
import { loadCaptures } from "../rtnetlink/captures.ts";

const { captures } = loadCaptures<{ name: string; command: string; frame: string }>("frames");
const captured = (name: string) => captures.find((capture) => capture.name === name)?.frame ?? "";

const MAC = "020000000013";
const OTHER = "020000000099";
const IP = "0a000901";
const NOBODY = "00000000";
const arp = (operation: string, sender: string, target: string) =>
  `ffffffffffff${MAC}0806000108000604${operation}${MAC}${sender}000000000000${target}`;
const announcement = captured("announcement of 2001:db8:9::1");

describe("in words is", () => {
  const own = "02:00:00:00:00:13 > ff:ff:ff:ff:ff:ff";
  const nodes = "02:00:00:00:00:13 > 33:33:00:00:00:01";

  test.each([
    [
      "the kernel's announcement",
      captured("announcement of 10.0.9.1"),
      `${own} arp announcement 10.0.9.1`,
    ],
    ["a probe", arp("0001", NOBODY, IP), `${own} arp probe 10.0.9.1`],
    ["a request", arp("0001", "0a000902", IP), `${own} arp who has 10.0.9.1, for 10.0.9.2`],
    [
      "a reply, which is from another than the frame",
      arp("0002", IP, IP).replace(`0002${MAC}`, `0002${OTHER}`),
      `${own} arp 10.0.9.1 is at 02:00:00:00:00:99`,
    ],
    [
      "a reply with padding",
      `${arp("0002", IP, NOBODY)}${"00".repeat(18)}`,
      `${own} arp 10.0.9.1 is at 02:00:00:00:00:13`,
    ],
    ["another operation", arp("0003", IP, IP), `${own} arp operation 3`],
    ["a high one", arp("0102", IP, IP), `${own} arp operation 258`],
    ["ARP of other addresses", arp("0001", IP, IP).replace("0604", "0810"), `${own} type 0x806`],
    [
      "ARP of another protocol",
      arp("0001", IP, IP).replace("010800", "0186dd"),
      `${own} type 0x806`,
    ],
    ["ARP that is cut off", arp("0001", IP, IP).slice(0, -2), `${own} type 0x806`],
    ["the kernel's advertisement", announcement, `${nodes} neighbour advertisement 2001:db8:9::1`],
    [
      "the kernel's solicitation",
      captured("detection of 2001:db8:9::1"),
      "02:00:00:00:00:13 > 33:33:ff:00:00:01 neighbour solicitation 2001:db8:9::1",
    ],
    ["other ICMPv6", announcement.replace("018800", "018600"), `${nodes} IPv6`],
    ["UDP that looks like it", announcement.replace("00203aff", "002011ff"), `${nodes} IPv6`],
    ["IPv6 that is cut off", announcement.slice(0, 2 * 77), `${nodes} type 0x86dd`],
    ["another type", arp("0001", IP, IP).replace("0806", "88b5"), `${own} type 0x88b5`],
    ["a header alone", arp("0001", IP, IP).slice(0, 28), `${own} type 0x806`],
  ])("%s", (_, frame, expected) => {
    expect(frameOf(Buffer.from(frame, "hex"))).toBe(`[${expected}]`);
  });

  test("what has no header: its bytes", () => {
    expect(frameOf(Buffer.from("hello"))).toBe('"hello"');
    expect(frameOf(new Uint8Array(0))).toBe('""');
    expect(frameOf(new Uint8Array(13))).toBe(`"${"\\x00".repeat(13)}"`);
  });

  test("every frame, on one line for a terminal", () => {
    const start = fc.constantFrom(...captures.map(({ frame }) => Buffer.from(frame, "hex")));
    const flips = fc.array(fc.tuple(fc.nat(90), fc.nat(255)), { maxLength: 6 });
    fc.assert(
      fc.property(start, flips, fc.nat(90), (frame, list, cut) => {
        const bytes = Buffer.from(frame.subarray(0, Math.max(1, frame.length - cut)));
        for (const [at, value] of list) bytes[at % bytes.length] = value;
        expect(frameOf(bytes)).toMatch(/^(\[[\x20-\x7e]*\]|"[\x20-\x7e]*")$/);
      }),
      { numRuns: 500 },
    );
  });
});

test("a packet socket and what it is bound to, sends and hears, beside one of netlink", () => {
  const lines: string[] = [];
  const probe = Buffer.from(arp("0001", NOBODY, IP), "hex");
  const answer = Buffer.from(arp("0002", IP, NOBODY), "hex");
  const address = Buffer.from(`1100080603000000${"00".repeat(12)}`, "hex");
  let next = 4;
  const calls: Partial<System> = {
    socket: () => next++,
    bind: () => 0,
    close: () => 0,
    send: (_, bytes) => bytes.length,
    start_send: () => 9,
    recvfrom: (fd, buffer, _flags, sender) => {
      if (fd !== 4) return -11;
      sender.set(address.subarray(0, sender.length));
      buffer.set(answer);
      return answer.length;
    },
  };
  const system = trace(calls as System, (line) =>
    lines.push(line.replace(/ <\d+\.\d{3} ms>$/, "")),
  );
  system.socket(17, 3 | 0o2000000, 0);
  system.socket(16, 3, 0);
  system.bind(4, address);
  system.bind(4, Buffer.alloc(20, "11", "hex").fill(0, 1));
  system.send(4, probe, 0);
  system.start_send(4, probe, 0);
  system.recvfrom(4, new Uint8Array(256), 0x40, new Uint8Array(20), new Uint8Array(4));
  system.recvfrom(5, new Uint8Array(256), 0x40, new Uint8Array(4), new Uint8Array(4));
  system.send(5, probe, 0);
  const said = "[02:00:00:00:00:13 > ff:ff:ff:ff:ff:ff arp probe 10.0.9.1]";
  const heard = "[02:00:00:00:00:13 > ff:ff:ff:ff:ff:ff arp 10.0.9.1 is at 02:00:00:00:00:13]";
  const bound = "{AF_PACKET, protocol=ETH_P_ARP, index=3}";
  expect(lines.slice(0, -1)).toEqual([
    "socket(AF_PACKET, SOCK_CLOEXEC|SOCK_RAW, 0) = 4",
    "socket(AF_NETLINK, SOCK_RAW, 0) = 5",
    `bind(4, ${bound}) = 0`,
    "bind(4, {AF_PACKET, protocol=0, index=0}) = 0",
    `send(4, ${said}, 42, 0) = 42`,
    `start_send(4, ${said}, 42, 0) = 9`,
    `recvfrom(4, ${heard}, 256, MSG_DONTWAIT, ${bound}) = 42`,
    'recvfrom(5, "", 256, MSG_DONTWAIT, 00000000) = -11 EAGAIN',
  ]);
  // what a netlink socket is sent is no frame
  expect(lines.at(-1)).toMatch(/^send\(5, "\\xff.*", 42, 0\) = 42$/);
});
