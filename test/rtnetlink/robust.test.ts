// Whatever is in a datagram: the readers neither trap nor loop, and read nothing outside of it.
// Memory ends with the datagram, so that a read past its end traps; what lies before it must not
// matter.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ErrorCapture, loadCaptures, type ReplyCapture } from "./captures.ts";
import { decode } from "./decoder.ts";

// The dump of all links is left out: it has the links that were also captured one by one.
const replies = ["links", "addresses", "routes", "rules"]
  .flatMap((name) => loadCaptures<ReplyCapture<unknown>>(name).captures)
  .filter(({ name }) => name !== "all")
  .flatMap(({ received }) => received);
const errors = loadCaptures<ErrorCapture>("errors").captures.flatMap((capture) => [
  capture.uncapped,
  capture.capped,
  capture.wordless,
  capture.cappedAndWordless,
]);
const datagrams = [...replies, ...errors].map((hex) => Buffer.from(hex, "hex"));

/** Reads it twice, with different memory before it. */
function read(datagram: Uint8Array) {
  const seen = decode(datagram, 0);
  expect(decode(datagram, 0xff)).toEqual(seen);
  return seen;
}

const anyDatagram = fc.constantFrom(...datagrams);

/** A place in the first part of a datagram, where most of the structure is, or anywhere. */
const place = fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 40_000 }));

describe("a datagram", () => {
  test("of which any number of bytes is missing at the end", () => {
    for (const whole of datagrams) {
      const texts = decode(whole).messages.map((message) => JSON.stringify(message));
      for (let length = 0; length < whole.length; length++) {
        // The messages before the cut are as they were, and there are no others.
        const cut = decode(whole.subarray(0, length)).messages;
        const isSame = cut.every((message, i) => JSON.stringify(message) === texts[i]);
        if (!isSame) throw new Error(`cut at ${length}: ${JSON.stringify(cut)}`);
      }
    }
  });

  test("whose message ends too early is read as far as it goes", () => {
    for (const whole of datagrams) {
      for (let length = 16; length < whole.length; length++) {
        const cut = Buffer.from(whole.subarray(0, length));
        cut.writeUInt32LE(length, 0);
        decode(cut);
      }
    }
  });

  test("with bits flipped", () => {
    const flips = fc.array(fc.tuple(place, fc.nat({ max: 7 })), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(anyDatagram, flips, (datagram, list) => {
        const bytes = Buffer.from(datagram);
        for (const [at, bit] of list) {
          const offset = at % bytes.length;
          bytes[offset] = (bytes[offset] ?? 0) ^ (1 << bit);
        }
        read(bytes);
      }),
      { numRuns: 3000 },
    );
  });

  test("with wrong lengths", () => {
    const length = fc.constantFrom(0, 1, 3, 4, 5, 7, 8, 16, 0x7fff, 0x8000, 0xfffe, 0xffff);
    const lengths = fc.array(fc.tuple(place, length), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(anyDatagram, lengths, (datagram, list) => {
        const bytes = Buffer.from(datagram);
        for (const [at, value] of list) {
          bytes.writeUInt16LE(value, (at * 2) % (bytes.length - 1));
        }
        read(bytes);
      }),
      { numRuns: 3000 },
    );
  });

  test("with a message length that is no length", () => {
    for (const value of [0, 1, 15, 17, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff]) {
      for (const datagram of datagrams) {
        const bytes = Buffer.from(datagram);
        bytes.writeUInt32LE(value, 0);
        const { messages, isBroken } = read(bytes);
        if (value > bytes.length || value < 16) expect([messages.length, isBroken]).toEqual([0, 1]);
      }
    }
  });

  test("with an error whose request claims any length", () => {
    const lengths = [
      0, 1, 15, 16, 17, 100, 0xffff, 0x7fff_fffc, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff,
    ];
    for (const length of lengths) {
      for (const hex of errors) {
        const bytes = Buffer.from(hex, "hex");
        bytes.writeUInt32LE(length, 20 - (bytes.length === 20 ? 4 : 0));
        read(bytes);
      }
    }
  });

  test("of any bytes at all behind a header of each type", () => {
    const type = fc.constantFrom(2, 3, 16, 20, 24, 32);
    const flags = fc.constantFrom(0, 0x100, 0x200, 0x300);
    fc.assert(
      fc.property(type, flags, fc.uint8Array({ maxLength: 200 }), (kind, bits, payload) => {
        const bytes = Buffer.concat([Buffer.alloc(16), payload]);
        bytes.writeUInt32LE(bytes.length, 0);
        bytes.writeUInt16LE(kind, 4);
        bytes.writeUInt16LE(bits, 6);
        expect(read(bytes).messages).toHaveLength(1);
      }),
      { numRuns: 3000 },
    );
  });

  test("of any bytes at all", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        read(bytes);
      }),
      { numRuns: 1000 },
    );
  });
});

