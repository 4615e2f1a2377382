import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { document, probe } from "./probe.ts";

/** The values of a document in the notation of test/probe/json.ts. */
function valuesOf(source: string): unknown {
  return JSON.parse(probe.__getString(probe.valuesOf(document(source))));
}

function memberOf(source: string, key: string): string {
  return probe.__getString(probe.memberOf(document(source), probe.__newString(key)));
}

/** What the core makes of the characters of a string: a lone surrogate becomes U+FFFD. */
function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, "\ufffd");
}

describe("a string is decoded", () => {
  test.each([
    ['""', ""],
    ['"abc"', "abc"],
    ['"\\"\\\\\\/\\b\\f\\n\\r\\t"', '"\\/\b\f\n\r\t'],
    ['"\\u0041\\u00e9\\u20AC"', "Aé€"],
    ['"a\\u0000b"', "a\0b"],
    ['"\\u007f\\u0080\\u07ff\\u0800\\uffff"', "\x7f\u0080\u07ff\u0800\uffff"],
    ['"\\ud83d\\ude00"', "😀"],
    ['"\\uD800\\uDC00\\uDBFF\\uDFFF"', "\u{10000}\u{10ffff}"],
    ['"é€😀"', "é€😀"],
    ['"\\ud800"', "\ufffd"],
    ['"\\udc00"', "\ufffd"],
    ['"\\ud800\\ud83d\\ude00"', "\ufffd😀"],
    ['"\\ude00\\ud83d"', "\ufffd\ufffd"],
    ['"\\ud800a\\udc00"', "\ufffda\ufffd"],
    ['"\\ud800\\n"', "\ufffd\n"],
    ['"\\ud83d😀"', "\ufffd😀"],
    ['"\\\\u0041"', "\\u0041"],
    ['"\\\\\\u0041"', "\\A"],
  ])("%s", (source, text) => {
    expect(valuesOf(source)).toBe(`a string ${text}`);
    expect(wellFormed(JSON.parse(source))).toBe(text);
  });

  test("as JSON.parse does, lone surrogates excepted", () => {
    const short = fc.constantFrom(..."bfnrt/").map((letter) => `\\${letter}`);
    const number = fc.oneof(
      fc.integer({ min: 0, max: 0xffff }),
      fc.integer({ min: 0xd7fe, max: 0xe001 }),
    );
    const unicode = number.map((unit) => `\\u${unit.toString(16).padStart(4, "0")}`);
    const plain = fc.string({ unit: "binary", maxLength: 3 }).map((s) => JSON.stringify(s));
    const part = fc.oneof(
      short,
      unicode,
      plain.map((s) => s.slice(1, -1)),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), (parts) => {
        const source = `"${parts.join("")}"`;
        expect(valuesOf(source)).toBe(`a string ${wellFormed(JSON.parse(source))}`);
      }),
      { numRuns: 3000 },
    );
  });
});

/** A JSON text with what is to be read from it. */
interface Sample {
  readonly source: string;
  readonly values: unknown;
}

describe("a document is walked", () => {
  const space = fc.stringMatching(/^[ \t\r\n]{0,2}$/);
  const samples = fc.letrec<{ any: Sample; leaf: Sample; array: Sample; object: Sample }>(
    (tie) => ({
      any: fc.oneof({ maxDepth: 5 }, tie("leaf"), tie("array"), tie("object")),
      leaf: fc.oneof(
        fc.constant({ source: "null", values: "null null" }),
        fc.constant({ source: "true", values: "a boolean true" }),
        fc.constant({ source: "false", values: "a boolean false" }),
        fc
          .stringMatching(/^-?(0|[1-9]\d{0,20})(\.\d{1,5})?([eE][+-]?\d{1,3})?$/)
          .map((source) => ({ source, values: `a number ${source}` })),
        fc
          .string({ unit: "grapheme" })
          .map((text) => ({ source: JSON.stringify(text), values: `a string ${text}` })),
      ),
      array: fc.tuple(fc.array(tie("any"), { maxLength: 4 }), space).map(([list, gap]) => ({
        source: `[${gap}${list.map(({ source }) => source).join(`${gap},${gap}`)}${gap}]`,
        values: list.map(({ values }) => values),
      })),
      object: fc
        .tuple(fc.array(fc.tuple(fc.string(), tie("any")), { maxLength: 4 }), space)
        .map(([list, gap]) => ({
          source: `{${gap}${list
            .map(([key, { source }]) => `${JSON.stringify(key)}${gap}:${gap}${source}`)
            .join(`${gap},${gap}`)}${gap}}`,
          values: list.map(([, { values }]) => values),
        })),
    }),
  );

  test("value by value, in the order written", () => {
    fc.assert(
      fc.property(samples.any, space, ({ source, values }, gap) => {
        expect(valuesOf(`${gap}${source}${gap}`)).toEqual(values);
      }),
      { numRuns: 1000 },
    );
  });
});

