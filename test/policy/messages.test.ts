// The Node host and the native one read the messages that go to the kernel each by code of its own:
// whatever is in them, both allow the same.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MessageFilter } from "../../host/policy/netlink.ts";
import { holds, TIMEOUT } from "../fuzz/fuzz.ts";
import { askNative, needNativePolicy } from "./native.ts";

/** The container's namespace, as test/policy/ask.c has it. */
const NETNS = 7;
const filterOf = (command: string) =>
  new MessageFilter((fd) => fd === NETNS, {
    opensHost: command === "ADD",
    closesHost: command !== "",
  });
const filter = filterOf("");
const shims = ["ADD", "DEL"].map(filterOf);

/** A length, other words and a body, filled up; now and then the length is wrong. */
function framed(
  size: 2 | 4,
  header: fc.Arbitrary<readonly number[]>,
  body: fc.Arbitrary<Buffer>,
): fc.Arbitrary<Buffer> {
  const wrong = fc.oneof(
    { weight: 40, arbitrary: fc.constant(0) },
    fc.integer({ min: -20, max: 20 }),
    fc.constantFrom(0x7fffffff, 0xfff0, 0xfffffffd),
  );
  const filled = fc.oneof({ weight: 20, arbitrary: fc.constant(true) }, fc.constant(false));
  return fc.tuple(wrong, header, body, filled).map(([error, words, bytes, isFilled]) => {
    const length = size + words.length + bytes.length;
    const start = Buffer.alloc(size);
    if (size === 2) start.writeUInt16LE((length + error) & 0xffff);
    else start.writeUInt32LE((length + error) >>> 0);
    const rest = Buffer.alloc(isFilled ? -length & 3 : 0);
    return Buffer.concat([start, Buffer.from(words), bytes, rest]);
  });
}

const concat = (part: fc.Arbitrary<Buffer>, maxLength: number) =>
  fc.array(part, { maxLength }).map((parts) => Buffer.concat(parts));

function attribute(type: number, value: fc.Arbitrary<Buffer>): fc.Arbitrary<Buffer> {
  const high = fc.constantFrom(0, 0, 0x80, 0x40, 0xc0, 1);
  return framed(
    2,
    high.map((byte) => [type, byte]),
    value,
  );
}

const raw = fc.uint8Array({ maxLength: 9 }).map((bytes) => Buffer.from(bytes));
const kind = fc
  .constantFrom("macvlan\0", "macvlan\0", "macvlan\0", "macvlan", "veth\0", "macvlan\0\0", "")
  .map((text) => Buffer.from(text));
const number = fc
  .constantFrom(NETNS, NETNS, NETNS, 0, 3, -1, 1024, NETNS << 8)
  .map((fd) => Buffer.from(Int32Array.of(fd).buffer));
const linkInfo = concat(fc.oneof(attribute(1, kind), attribute(2, raw)), 3);
const linkAttribute = fc.oneof(
  { weight: 4, arbitrary: attribute(18, linkInfo) },
  { weight: 4, arbitrary: attribute(28, number) },
  { weight: 1, arbitrary: attribute(28, raw) },
  ...[1, 3, 4, 5, 29, 53].map((type) => ({ weight: 1, arbitrary: attribute(type, raw) })),
  { weight: 1, arbitrary: fc.nat(60).chain((type) => attribute(type, raw)) },
);
/** A header of struct ifinfomsg, or what is shorter, and attributes. */
const body = fc
  .tuple(fc.constantFrom(16, 16, 16, 16, 16, 8, 12, 0), concat(linkAttribute, 4))
  .map(([length, attributes]) => Buffer.concat([Buffer.alloc(length), attributes]));
const header = fc
  .tuple(fc.oneof(fc.constantFrom(16, 16, 16, 17, 18, 19), fc.nat(40)), fc.constantFrom(6, 6, 4, 2))
  .map(([type, flags]) => [type, 0, 5, flags, ...new Array<number>(8).fill(0)]);
/** About a shim, or nearly so: the struct, and its attributes with now and then another value. */
const u32 = (...values: number[]) => Buffer.from(Uint32Array.from(values).buffer);
const SHIM = 1_000_000_002;
const mostly = (usual: Buffer, ...others: Buffer[]) =>
  fc.oneof({ weight: 12, arbitrary: fc.constant(usual) }, fc.constantFrom(usual, ...others));
