import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { document, probe } from "./probe.ts";

type Value = string | number | bigint | Value[] | { [key: string]: Value };

/** What test/probe/json.ts takes for a description of a value. */
function describeValue(value: Value): string {
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value !== "object") return String(value);
  const isArray = Array.isArray(value);
  const parts = isArray
    ? value.map(describeValue)
    : Object.entries(value).map(([key, v]) => `${JSON.stringify(key)},${describeValue(v)}`);
  return `[${[isArray ? '"["' : '"{"', ...parts].join()}]`;
}

function write(value: Value, isIndented: boolean): string {
  return probe.__getString(probe.writeAs(document(describeValue(value)), isIndented ? 1 : 0));
}

describe("the writer", () => {
  test.each<[string, Value]>([
    ["{}", {}],
    ["[]", []],
    ['""', ""],
    ["0", 0],
    ["[{},[],[{}]]", [{}, [], [{}]]],
    ['{"a":{},"b":[],"c":1,"d":"x"}', { a: {}, b: [], c: 1, d: "x" }],
    ['{"":{"":[1,[2],{"k":[]}]}}', { "": { "": [1, [2], { k: [] }] } }],
  ])("writes %s", (text, value) => {
    expect(write(value, false)).toBe(text);
  });

  test("indents by four spaces", () => {
    const result = { cniVersion: "1.1.0", ips: [{ address: "10.1.2.3/24" }], dns: {}, routes: [] };
    expect(write(result, true)).toBe(
      `{
    "cniVersion": "1.1.0",
    "ips": [
        {
            "address": "10.1.2.3/24"
        }
    ],
    "dns": {},
    "routes": []
}`,
    );
  });

  test.each([
    ["quotes and backslashes", '"\\', '"\\"\\\\"'],
    [
      "control characters",
      "\0\x01\b\f\n\r\t\x1f",
      '"\\u0000\\u0001\\u0008\\u000c\\n\\r\\t\\u001f"',
    ],
    ["DEL, which a terminal might act on", "\x7f", '"\\u007f"'],
    ["nothing else", "/é€😀\u2028'<>&", '"/é€😀\u2028\'<>&"'],
  ])("escapes %s", (_, value, text) => {
    expect(write(value, false)).toBe(text);
    expect(JSON.parse(text)).toBe(value);
  });

  test.each([
    0n,
    -1n,
    2n ** 31n,
    -(2n ** 31n),
    2n ** 53n + 1n,
    2n ** 63n - 1n,
    -(2n ** 63n) + 1n,
    -(2n ** 63n),
  ])("writes the integer %s", (value) => {
    expect(write(value, false)).toBe(String(value));
  });

  const { any: values } = fc.letrec<{ any: Value }>((tie) => ({
    any: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: "binary" }),
      fc.integer(),
      fc.array(tie("any"), { maxLength: 4 }),
      // A key like __proto__ would be no property of the object that it is read into.
      fc.dictionary(fc.string({ unit: "grapheme" }), tie("any"), {
        maxKeys: 4,
        noNullPrototype: true,
      }),
    ),
  }));

  test("writes what JSON.parse reads back", () => {
    fc.assert(
      fc.property(values, fc.boolean(), (value, isIndented) => {
        expect(JSON.parse(write(value, isIndented))).toEqual(value);
      }),
      { numRuns: 1000 },
    );
  });

  test("writes what JSON.stringify writes, where no control character is", () => {
    fc.assert(
      fc.property(values, (value) => {
        const compact = JSON.stringify(value);
        fc.pre(!/\\[bf]|\x7f/.test(compact));
        expect(write(value, false)).toBe(compact);
        expect(write(value, true)).toBe(JSON.stringify(value, null, 4));
      }),
      { numRuns: 1000 },
    );
  });
});