describe("a member", () => {
  test.each([
    ["is found by its key", '{"mtu":1}', "1"],
    ["is the last one of two", '{"mtu":1,"mtu":2}', "2"],
    ["is found whatever its case", '{"MTU":1}', "1"],
    ["of exact spelling goes first, before", '{"mtu":1,"MTU":2}', "1"],
    ["of exact spelling goes first, behind", '{"MTU":2,"mtu":1}', "1"],
    ["of other spelling is the last one of two", '{"MTU":1,"Mtu":2}', "2"],
    ["that is null is absent", '{"mtu":null}', "absent"],
    ["that is null in exact spelling is absent", '{"mtu":null,"MTU":2}', "absent"],
    ["that is null in the end is absent", '{"mtu":1,"mtu":null}', "absent"],
    ["that is not there is absent", '{"mt":1,"mtuu":2,"":3," mtu":4}', "absent"],
    ["of an empty object is absent", "{}", "absent"],
    ["of a member is not one", '{"a":{"mtu":1}}', "absent"],
    ["of an array is absent", '["mtu",1]', "absent"],
    ["of a string is absent", '"mtu"', "absent"],
    ["is found by an escaped key", '{"\\u006d\\u0074\\u0075":1}', "1"],
    ["is found by an escaped key of other case", '{"\\u004dt\\u0055":1}', "1"],
    ["is not named by its value", '{"a":"mtu","b":1}', "absent"],
    ["has a key of ASCII: K is no k", '{"\u212a":1}', "absent"],
    ["is found between others", '{"é":0,"m\\"":0,"mtu\\u0000":0,"mtu":1,"\\\\":0}', "1"],
    ["comes as written", ' { "mtu" :\n[ 1 , {"a" : "]}" } ] } ', '[ 1 , {"a" : "]}" } ]'],
  ])("%s: %s", (_, source, expected) => {
    expect(memberOf(source, "mtu")).toBe(expected);
  });

  test.each([
    ["before the others", '"mtu":1', "", "1"],
    ["behind the others", "", '"mtu":2', "2"],
    ["before them, though it is there in other case behind", '"mtu":1', '"MTU":2', "1"],
    ["behind them, though it is there in other case before", '"MTU":1', '"mtu":2', "2"],
    ["the last one", '"mtu":1', '"mtu":2', "2"],
    ["the last one of other case", '"MTU":1', '"Mtu":2', "2"],
  ])("among a hundred is found: %s", (_, first, last, expected) => {
    const many = Array.from({ length: 100 }, (_, i) => `"key${i}":${i}`).join();
    const source = document(`{${[first, many, last].filter((text) => text !== "").join()}}`);
    const found = probe.memberOf(source, probe.__newString("mtu"));
    expect(probe.__getString(found)).toBe(expected);
  });

  test("is found whatever the case of its key, in ASCII", () => {
    const ascii = fc.string({ unit: "binary-ascii", minLength: 1, maxLength: 4 });
    const similar = (key: string) =>
      fc.constantFrom(key, key.toUpperCase(), key.toLowerCase(), key.replace(/./, "x"));
    fc.assert(
      fc.property(
        ascii.chain((key) => fc.tuple(fc.constant(key), similar(key))),
        ([key, name]) => {
          const isSame = key.toLowerCase() === name.toLowerCase();
          expect(memberOf(JSON.stringify({ [name]: 1 }), key)).toBe(isSame ? "1" : "absent");
        },
      ),
      { numRuns: 1000 },
    );
  });

  test.each([
    ["@", "`"],
    ["[", "{"],
    ["]", "}"],
    ["^", "~"],
    ["_", "\x7f"],
    ["0", "\x10"],
  ])("named %o is no member named %o: only letters have a case", (name, key) => {
    expect(memberOf(JSON.stringify({ [name]: 1 }), key)).toBe("absent");
    expect(memberOf(JSON.stringify({ [key]: 1 }), name)).toBe("absent");
  });

  test("with a letter that only Unicode takes for the same is absent", () => {
    expect(memberOf('{"\u212aey":1}', "key")).toBe("absent");
    expect(memberOf('{"ma\u017fter":1}', "master")).toBe("absent");
    expect(memberOf('{"\\u212aey":1}', "key")).toBe("absent");
  });

  test("is found among a hundred thousand without memory for each", () => {
    const many = Array.from({ length: 1e5 }, (_, i) => `"key number ${i}":${i}`).join();
    const source = document(`{${many},"mtu":1}`);
    const key = probe.__newString("mtu");
    const before = probe.__new(0, 0);
    expect(probe.__getString(probe.memberOf(source, key))).toBe("1");
    expect(probe.__new(0, 0) - before).toBeLessThan(1024);
  });
});
