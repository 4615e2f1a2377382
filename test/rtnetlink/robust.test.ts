// Whatever is in a datagram: the readers neither trap nor loop, and read nothing outside of it.
// Memory ends with the datagram, so that a read past its end traps; what lies before it must not
// matter.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ErrorCapture, loadCaptures, type ReplyCapture } from "./captures.ts";
import { decode } from "./decoder.ts";

// The dump of all links is left out: it has the links that were also captured one by one.
const replies = ["links", "addresses", "routes"]
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
    const type = fc.constantFrom(2, 3, 16, 20, 24);
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

  // struct ifinfomsg, ifaddrmsg and rtmsg have 16, 8 and 12 bytes.
  const numbers = [
    [16, 16, 4, "mtu"],
    [16, 16, 5, "lower"],
    [16, 16, 10, "controller"],
    [20, 8, 8, "addressFlags"],
    [24, 12, 6, "priority"],
    [24, 12, 15, "table"],
  ] as const;

  test.each(numbers)(
    "of type %i, header %i, whose attribute %i ends too early for the number: %s is 0",
    (type, header, attribute, field) => {
      for (let payload = 0; payload < 4; payload++) {
        const bytes = Buffer.alloc(16 + header + 4 + payload, 0xff);
        bytes.fill(0, 0, 16 + header);
        bytes.writeUInt32LE(bytes.length, 0);
        bytes.writeUInt16LE(type, 4);
        bytes.writeUInt16LE(4 + payload, 16 + header);
        bytes.writeUInt16LE(attribute, 16 + header + 2);
        expect(read(bytes).messages[0]?.[field]).toBe(0);
      }
    },
  );
});
