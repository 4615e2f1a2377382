import { describe, expect, test } from "vitest";
import { encode, encoder, isBroken, messageAt } from "./encoder.ts";
import { readMessage } from "./message.ts";

/** Cuts a buffer into messages by their lengths, each padded to 4 bytes. */
function split(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    messages.push(bytes.subarray(at, at + length));
    at += (length + 3) & ~3;
  }
  return messages;
}

describe("several messages in one buffer", () => {
  // Names of odd length need padding; a thousand messages need a larger buffer many times.
  const names = Array.from({ length: 1000 }, (_, i) => `n${i}`.padEnd(3 + (i % 12), "x"));
  const bytes = encode(() => {
    for (const [i, name] of names.entries()) encoder.renameLink(i, name);
  }, 4_294_967_000);
  const messages = split(bytes);

  test("are as they are alone", () => {
    const alone = names.map((name, i) => encode(() => encoder.renameLink(i, name)));
    const strip = (message: Buffer) =>
      Buffer.concat([message.subarray(0, 8), message.subarray(12)]);
    expect(messages.map(strip)).toEqual(alone.map(strip));
  });

  test("are numbered upwards, past 2^32 from 0 again", () => {
    const numbers = messages.map((message) => readMessage(message, []).sequence);
    expect(numbers).toEqual(names.map((_, i) => (4_294_967_000 + i) % 2 ** 32));
  });

  test("begin where the writer says", () => {
    encode(() => {
      encoder.renameLink(1, "a");
      encoder.deleteLink(2);
      encoder.renameLink(3, "longer");
    });
    const headers = [0, 1, 2].map((i) => readMessage(messageAt(i), []).header.slice(8, 16));
    expect(headers).toEqual(["01000000", "02000000", "03000000"]);
  });
});

describe("an attribute", () => {
  // 16 bits say the length of an attribute, header and NUL included.
  test("of 65535 bytes is written, one byte more is refused", () => {
    const longest = "x".repeat(0xffff - 5);
    const message = readMessage(
      encode(() => encoder.renameLink(1, longest)),
      [],
    );
    expect(message.attributes["3"]).toBe(`${Buffer.from(longest).toString("hex")}00`);
    expect(isBroken()).toBe(false);
    encode(() => encoder.renameLink(1, `${longest}x`));
    expect(isBroken()).toBe(true);
  });

  test("is measured in bytes of UTF-8", () => {
    const write = (name: string) => encode(() => encoder.renameLink(1, name));
    write("é".repeat(32_764));
    expect(isBroken()).toBe(false);
    write("é".repeat(32_766));
    expect(isBroken()).toBe(true);
    expect(readMessage(write("né"), []).attributes["3"]).toBe("6ec3a900");
  });

  test("that holds attributes is refused where they are too long together", () => {
    const gateways = (count: number) =>
      Array.from({ length: count }, (_, i) => `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
    // A next hop of IPv4 has 16 bytes, the attribute around them 4.
    const most = Math.floor((0xffff - 4) / 16);
    encode(() => encoder.newRoute(1, { dst: "10.0.0.0/8", gateways: gateways(most) }));
    expect(isBroken()).toBe(false);
    encode(() => encoder.newRoute(1, { dst: "10.0.0.0/8", gateways: gateways(most + 1) }));
    expect(isBroken()).toBe(true);
  });
});

describe("getLinkByName", () => {
  const IFLA_IFNAME = "3";
  const IFLA_ALT_IFNAME = "53";
  const namesIn = (name: string) =>
    Object.keys(
      readMessage(
        encode(() => encoder.getLinkByName(name)),
        [],
      ).attributes,
    );

  // IFNAMSIZ is 16 bytes, NUL included.
  test.each([
    ["a23456789012345", IFLA_IFNAME],
    ["a234567890123456", IFLA_ALT_IFNAME],
    ["éééééééa", IFLA_IFNAME],
    ["éééééééé", IFLA_ALT_IFNAME],
  ])("asks for %s by attribute %s", (name, attribute) => {
    expect(namesIn(name)).toContain(attribute);
    expect(namesIn(name)).not.toContain(attribute === IFLA_IFNAME ? IFLA_ALT_IFNAME : IFLA_IFNAME);
  });
});

describe("newMacvlan", () => {
  const attributesOf = (link: Parameters<typeof encoder.newMacvlan>[0]) =>
    readMessage(
      encode(() => encoder.newMacvlan(link)),
      ["18", "18/2"],
    ).attributes;

  test("leaves out what the kernel is to choose", () => {
    const attributes = attributesOf({ name: "eth0", master: 7, mode: 4 });
    expect(attributes).toEqual({
      "3": "6574683000",
      "5": "07000000",
      "18/1": "6d6163766c616e00",
      "18/2/1": "04000000",
    });
  });

  test("writes a broadcast cutoff, which ip(8) before 6.3 does not know", () => {
    const of = (bcCutoff: number) =>
      attributesOf({ name: "eth0", master: 7, mode: 4, bcCutoff })["18/2/9"];
    expect([of(-1), of(0), of(300)]).toEqual(["ffffffff", "00000000", "2c010000"]);
  });

  test("takes descriptor 0 for a namespace", () => {
    const { "28": netns } = attributesOf({ name: "eth0", master: 7, mode: 4, netns: 0 });
    expect(netns).toBe("00000000");
  });
});

describe("newRoute", () => {
  const attributesOf = (dst: string) =>
    readMessage(
      encode(() => encoder.newRoute(1, { dst })),
      [],
    ).attributes;

  test("writes the network of the destination", () => {
    expect(attributesOf("10.1.2.3/16")["1"]).toBe("0a010000");
    expect(attributesOf("2001:db8::1/33")["1"]).toBe("20010db8000000000000000000000000");
  });
});
