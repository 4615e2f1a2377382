// Which frames go out of a packet socket, and what it is bound to: both hosts decide it by code of
// their own, and alike, for the frames that there are and for all that comes near to them.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isFrameOfOurs, mayListen } from "../../host/policy/frames.ts";
import { holds, TIMEOUT } from "../fuzz/fuzz.ts";
import { askNative, needNativePolicy } from "./native.ts";

const MAC = "020000000013";
const OTHER = "020000000099";
const IP = "0a000901";
const NOBODY = "000000000000";
const ARP = `ffffffffffff${MAC}0806000108000604`;
const IPV6 = "20010db8000000000000000000000005";
const ALL_NODES = "ff020000000000000000000000000001";

const probe = `${ARP}0001${MAC}00000000${NOBODY}${IP}`;
const announcement = `${ARP}0001${MAC}${IP}${NOBODY}${IP}`;
const reply = `${ARP}0002${MAC}${IP}${MAC}${IP}`;
const advertisement =
  `333300000001${MAC}86dd6000000000203aff${IPV6}${ALL_NODES}` + `8800abcd20000000${IPV6}0201${MAC}`;
const good = [probe, announcement, reply, advertisement];
const bytesOf = (hex: string) => Buffer.from(hex, "hex");

const frames: Readonly<Record<string, readonly [hex: string, isAllowed: boolean]>> = {
  "a probe": [probe, true],
  "an announcement": [announcement, true],
  "an announcement as a reply": [reply, true],
  "an advertisement": [advertisement, true],
  "an advertisement of another checksum": [advertisement.replace("abcd", "0000"), true],
  nothing: ["", false],
  "a header": [announcement.slice(0, 28), false],
  "ARP that is cut off": [announcement.slice(0, -2), false],
  "ARP and padding": [announcement + "00".repeat(18), false],
  "an advertisement and more": [`${advertisement}00`, false],
  "an advertisement as ARP": [advertisement.replace("86dd", "0806"), false],
  "ARP as IPv6": [announcement.replace("0806", "86dd"), false],
  IPv4: [announcement.replace("0806", "0800"), false],
  "a request for another's address": [`${ARP}0001${MAC}0a000902${NOBODY}${IP}`, false],
  "a request to one station": [announcement.replace("f".repeat(12), OTHER), false],
  "a request of another sender": [`${ARP}0001${OTHER}${IP}${NOBODY}${IP}`, false],
  "a request that knows the target": [`${ARP}0001${MAC}${IP}${OTHER}${IP}`, false],
  "a reply to another": [`${ARP}0002${MAC}${IP}${OTHER}${IP}`, false],
  "a reply to nobody": [`${ARP}0002${MAC}${IP}${NOBODY}${IP}`, false],
  "a reply without an address": [`${ARP}0002${MAC}00000000${MAC}${IP}`, false],
  "a request from a group": [announcement.replaceAll(MAC, "030000000013"), false],
  "an advertisement from a group": [advertisement.replaceAll(MAC, "030000000013"), false],
  "an advertisement of a router": [advertisement.replace("abcd20", "abcda0"), false],
  "an advertisement without a MAC address": [advertisement.slice(0, -16), false],
  "an advertisement of another's MAC address": [advertisement.slice(0, -12) + OTHER, false],
  "an advertisement to one node": [advertisement.replace(ALL_NODES, IPV6), false],
  "an advertisement of another address": [advertisement.replace(IPV6, ALL_NODES), false],
  "a solicitation": [advertisement.replace("8800abcd", "8700abcd"), false],
  "a router advertisement": [advertisement.replace("8800abcd", "8600abcd"), false],
};

/** Struct sockaddr_ll: family, protocol (big-endian), index, and what bind(2) does not look at. */
function address(protocol: number, index: number, family = 17, length = 20): Buffer {
  const bytes = Buffer.alloc(length);
  bytes.writeUInt16LE(family);
  bytes.writeUInt16BE(protocol, 2);
  bytes.writeInt32LE(index, 4);
  return bytes;
}

const addresses: Readonly<Record<string, readonly [address: Buffer, isAllowed: boolean]>> = {
  "ARP on one interface": [address(0x0806, 3), true],
  "IPv6 on one interface": [address(0x86dd, 3), true],
  "nothing on one interface": [address(0, 3), true],
  "nothing on none": [address(0, 0), true],
  "everything on one interface": [address(3, 3), false],
  "IPv4 on one interface": [address(0x0800, 3), false],
  "ARP in the other order of bytes": [address(0x0608, 3), false],
  "ARP on all interfaces": [address(0x0806, 0), false],
  "IPv6 on all interfaces": [address(0x86dd, 0), false],
  "ARP on an interface that cannot be": [address(0x0806, -1), false],
  "another family": [address(0x0806, 3, 16), false],
  "a shorter address": [address(0x0806, 3, 17, 18), false],
  "a longer address": [address(0x0806, 3, 17, 21), false],
};

