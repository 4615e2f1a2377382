import os from "node:os";
import { describe, expect, test } from "vitest";
import { type ErrorCapture, loadCaptures } from "./captures.ts";
import { type Decoded, decode } from "./decoder.ts";

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

const { kernel, captures } = loadCaptures<ErrorCapture>("errors");

/** What ip(8) printed: the kernel's words, or those of the C library for the errno. */
const words: Readonly<Record<string, readonly [errno: number, text: string]>> = {
  "a name that is taken": [os.constants.errno.EEXIST, ""],
  "a macvlan on a passthru master": [os.constants.errno.EINVAL, ""],
  "an MTU above the maximum": [os.constants.errno.EINVAL, "mtu greater than device maximum"],
  "an unknown link": [os.constants.errno.ENODEV, ""],
  "an address that is there": [os.constants.errno.EEXIST, "ipv4: Address already assigned"],
  "a gateway out of reach": [os.constants.errno.ENETUNREACH, "Nexthop has invalid gateway"],
  "bits below the prefix": [os.constants.errno.EINVAL, "Invalid prefix for given prefix length"],
  "a table that is not there": [os.constants.errno.ENOENT, "ipv4: FIB table does not exist"],
  "a rule that is there": [os.constants.errno.EEXIST, ""],
  "a rule that is not there": [os.constants.errno.ENOENT, ""],
};

function only(hex: string): Decoded {
  const { messages, isBroken } = decode(Buffer.from(hex, "hex"));
  expect([messages.length, isBroken]).toEqual([1, 0]);
  return messages[0] as Decoded;
}

describe(`an error of Linux ${kernel} is read`, () => {
  const refusals = captures.filter(({ name }) => name !== "a table that is not there");

  test.each(refusals.map((capture) => [capture.name, capture.command, capture] as const))(
    "%s: %s",
    (name, _, capture) => {
      const [errno, text] = words[name] as readonly [number, string];
      if (text) expect(capture.printed).toBe(`Error: ${text}.`);
      const full = { type: NLMSG_ERROR, error: -errno, errorText: text };
      expect(only(capture.uncapped)).toMatchObject(full);
      expect(only(capture.capped)).toMatchObject(full);
      const wordless = { ...full, errorText: "" };
      expect(only(capture.wordless)).toMatchObject(wordless);
      expect(only(capture.cappedAndWordless)).toMatchObject(wordless);
    },
  );

  test("that ends a dump, and the words with it", () => {
    const capture = captures.find(({ name }) => name === "a table that is not there");
    const [errno, text] = words["a table that is not there"] as readonly [number, string];
    const done = { type: NLMSG_DONE, error: -errno };
    expect(only(capture?.wordless ?? "")).toMatchObject({ ...done, errorText: "" });
    expect(only(capture?.capped ?? "")).toMatchObject({ ...done, errorText: text });
    expect(only(capture?.uncapped ?? "")).toMatchObject({ ...done, errorText: text });
  });

  test("all of them have been looked at", () => {
    expect(captures.map(({ name }) => name)).toEqual(Object.keys(words));
  });
});