const index = mostly(u32(SHIM), u32(2), u32(1_000_000_000), u32(2_000_000_000), Buffer.alloc(0));
const info = attribute(1, kind);
const shimAttributes: Readonly<Record<number, readonly fc.Arbitrary<Buffer>[]>> = {
  16: [
    attribute(
      3,
      mostly(Buffer.from("mvhost2\0"), Buffer.from("mvhost2"), Buffer.from("mvhost3\0")),
    ),
    attribute(5, mostly(u32(2), u32(3), u32(2, 0))),
    attribute(18, info),
  ],
  19: [attribute(20, raw)],
  17: [],
  24: [attribute(1, mostly(u32(1), u32(1, 2))), attribute(4, index), attribute(6, mostly(u32(9)))],
  25: [attribute(1, mostly(u32(1, 2, 3, 4), u32(1))), attribute(4, index)],
  28: [attribute(1, mostly(u32(1))), attribute(2, raw)],
  29: [attribute(1, mostly(u32(1)))],
  30: [attribute(8, index)],
};
const route = (family: number, length: number) =>
  mostly(
    Buffer.from([family, length, 0, 0, 254, 193, 253, 1, 0, 0, 0, 0]),
    Buffer.from([family, 24, 0, 0, 254, 193, 253, 1, 0, 0, 0, 0]),
    Buffer.from([family, length, 0, 0, 254, 2, 253, 1, 0, 0, 0, 0]),
    Buffer.from([family, length, 0, 0, 254, 193, 253, 1, 4, 0, 0, 0]),
  );
const ifinfo = index.map((number) => Buffer.concat([u32(0), number, u32(1, 1)]));
const structs: Readonly<Record<number, fc.Arbitrary<Buffer>>> = {
  16: ifinfo,
  17: ifinfo,
  19: ifinfo,
  24: route(2, 32),
  25: route(10, 128),
  28: fc
    .tuple(index, mostly(u32(0), u32(8 << 16)))
    .map((words) => Buffer.concat([u32(2), ...words])),
  29: index.map((number) => Buffer.concat([u32(2), number, u32(0)])),
  30: mostly(u32(0, 0, 0), u32(0, 0)),
};
const aboutShim = fc.constantFrom(...Object.keys(structs).map(Number)).chain((type) => {
  const usual = fc.tuple(...(shimAttributes[type] ?? []));
  const extra = fc.oneof({ weight: 8, arbitrary: fc.constant([]) }, fc.tuple(linkAttribute));
  const body = fc
    .tuple(structs[type] ?? raw, usual, extra)
    .map(([start, all, more]) => Buffer.concat([start, ...all, ...more]));
  return framed(4, fc.constant([type, 0, 5, 6, ...new Array<number>(8).fill(0)]), body);
});
/** RTM_SETLINK that sets a link up, or nearly that: of a header of four words some are others. */
const up = fc
  .tuple(
    fc.constantFrom(0, 0, 0, 7, 0x100),
    fc.nat(9),
    fc.constantFrom(1, 1, 1, 0, 3, 0x1001),
    fc.constantFrom(1, 1, 1, 0, 0xffff_ffff),
    fc.oneof({ weight: 3, arbitrary: fc.constant(Buffer.alloc(0)) }, linkAttribute),
  )
  .map(([family, index, flags, change, rest]) => {
    const words = Buffer.from(Uint32Array.of(family, index, flags, change).buffer);
    return Buffer.concat([words, rest]);
  });
const setLink = fc.constant([19, 0, 5, 0, ...new Array<number>(8).fill(0)]);
const messages = concat(
  fc.oneof(
    { weight: 4, arbitrary: framed(4, header, body) },
    { weight: 2, arbitrary: aboutShim },
    framed(4, setLink, up),
  ),
  2,
);
const bytes = fc.oneof({ weight: 9, arbitrary: messages }, { weight: 1, arbitrary: raw });

describe("the native host allows the messages that the Node host allows", () => {
  needNativePolicy();

  test("whatever is in them", { timeout: TIMEOUT }, () => {
    const counts = { yes: 0, no: 0 };
    let [opened, raises] = [0, 0];
    holds(fc.tuple(fc.array(bytes, { minLength: 1, maxLength: 200, size: "max" })), (all) => {
      const answers = all.map((some) => [
        filter.mayTellHost(some, false),
        filter.mayTellHost(some, true),
        filter.mayTellContainer(some),
        ...shims.map((each) => each.mayTellHost(some, false)),
      ]);
      const expected = answers.flat().map((isAllowed) => (isAllowed ? "yes" : "no"));
      const about = ["host", "host-up", "container", "host-ADD", "host-DEL"];
      expect(askNative(about, all)).toEqual(expected);
      for (const answer of expected) counts[answer]++;
      raises += answers.filter(([host, up]) => host !== up).length;
      opened += answers.filter(([host, , , add]) => host !== add).length;
    });
    expect(raises).toBeGreaterThan(0);
    expect(opened).toBeGreaterThan(0);
    expect(Math.min(counts.yes, counts.no)).toBeGreaterThan(0);
  });
});
