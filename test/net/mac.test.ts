import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { startPure } from "../probe/compile.ts";

interface NetProbe {
  macText(text: number): number;
  macComplaint(mac: number): number;
}

const probe = startPure<NetProbe>("net");

function reformat(text: string): string {
  return probe.__getString(probe.macText(probe.__newString(text)));
}

function complaint(...mac: number[]): string {
  return probe.__getString(probe.macComplaint(probe.__newArrayBuffer(Uint8Array.from(mac).buffer)));
}

describe("parseMac", () => {
  test.each([
    ["00:11:22:33:44:55", "00:11:22:33:44:55"],
    ["0A:1b:2C:3d:4E:5f", "0a:1b:2c:3d:4e:5f"],
    ["00-11-22-33-44-55", "00:11:22:33:44:55"],
    ["0011.2233.44ff", "00:11:22:33:44:ff"],
    ["02:00:5e:10:00:00:00:01", "02:00:5e:10:00:00:00:01"],
    ["0200.5e10.0000.0001", "02:00:5e:10:00:00:00:01"],
    ["00:11", "00:11"],
  ])("reads %s", (text, canonical) => {
    expect(reformat(text)).toBe(canonical);
  });

  test.each([
    "",
    "00",
    "001122334455",
    "00:11:22:33:44:5",
    "00:11:22:33:44:555",
    "0:11:22:33:44:55",
    "00:11:22:33:44:5g",
    "00:11:22:33:44:55:",
    ":00:11:22:33:44:55",
    "00::22:33:44:55",
    "00:11:22-33:44:55",
    "00-11-22:33-44-55",
    "0011.2233:4455",
    "0011.2233.445",
    "001.1223.3445",
    "00:11:22:33:44:5 ",
    " 00:11:22:33:44:55",
    "00:11:22:33:44:+5",
    "٠٠:11:22:33:44:55",
  ])("refuses %o", (text) => {
    expect(reformat(text)).toBe("");
  });

  test("reads an address of any length in all three spellings", () => {
    const bytes = fc.uint8Array({ minLength: 4, maxLength: 20 }).filter((b) => b.length % 2 === 0);
    fc.assert(
      fc.property(bytes, (mac) => {
        const hex = Buffer.from(mac).toString("hex");
        const pairs = hex.match(/../g) ?? [];
        expect(reformat(pairs.join(":"))).toBe(pairs.join(":"));
        expect(reformat(pairs.join("-").toUpperCase())).toBe(pairs.join(":"));
        expect(reformat((hex.match(/..../g) ?? []).join("."))).toBe(pairs.join(":"));
      }),
    );
  });
});

describe("macProblem", () => {
  test.each([
    [[0x02, 0, 0, 0, 0, 1], ""],
    [[0x00, 0x11, 0x22, 0x33, 0x44, 0x55], ""],
    [[0xfe, 0xff, 0xff, 0xff, 0xff, 0xff], ""],
    [[0, 0, 0, 0, 0, 0], "is all zeros"],
    [
      [0x01, 0x00, 0x5e, 0, 0, 1],
      "is a multicast address (the lowest bit of its first byte is set)",
    ],
    [
      [0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
      "is a multicast address (the lowest bit of its first byte is set)",
    ],
    [[2, 0, 0, 0, 1], "has 5 bytes, an Ethernet address has 6"],
    [[2, 0, 0, 0, 0, 0, 0, 1], "has 8 bytes, an Ethernet address has 6"],
  ])("of %j is %o", (mac, expected) => {
    expect(complaint(...mac)).toBe(expected);
  });
});
