import { describe, expect, test } from "vitest";
import { document, probe } from "./probe.ts";

/** What was read; why it could not be, with `type: ` before it where the JSON type was wrong. */
type Outcome = readonly [read: string, problem: string];

function outcome(pointer: number): Outcome {
  const [read = "", isType = "", message = ""] = probe.__getString(pointer).split("\0");
  return [read, isType ? `type: ${message}` : message];
}

const key = () => probe.__newString("key");

const text = (source: string) => outcome(probe.textField(document(source), key()));
const flag = (source: string) => outcome(probe.flagField(document(source), key()));
const texts = (source: string) => outcome(probe.textsField(document(source), key()));
const oneOrMore = (source: string) => outcome(probe.oneOrMoreField(document(source), key()));
const names = (source: string) => outcome(probe.names(document(source)));
const lists = (source: string) => outcome(probe.listsField(document(source), key()));
const children = (source: string) => outcome(probe.childrenField(document(source), key()));
const three = (source: string) => outcome(probe.threeFields(document(source)));

function integer(source: string, lowest = 0n, highest = 9n): Outcome {
  return outcome(probe.integerField(document(source), key(), lowest, highest));
}

function child(source: string): Outcome {
  return outcome(probe.childField(document(source), key(), probe.__newString("inner")));
}

const good = (read: string): Outcome => [read, ""];
const wrongType = (read: string, wanted: string, seen: string): Outcome => [
  read,
  `type: key "key" must be ${wanted}, not ${seen}`,
];

/** All values that a key can have, with the words for them in a message. */
const kinds = [
  ["{}", "an object"],
  ["[]", "an array"],
  ['"x"', "a string"],
  ["true", "a boolean"],
  ["false", "a boolean"],
  ["0", "0"],
  ["-1.5e3", "-1.5e3"],
  ["1234567890123456.5", "1234567890123456.5"],
  ["12345678901234567.5", "a number"],
] as const;

const others = (...fitting: string[]) => kinds.filter(([, words]) => !fitting.includes(words));

describe("the document", () => {
  test.each([
    ["[]", "an array"],
    ['"key"', "a string"],
    ["1", "1"],
    ["null", "null"],
    ["true", "a boolean"],
  ])("%s is no object", (source, seen) => {
    expect(text(source)).toEqual(["", `type: the document must be an object, not ${seen}`]);
  });
});

describe("an absent or null key", () => {
  test.each(["{}", '{"key":null}', '{"other":1}'])("of %s reads as the default", (source) => {
    expect(text(source)).toEqual(good(""));
    expect(flag(source)).toEqual(good("false"));
    expect(integer(source)).toEqual(good("0"));
    expect(integer(source, 5n, 9n)).toEqual(good("0"));
    expect(texts(source)).toEqual(good(""));
    expect(oneOrMore(source)).toEqual(good(""));
    expect(children(source)).toEqual(good(""));
    expect(child(source)).toEqual(good("false 0"));
  });
});

describe("text", () => {
  test("reads a string", () => {
    expect(text('{"key":"a\\u20acb"}')).toEqual(good("a€b"));
    expect(text('{"KEY":"value"}')).toEqual(good("value"));
  });

  test.each(others("a string"))("refuses %s", (value, seen) => {
    expect(text(`{"key":${value}}`)).toEqual(wrongType("", "a string", seen));
  });

  test("takes 1 MiB as written, quotes included, and no more", () => {
    const longest = "x".repeat(1024 * 1024 - 2);
    expect(text(`{"key":"${longest}"}`)).toEqual(good(longest));
    const problem = 'key "key": the document has more than 1048576 bytes of text';
    expect(text(`{"key":"${longest}x"}`)).toEqual(["", problem]);
  });
});

describe("flag", () => {
  test("reads true and false", () => {
    expect(flag('{"key":true}')).toEqual(good("true"));
    expect(flag('{"key":false}')).toEqual(good("false"));
  });

  test.each(others("a boolean"))("refuses %s", (value, seen) => {
    expect(flag(`{"key":${value}}`)).toEqual(wrongType("false", "true or false", seen));
  });
});