/** A message with one attribute: `header` bytes of zeros, then the payload in it. */
function messageWith(
  type: number,
  header: number,
  attribute: number,
  payload: readonly number[],
): Buffer {
  const bytes = Buffer.alloc(16 + header + 4 + payload.length);
  bytes.writeUInt32LE(bytes.length, 0);
  bytes.writeUInt16LE(type, 4);
  bytes.writeUInt16LE(4 + payload.length, 16 + header);
  bytes.writeUInt16LE(attribute, 16 + header + 2);
  bytes.set(payload, 16 + header + 4);
  return bytes;
}

describe("an attribute", () => {
  // struct ifinfomsg, ifaddrmsg, rtmsg and fib_rule_hdr have 16, 8, 12 and 12 bytes.
  test.each([
    [16, 16, 4, "mtu"],
    [16, 16, 5, "lower"],
    [16, 16, 10, "controller"],
    [20, 8, 8, "addressFlags"],
    [24, 12, 6, "priority"],
    [24, 12, 15, "table"],
    [32, 12, 6, "priority"],
    [32, 12, 15, "table"],
  ] as const)(
    "that ends too early for its number reads as 0: message %i, header %i, attribute %i, %s",
    (type, header, attribute, field) => {
      const payload = [0xff, 0xff, 0xff, 0xff];
      const whole = messageWith(type, header, attribute, payload);
      expect(read(whole).messages[0]?.[field]).not.toBe(0);
      for (let length = 0; length < 4; length++) {
        const cut = messageWith(type, header, attribute, payload.slice(0, length));
        expect(read(cut).messages[0]?.[field]).toBe(0);
      }
    },
  );

  test("that ends too early for its byte reads as 0", () => {
    const [RTM_NEWRULE, FRA_PROTOCOL] = [32, 21];
    const protocol = (...payload: number[]) =>
      read(messageWith(RTM_NEWRULE, 12, FRA_PROTOCOL, payload)).messages[0]?.protocol;
    expect([protocol(109), protocol()]).toEqual([109, 0]);
  });

  test("may have flags in its type", () => {
    const IFLA_MTU = 4;
    const mtu = (type: number) => read(messageWith(16, 16, type, [1, 2, 0, 0])).messages[0]?.mtu;
    const [NLA_F_NESTED, NLA_F_NET_BYTEORDER] = [0x8000, 0x4000];
    expect(mtu(IFLA_MTU)).toBe(0x201);
    expect(mtu(IFLA_MTU | NLA_F_NESTED)).toBe(0x201);
    expect(mtu(IFLA_MTU | NLA_F_NET_BYTEORDER)).toBe(0x201);
    expect(mtu(IFLA_MTU | 0x100)).toBe(0);
  });
});

test("the words of an error are none where the flags do not announce them", () => {
  const NLM_F_ACK_TLVS = 0x200;
  for (const hex of errors) {
    const bytes = Buffer.from(hex, "hex");
    bytes.writeUInt16LE(bytes.readUInt16LE(6) & ~NLM_F_ACK_TLVS, 6);
    expect(read(bytes).messages[0]?.errorText).toBe("");
  }
});

describe("next hops", () => {
  const RTM_NEWROUTE = 24;
  const RTA_MULTIPATH = 9;
  /** struct rtnexthop without attributes: length, flags, hops, index. */
  const hop = (length: number, index: number) => [length, 0, 0, 0, index, 0, 0, 0];
  const interfacesOf = (...payload: number[]) =>
    read(messageWith(RTM_NEWROUTE, 12, RTA_MULTIPATH, payload)).messages[0]?.interfaces;

  test("are read one after the other", () => {
    expect(interfacesOf(...hop(8, 5), ...hop(8, 6))).toEqual([5, 6]);
  });

  test.each([0, 1, 4, 7, 9, 12, 255])("end with the first one whose length is %i", (length) => {
    expect(interfacesOf(...hop(8, 5), ...hop(length, 6))).toEqual([5]);
  });

  test("end where the attribute has no room for another", () => {
    for (let rest = 0; rest < 8; rest++) {
      expect(interfacesOf(...hop(8, 5), ...hop(8, 6).slice(0, rest))).toEqual([5]);
    }
  });
});