describe("the Node host decides about", () => {
  test.each(Object.entries(frames))("%s", (_, [hex, isAllowed]) => {
    expect(isFrameOfOurs(bytesOf(hex))).toBe(isAllowed);
  });

  test.each(Object.entries(addresses))("listening to %s", (_, [bytes, isAllowed]) => {
    expect(mayListen(bytes)).toBe(isAllowed);
  });

  test("a frame that lies anywhere in memory", () => {
    const room = Buffer.alloc(200, 0xff);
    room.set(bytesOf(announcement), 7);
    expect(isFrameOfOurs(room.subarray(7, 49))).toBe(true);
    expect(isFrameOfOurs(room.subarray(6, 48))).toBe(false);
    room.set(address(0x0806, 3), 101);
    expect(mayListen(room.subarray(101, 121))).toBe(true);
  });
});

const yesOrNo = (isAllowed: boolean) => (isAllowed ? "yes" : "no");

/** Frames of ours with some bytes changed, or another length. */
const nearly = fc
  .tuple(
    fc.constantFrom(...good),
    fc.array(fc.tuple(fc.nat(90), fc.oneof(fc.constantFrom(0, 1, 2, 255), fc.nat(255))), {
      maxLength: 3,
    }),
    fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, fc.integer({ min: -90, max: 20 })),
  )
  .map(([hex, changes, more]) => {
    const frame = bytesOf(hex);
    for (const [at, value] of changes) frame[at % frame.length] = value;
    if (more <= 0) return frame.subarray(0, Math.max(0, frame.length + more));
    return Buffer.concat([frame, Buffer.alloc(more)]);
  });
const nearAddress = fc
  .tuple(
    fc.constantFrom(0, 3, 0x0806, 0x86dd, 0x0800),
    fc.constantFrom(1, 7, 0, -1, 0x7fffffff, -0x80000000),
    fc.constantFrom(17, 17, 17, 16, 0x1100),
    fc.constantFrom(20, 20, 20, 20, 19, 21, 12),
  )
  .map((words) => address(...words));
const noise = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes));

describe("the native host decides the same", () => {
  needNativePolicy();

  test("about each of them", () => {
    const sent = Object.values(frames);
    const asked = sent.map(([hex]) => bytesOf(hex));
    expect(askNative(["frame"], asked)).toEqual(sent.map(([, isAllowed]) => yesOrNo(isAllowed)));
    const heard = Object.values(addresses);
    const answers = askNative(
      ["listen"],
      heard.map(([bytes]) => bytes),
    );
    expect(answers).toEqual(heard.map(([, isAllowed]) => yesOrNo(isAllowed)));
  });

  test("about every byte of a good frame that is another one", () => {
    for (const hex of good) {
      const altered = [...bytesOf(hex).keys()].map((at) => {
        const frame = bytesOf(hex);
        frame[at] = (frame[at] ?? 0) ^ 0x41;
        return frame;
      });
      const expected = altered.map((frame) => yesOrNo(isFrameOfOurs(frame)));
      expect(askNative(["frame"], altered)).toEqual(expected);
      // of ARP the target of a probe is free; of neighbour discovery the checksum
      const free = [probe, advertisement].includes(hex) ? (hex === probe ? 4 : 2) : 0;
      expect(expected.filter((answer) => answer === "yes")).toHaveLength(free);
    }
  });

  test("whatever is in them", { timeout: TIMEOUT }, () => {
    const counts = { yes: 0, no: 0 };
    const some = fc.oneof(
      { weight: 4, arbitrary: nearly },
      { weight: 2, arbitrary: nearAddress },
      noise,
    );
    holds(fc.tuple(fc.array(some, { minLength: 1, maxLength: 200, size: "max" })), (all) => {
      const expected = all.flatMap((bytes) =>
        [isFrameOfOurs(bytes), mayListen(bytes)].map(yesOrNo),
      );
      expect(askNative(["frame", "listen"], all)).toEqual(expected);
      for (const answer of expected) counts[answer === "yes" ? "yes" : "no"]++;
    });
    expect(Math.min(counts.yes, counts.no)).toBeGreaterThan(0);
  });
});