describe("integer", () => {
  const min = -(2n ** 63n);
  const max = 2n ** 63n - 1n;

  test.each([
    ["0", 0n, 9n],
    ["9", 0n, 9n],
    ["-0", 0n, 9n],
    ["-9", -9n, -9n],
    ["65535", 0n, 65535n],
    ["4294967295", 0n, 4294967295n],
    ["-2147483648", -2147483648n, 0n],
    ["999999999999999999", min, max],
    ["-99999999999999999", min, max],
  ])("reads %s between %s and %s", (source, lowest, highest) => {
    expect(integer(`{"key":${source}}`, lowest, highest)).toEqual(good(String(BigInt(source))));
  });

  test.each([
    ["10", 0n, 9n, "10"],
    ["-1", 0n, 9n, "-1"],
    ["65536", 0n, 65535n, "65536"],
    ["4294967296", 0n, 4294967295n, "4294967296"],
    ["4294967301", 0n, 9n, "4294967301"],
    ["999999999999999999", 0n, 9n, "999999999999999999"],
    ["1000000000000000000", 0n, 9n, "too long"],
    ["9223372036854775807", min, max, "too long"],
    ["-9223372036854775808", min, max, "too long"],
    ["18446744073709551616", 0n, 9n, "too long"],
    ["18446744073709551621", 0n, 9n, "too long"],
    ["1".repeat(100_000), 0n, 9n, "too long"],
  ])("refuses %s between %s and %s", (source, lowest, highest, words) => {
    const problem = `key "key" is ${words}, must be ${lowest} to ${highest}`;
    expect(integer(`{"key":${source}}`, lowest, highest)).toEqual(["0", problem]);
  });

  test.each(["1.0", "1.5", "1e0", "1E2", "-0.0", "0e0"])("refuses %s", (source) => {
    expect(integer(`{"key":${source}}`)).toEqual(wrongType("0", "a whole number", source));
  });

  test.each(others("0"))("refuses %s", (value, seen) => {
    const words = seen === "a number" ? 'key "key" is too long, must be 0 to 9' : undefined;
    const expected = words ? (["0", words] as const) : wrongType("0", "a whole number", seen);
    expect(integer(`{"key":${value}}`)).toEqual(expected);
  });
});

test("names are those of all members, in their order, escapes undone", () => {
  expect(names('{"b":1,"a":{"c":2},"\\u0064":null}')).toEqual(good("b|a|d"));
  expect(names("{}")).toEqual(good(""));
  const long = `{"${"x".repeat(1024 * 1024)}":1,"a":2}`;
  expect(names(long)).toEqual(["", 'key "": the document has more than 1048576 bytes of text']);
});

describe("one or more texts", () => {
  test("reads a string, or an array of strings", () => {
    expect(oneOrMore('{"key":"a"}')).toEqual(good("a"));
    expect(oneOrMore('{"key":""}')).toEqual(good(""));
    expect(oneOrMore('{"key":["a","b",""]}')).toEqual(good("a|b|"));
  });

  test("refuses an empty array", () => {
    expect(oneOrMore('{"key":[]}')).toEqual(["", 'key "key" is an empty list']);
  });

  test.each(others("a string", "an array"))("refuses %s", (value, seen) => {
    const wanted = "a string or an array of strings";
    expect(oneOrMore(`{"key":${value}}`)).toEqual(wrongType("", wanted, seen));
  });

  test("refuses an element that is none", () => {
    const problem = 'type: key "key[1]" must be a string, not 7';
    expect(oneOrMore('{"key":["a",7]}')).toEqual(["a|", problem]);
  });
});

describe("texts", () => {
  test("reads an array of strings", () => {
    expect(texts('{"key":["a","b",""]}')).toEqual(good("a|b|"));
    expect(texts('{"key":[]}')).toEqual(good(""));
  });

  test.each(others("an array"))("refuses %s", (value, seen) => {
    expect(texts(`{"key":${value}}`)).toEqual(wrongType("", "an array", seen));
  });

  test("names the element that is no string", () => {
    const problem = 'type: key "key[1]" must be a string, not 7';
    expect(texts('{"key":["a",7,true]}')).toEqual(["a||", problem]);
    const noNull = 'type: key "key[0]" must be a string, not null';
    expect(texts('{"key":[null]}')).toEqual(["", noNull]);
  });

  test("takes 16384 elements and no more", () => {
    const most = Array.from({ length: 16_384 }, () => "x");
    expect(texts(JSON.stringify({ key: most }))).toEqual(good(most.join("|")));
    const problem = 'key "key": the document has more than 16384 array elements';
    expect(texts(JSON.stringify({ key: [...most, "x"] }))).toEqual(["", problem]);
  });

  test("takes 1 MiB in all its strings together", () => {
    const half = "x".repeat(512 * 1024 - 2);
    expect(texts(JSON.stringify({ key: [half, half] }))).toEqual(good(`${half}|${half}`));
    const problem = 'key "key[2]": the document has more than 1048576 bytes of text';
    const [, seen] = texts(JSON.stringify({ key: [half, half, ""] }));
    expect(seen).toBe(problem);
  });
});

