import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accepted, refused } from "./corpus.ts";
import { malformedUtf8 } from "./malformed-utf8.ts";
import { isJson, problemOf } from "./probe.ts";

describe("accepts", () => {
  test.each(accepted)("%j", (text) => {
    expect(problemOf(text)).toBe("");
    expect(isJson(text)).toBe(true);
  });
});

describe("refuses", () => {
  test.each(refused)("%j", (text) => {
    expect(problemOf(text)).not.toBe("");
    expect(isJson(text)).toBe(false);
  });

  test.each(malformedUtf8)("the bytes %j, which are not UTF-8", (latin1) => {
    const bytes = Buffer.from(latin1, "latin1");
    expect(problemOf(bytes)).not.toBe("");
    expect(isJson(bytes)).toBe(false);
  });
});

describe("nesting", () => {
  const nest = (levels: number, open: string, inner: string, close: string) =>
    open.repeat(levels) + inner + close.repeat(levels);

  test.each([
    ["arrays", "[", "", "]"],
    ["arrays around a number", "[", "1", "]"],
    ["objects", '{"a":', "{}", "}"],
    ["objects around a number", '{"a":', "1", "}"],
    ["arrays of objects", '[{"a":', "1", "}]"],
    ["arrays with space", "[ ", "", " ]"],
    ["arrays with brothers", "[1,", "1", ",1]"],
  ])("of 200 %s is accepted, of 201 refused", (_, open, inner, close) => {
    const perRound = open.replace(/[^[{]/g, "").length;
    const own = inner === "{}" ? 1 : 0;
    const rounds = (200 - own) / perRound;
    expect(problemOf(nest(rounds, open, inner, close))).toBe("");
    const deeper = `[${nest(rounds, open, inner, close)}]`;
    expect(problemOf(deeper)).toMatch(/^nested deeper than 200 levels, line 1 column \d+$/);
  });

  test("is measured in depth, not in number", () => {
    expect(problemOf(`[${"[],".repeat(1000)}{}]`)).toBe("");
  });

  test("of a million levels is refused, not a crash", () => {
    expect(problemOf("[".repeat(1e6))).toMatch(/^nested deeper than 200 levels/);
    expect(problemOf('{"a":'.repeat(1e6))).toMatch(/^nested deeper than 200 levels/);
  });
});

describe("says what is wrong and where", () => {
  test.each([
    ["", "unexpected end of JSON input"],
    ['{"a":', "unexpected end of JSON input"],
    ['"abc', "unexpected end of JSON input"],
    ["tru", "unexpected end of JSON input"],
    ["1e", "unexpected end of JSON input"],
    ["nope", "expected 'null', line 1 column 2"],
    ["[1,]", "expected a JSON value, line 1 column 4"],
    ["[1 2]", "expected ',' or ']' in an array, line 1 column 4"],
    ['{"a":1 "b"}', "expected ',' or '}' in an object, line 1 column 8"],
    ['{"a" 1}', "expected ':' after a key, line 1 column 6"],
    ["{a:1}", "expected a key in double quotes, line 1 column 2"],
    ["01", "unexpected text after the JSON document, line 1 column 2"],
    ["1.x", "expected a digit, line 1 column 3"],
    ['{\n  "a": 1\n}\n\nx', "unexpected text after the JSON document, line 5 column 1"],
    ['"a\tb"', "control character in a string, line 1 column 3"],
    ['"\\q"', "unknown escape in a string, line 1 column 3"],
    ['"\\u12x4"', "expected four hexadecimal digits after \\u, line 1 column 6"],
    ['\n"\xff', "bytes that are not UTF-8, line 2 column 2"],
  ])("of %j: %s", (latin1, problem) => {
    expect(problemOf(Buffer.from(latin1, "latin1"))).toBe(problem);
  });
});

// Where the core and JSON.parse differ on purpose: the depth limit, which no document below
// reaches.
describe("accepts what JSON.parse accepts", () => {
  test("of texts put together from pieces of JSON", () => {
    const pieces = ["{", "}", "[", "]", ":", ",", '"', '"a"', "1", "-", ".", "e", "0", " ", "null"];
    const text = fc.array(fc.constantFrom(...pieces, "\\", "\\u00", '"k":'), { maxLength: 8 });
    fc.assert(
      fc.property(text, (parts) => {
        expect(problemOf(parts.join("")) === "").toBe(isJson(parts.join("")));
      }),
      { numRuns: 5000 },
    );
  });

  test("of good documents with a few bytes changed", () => {
    const change = fc.record({
      at: fc.nat({ max: 200 }),
      remove: fc.nat({ max: 2 }),
      insert: fc.uint8Array({ maxLength: 2 }),
    });
    const changes = fc.array(change, { maxLength: 3 });
    fc.assert(
      fc.property(fc.json({ stringUnit: "binary" }), changes, (json, list) => {
        let bytes = [...Buffer.from(json)];
        for (const { at, remove, insert } of list) {
          const start = at % (bytes.length + 1);
          bytes = [...bytes.slice(0, start), ...insert, ...bytes.slice(start + remove)];
        }
        expect(problemOf(Uint8Array.from(bytes)) === "").toBe(isJson(Uint8Array.from(bytes)));
      }),
      { numRuns: 2000 },
    );
  });

  test("of every sequence of two bytes, and of many of three and four, in a string", () => {
    const check = (...bytes: number[]) => {
      const text = Uint8Array.of(0x22, ...bytes, 0x22);
      if ((problemOf(text) === "") !== isJson(text)) throw new Error(`differs: ${bytes}`);
    };
    for (let first = 0; first < 256; first++) {
      for (let second = 0; second < 256; second++) check(first, second);
    }
    const high = fc.integer({ min: 0xc0, max: 0xff });
    const edge = fc.constantFrom(0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0);
    for (const sequence of [fc.tuple(high, edge, edge), fc.tuple(high, edge, edge, edge)]) {
      fc.assert(
        fc.property(sequence, (bytes) => check(...bytes)),
        { numRuns: 3000 },
      );
    }
  });
});
