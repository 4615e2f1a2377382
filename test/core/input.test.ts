import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { config, machine, refusal, run, succeed } from "./core.ts";

// What comes on standard input: everything that is no JSON text (RFC 8259), and what is one but not
// a network configuration.

const UNDECODABLE = /^cannot decode the network configuration on stdin: /;
const NEST = 200;
const STDIN_LIMIT = 16 * 1024 * 1024;

/** A configuration around the JSON text of the value of an unknown key. */
function around(text: string): string {
  return `{"cniVersion":"1.1.0","name":"n","master":"eth0","x":${text}}`;
}

describe("no JSON text:", () => {
  test.each([
    "{",
    "nul",
    "[1,]",
    '{"a":1,}',
    "{a:1}",
    "{'a':1}",
    '{"a" 1}',
    "01",
    "+1",
    "1.",
    ".5",
    "1e",
    "0x1",
    "NaN",
    "Infinity",
    '"\t"',
    '"\\x"',
    '"\\u12"',
    '"',
    "// comment\n1",
    "1 2",
    "\u00a01",
    "True",
  ])("%j", (text) => {
    const error = refusal(machine(), { config: around(text) });
    expect(error.code).toBe(6);
    expect(error.msg).toMatch(UNDECODABLE);
  });

  test("a document that is cut off anywhere", () => {
    const sim = machine();
    const whole = JSON.stringify(config({ mtu: 1500, x: ["\u20ac", { y: null }], z: -1.5e3 }));
    for (let length = 0; length < whole.length; length++) {
      expect(refusal(sim, { config: whole.slice(0, length) }).msg).toMatch(UNDECODABLE);
    }
  });

  test.each([
    ["a byte that UTF-8 has not", [0xff]],
    ["an overlong form", [0xc0, 0xaf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["a character above U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
    ["a character that is cut off", [0xe2, 0x82]],
    ["a continuation without a beginning", [0x80]],
  ])("%s", (_, bytes) => {
    const [head = "", tail = ""] = around('"@"').split("@");
    const utf8 = new TextEncoder();
    const document = Uint8Array.from([...utf8.encode(head), ...bytes, ...utf8.encode(tail)]);
    const error = refusal(machine(), { config: document });
    expect(error).toMatchObject({ code: 6 });
    expect(error.msg).toMatch(UNDECODABLE);
  });

  test("a byte order mark", () => {
    expect(refusal(machine(), { config: `\ufeff${around("1")}` }).code).toBe(6);
  });

  test("what JSON.parse refuses is refused, and nothing else", () => {
    const sim = machine();
    const token = fc.constantFrom(...'{}[]:,"\\ntf-+.eE01 \n\u20ac', "null", "true", '"a"', "1.5");
    const mutated = fc.tuple(fc.json(), fc.nat(), token).map(([text, at, extra]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + extra + text.slice(place);
    });
    const anything = fc.array(token, { maxLength: 12 }).map((tokens) => tokens.join(""));
    fc.assert(
      fc.property(fc.oneof(fc.json(), mutated, anything), (text) => {
        const document = around(text);
        const { status, stdout } = run(sim, { command: "GC", config: document });
        const refused = status === 1 && stdout.includes("cannot decode the network configuration");
        expect(refused).toBe(!parses(document));
      }),
      { numRuns: 1500 },
    );
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("sizes", () => {
  test(`${NEST} levels are read, one more is too deep`, () => {
    const nested = (levels: number) => `${"[".repeat(levels)}1${"]".repeat(levels)}`;
    succeed(machine(), "GC", { config: around(nested(NEST - 1)) });
    const error = refusal(machine(), { config: around(nested(NEST)) });
    expect(error.code).toBe(6);
    expect(error.msg).toMatch(/nest|deep/);
  });

  test("a million levels are refused as cleanly", () => {
    expect(refusal(machine(), { config: around("[".repeat(1_000_000)) }).code).toBe(6);
  });

  test("16 MiB are read, one byte more is too much", () => {
    const head = around('"').slice(0, -1);
    const filled = (size: number) => `${head}${"a".repeat(size - head.length - 2)}"}`;
    succeed(machine(), "GC", { config: filled(STDIN_LIMIT) });
    const error = refusal(machine(), { config: filled(STDIN_LIMIT + 1) });
    expect(error).toMatchObject({ code: 6 });
    expect(error.msg).toContain(`${STDIN_LIMIT}`);
  });

  test("a hundred thousand attachments of GC are read", () => {
    const attachments = Array.from({ length: 100_000 }, (_, index) => ({
      containerID: `container-${index}`,
      ifname: "eth0",
    }));
    succeed(machine(), "GC", { config: config({ "cni.dev/valid-attachments": attachments }) });
  });
});

describe("a document that is no object:", () => {
  test.each(["[]", '"x"', "5", "true", "null"])("%s", (text) => {
    const error = refusal(machine(), { config: text });
    expect(error).toMatchObject({ code: 6 });
    expect(error.msg).toContain("must be an object");
  });
});

/** Values of the wrong JSON type, by key; code 6 and the key in the message. */
const WRONG_TYPES: readonly [key: string, value: unknown, path?: string][] = [
  ["master", 5],
  ["master", [5], "master[0]"],
  ["master", {}],
  ["masterUp", "true"],
  ["mode", true],
  ["mtu", "1500"],
  ["mtu", 1.5],
  ["mtu", {}],
  ["mac", 5],
  ["linkInContainer", "true"],
  ["linkInContainer", 1],
  ["bcqueuelen", "5"],
  ["ipam", "static"],
  ["ipam", []],
  ["ipam", { type: 5 }, "ipam.type"],
  ["dns", "x"],
  ["dns", { nameservers: "10.0.0.1" }, "dns.nameservers"],
  ["dns", { search: [1] }, "dns.search[0]"],
  ["runtimeConfig", 5],
  ["runtimeConfig", { mac: 5 }, "runtimeConfig.mac"],
];

describe("a key of the wrong type:", () => {
  test.each(WRONG_TYPES)("%s %j", (key, value, path = key) => {
    const error = refusal(machine(), { config: config({ [key]: value }) });
    expect(error.code).toBe(6);
    expect(error.msg).toContain(`key "${path}"`);
  });

  test.each(["1500.0", "15e2", "1500000000000000000000"])("mtu %s", (number) => {
    const text = JSON.stringify(config({ mtu: 0 })).replace('"mtu":0', `"mtu":${number}`);
    expect([6, 7]).toContain(refusal(machine(), { config: text }).code);
  });
});

/** Values that are not allowed, by key; the code, and what the message says. */
const BAD_VALUES: readonly [key: string, value: unknown, code: number, msg: string][] = [
  ["mode", "macvtap", 2, 'key "mode" is "macvtap"'],
  ["mode", "Bridge", 2, 'key "mode" is "Bridge"'],
  ["mtu", -1, 7, 'key "mtu" is -1'],
  ["mtu", 67, 7, 'key "mtu" is 67'],
  ["mtu", 65536, 7, 'key "mtu" is 65536'],
  ["mtu", 1501, 7, "invalid MTU 1501"],
  ["bcqueuelen", -1, 7, 'key "bcqueuelen" is -1'],
  ["bcqueuelen", 4294967296, 7, 'key "bcqueuelen" is 4294967296'],
  ["mac", "zz", 7, 'mac "zz"'],
  ["mac", "02:00:00:00:00", 7, 'mac "02:00:00:00:00"'],
  ["mac", "02:00:00:00:00:00:00:01", 7, "has 8 bytes"],
  ["mac", "00:00:00:00:00:00", 7, "all zeros"],
  ["mac", "01:00:5e:00:00:01", 7, "multicast"],
  ["master", "../eth0", 7, "../eth0"],
  ["master", "nosuch", 100, 'master "nosuch" not found'],
  ["ipam", { type: "a/b" }, 7, '"a/b"'],
  ["ipam", { type: ".." }, 7, '".."'],
  ["ipam", { type: "nosuch" }, 105, "nosuch"],
  ["ipam", { type: "macvlan" }, 7, "not an IPAM plugin"],
];

describe("a value that is not allowed:", () => {
  test.each(BAD_VALUES)("%s %j", (key, value, code, msg) => {
    const error = refusal(machine(), { config: config({ [key]: value }) });
    expect(error.code).toBe(code);
    expect(error.msg).toContain(msg);
  });
});

describe("CNI_ARGS", () => {
  test.each([
    ["MAC", "invalid pair"],
    ["MAC=02:00:00:00:00:02;", "invalid pair"],
    ["MAC=a=b", "invalid pair"],
    [";", "invalid pair"],
    ["FOO=bar", "unknown args"],
    ["FOO=bar;IgnoreUnknown=0", "unknown args"],
    ["mac=02:00:00:00:00:02", "unknown args"],
    ["IgnoreUnknown=yes", "IgnoreUnknown"],
    ["MAC=zz", "MAC"],
    ["MAC=01:00:5e:00:00:01", "multicast"],
  ])("%s is refused", (args, msg) => {
    const error = refusal(machine(), { args });
    expect(error.code).toBe(4);
    expect(error.msg).toContain(msg);
  });

  test.each(["", "IgnoreUnknown=1;K8S_POD_NAME=x", "A=b;IgnoreUnknown=TRUE", "IP=10.0.0.1/24"])(
    "%s is taken",
    (args) => {
      expect(run(machine(), { args }).status).toBe(0);
    },
  );
});

describe("CNI_NETNS that is no namespace:", () => {
  test.each([
    ["a path where nothing is", "/run/netns/none", /ENOENT/],
    ["a path through a file", "/opt/cni/bin/macvlan/x", /ENOTDIR/],
    ["a file", "/opt/cni/bin/macvlan", /not a network namespace/],
    ["a folder", "/opt/cni", /not a network namespace/],
    ["a path that is too long", `/${"x".repeat(5000)}`, /ENAMETOOLONG/],
  ])("%s", (_, netns, msg) => {
    const error = refusal(machine(), { netns });
    expect(error.code).toBe(4);
    expect(error.msg).toMatch(msg);
    expect(error.msg).toContain("CNI_NETNS");
  });
});