describe("children", () => {
  test("reads an array of objects, each with its path", () => {
    const source = '{"key":[{"name":"a"},{},{"NAME":"c"}]}';
    expect(children(source)).toEqual(good("key[0]=a|key[1]=|key[2]=c"));
  });

  test.each(others("an array"))("refuses %s", (value, seen) => {
    expect(children(`{"key":${value}}`)).toEqual(wrongType("", "an array", seen));
  });

  test.each([...others("an object"), ["null", "null"] as const])(
    "refuses %s among the elements",
    (value, seen) => {
      const problem = `type: key "key[1]" must be an object, not ${seen}`;
      expect(children(`{"key":[{},${value}]}`)[1]).toBe(problem);
    },
  );

  test("names a member of an element by its path", () => {
    const problem = 'type: key "key[1].name" must be a string, not 5';
    expect(children('{"key":[{"name":"a"},{"name":5}]}')[1]).toBe(problem);
  });
});

describe("lists", () => {
  test("reads an array of arrays of objects, each with its path", () => {
    const source = '{"key":[[{"name":"a"},{"name":"b"}],[],[{"name":"c"}]]}';
    expect(lists(source)).toEqual(good("key[0][0]=a|key[0][1]=b;;key[2][0]=c"));
  });

  test("names what is no array or no object", () => {
    const array = 'type: key "key[1]" must be an array, not an object';
    expect(lists('{"key":[[],{}]}')[1]).toBe(array);
    const object = 'type: key "key[0][1]" must be an object, not an array';
    expect(lists('{"key":[[{},[]]]}')[1]).toBe(object);
    expect(lists('{"key":{}}')).toEqual(wrongType("", "an array", "an object"));
  });

  test("takes 16384 elements on both levels together, and no more", () => {
    const inner = Array.from({ length: 8191 }, () => ({}));
    expect(lists(JSON.stringify({ key: [inner, inner] }))[1]).toBe("");
    const problem = 'key "key[1]": the document has more than 16384 array elements';
    expect(lists(JSON.stringify({ key: [inner, [...inner, {}]] }))[1]).toBe(problem);
  });
});

describe("child", () => {
  test("reads the members of an object", () => {
    expect(child('{"key":{"inner":5}}')).toEqual(good("true 5"));
    expect(child('{"key":{}}')).toEqual(good("true 0"));
  });

  test.each(others("an object"))("refuses %s", (value, seen) => {
    expect(child(`{"key":${value}}`)).toEqual(wrongType("true 0", "an object", seen));
  });

  test("names a member by its path", () => {
    const range = 'key "key.inner" is 10, must be 0 to 9';
    expect(child('{"key":{"inner":10}}')).toEqual(["true 0", range]);
    const type = 'type: key "key.inner" must be a whole number, not a string';
    expect(child('{"key":{"inner":"5"}}')).toEqual(["true 0", type]);
  });
});

describe("of several mistakes", () => {
  test("the first one read is told", () => {
    const [, problem] = three('{"c":10,"b":1,"a":"yes"}');
    expect(problem).toBe('type: key "a" must be true or false, not a string');
  });

  test("a type stays no type when a range is wrong after it, and the other way round", () => {
    expect(three('{"b":7,"c":10}')[1]).toBe('type: key "b" must be a string, not 7');
    expect(three('{"c":10,"d":7}')[1]).toBe('key "c" is 10, must be 0 to 9');
  });

  test("what is right is still read", () => {
    expect(three('{"a":1,"b":"text","c":5}')[0]).toBe("false text 5 true");
  });
});
