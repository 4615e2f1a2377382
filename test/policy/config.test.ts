// What decides about paths is taken from the configuration by the Node host and by the native one,
// each by code of its own: whatever comes in, both take the same.
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import { Invocation } from "../../host/policy/invocation.ts";
import { damaged, holds, TIMEOUT } from "../fuzz/fuzz.ts";
import { document, problemOf, probe } from "../json/probe.ts";
import { giveUp } from "../prerequisites.ts";

const COMPILER = process.env.CC ?? "cc";
const PROGRAM = "build/test/config";
const PARTS = ["invocation", "json", "json-syntax"].map((name) => `native/${name}.c`);
const OPTIONS = "-std=gnu11 -Wall -Wextra -Werror -O1 -g -fsanitize=address,undefined".split(" ");
const WORDS = ["name", "ipam", "type", "dataDir", "resolvConf", "sysctl"];
const SYSCTL = "net.ipv4.conf.IFNAME.keep";
/** The last one has the sign of Kelvin, which becomes a k. */
const SPELLINGS = [SYSCTL, SYSCTL.toUpperCase(), SYSCTL.replace("k", "\u212a")];
const NAMES = ["macvlan", "host-local"] as const;

/**
 * What a configuration says: `ipam.type`, `ipam.resolvConf`, the directory of the leases, `keep` if
 * it sets that sysctl.
 */
type Said = readonly [type: string, resolvConf: string, leases: string, sysctl: string];

/** Compiles test/policy/config.c; says what is missing if there is no compiler. */
function compile(): string | undefined {
  fs.mkdirSync("build/test", { recursive: true });
  const words = [...OPTIONS, "-o", PROGRAM, "test/policy/config.c", ...PARTS];
  const { error, status, stderr } = spawnSync(COMPILER, words, { encoding: "utf8" });
  if (error) return `no C compiler for the policy of the native host: ${error.message}`;
  if (status !== 0) throw new Error(stderr);
  return undefined;
}

function byNative(documents: readonly Uint8Array[], program: string): Said[] {
  const input = Buffer.concat(documents.flatMap((bytes) => [number(bytes.length), bytes]));
  const options = { input, maxBuffer: 2 ** 28 };
  const { status, stdout, stderr } = spawnSync(PROGRAM, [program], options);
  expect(status, stderr.toString()).toBe(0);
  let at = 0;
  const next = () => {
    const start = at + 4;
    at = start + stdout.readUInt32LE(at);
    return stdout.toString("utf8", start, at);
  };
  const said = documents.map((): Said => {
    const [type, resolvConf, dataDir, name, sysctl] = [next(), next(), next(), next(), next()];
    return [type, resolvConf, name && `${dataDir}/${name}`, sysctl];
  });
  expect(at).toBe(stdout.length);
  return said;
}

function number(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function byNode(bytes: Uint8Array, program: string): Said {
  const system: Partial<System> = { program_invocation_name: () => Buffer.from(program) };
  const invocation = new Invocation(system as System);
  if (bytes.length > 0) invocation.take(bytes);
  invocation.take(new Uint8Array(0));
  const { ipamType, resolvConf, leasePaths } = invocation;
  const sysctl = invocation.setsSysctl("ipv4/conf/", "keep") ? "keep" : "";
  return [ipamType, resolvConf, leasePaths?.leases ?? "", sysctl];
}

/** Of keys that differ in letter case alone the core's choice counts: with that one alone. */
function plain(bytes: Uint8Array): Uint8Array {
  if (problemOf(bytes) !== "") return bytes;
  const member = (source: string | Uint8Array, key: string) =>
    probe.__getString(probe.memberOf(document(source), probe.__newString(key)));
  const ipam = member(bytes, "ipam");
  const pick = (source: string | Uint8Array, keys: readonly string[]) =>
    keys
      .map((key) => [key, member(source, key)])
      .filter(([, value]) => value !== "absent")
      .map(([key, value]) => `"${key}":${value}`);
  const inner = ipam === "absent" ? [] : pick(ipam, ["type", "dataDir", "resolvConf"]);
  const members = [...pick(bytes, ["name", "sysctl"]), `"ipam":{${inner.join()}}`];
  return Buffer.from(`{${members.join()}}`);
}

const space = fc.constantFrom("", "", "", " ", "\n\t\r ");
const escaped = (unit: string) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** A text in quotes, some of its UTF-16 units escaped; a half of a pair always. */
function quoted(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(text, fc.infiniteStream(fc.nat(5))).map(([units, escapes]) => {
    const written = [...units].map((character) => {
      const isPlain = character.isWellFormed() && JSON.stringify(character).length <= 4;
      const isEscaped = !isPlain || escapes.next().value === 0;
      return isEscaped && character !== "\\" && character !== '"'
        ? character.split("").map(escaped).join("")
        : JSON.stringify(character).slice(1, -1);
    });
    return `"${written.join("")}"`;
  });
}

const anyCase = fc
  .tuple(fc.constantFrom(...WORDS), fc.nat({ max: 0x3ff }))
  .map(([word, bits]) => [...word].map((c, i) => ((bits >> i) & 1 ? c.toUpperCase() : c)).join(""));
const key = quoted(
  fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...WORDS) },
    { weight: 2, arbitrary: anyCase },
    fc.constantFrom(...SPELLINGS),
    fc.constantFrom("", "Name\0", "naM", "typ\u00e9", "__proto__", "ıpam", "namE "),
  ),
);
const value = quoted(
  fc.oneof(
    fc.constantFrom("host-local", "host-local", "/data", "net", "", ".", "..", ".x", "a/b", "x\0"),
    fc.string({ unit: "binary", maxLength: 6 }),
    fc.string({ unit: "grapheme", maxLength: 6 }),
    fc.constantFrom("\ud800", "\udc00", "\ud83d\ude00", "\udc00\ud800", "\ud800\ud83d\ude00x"),
  ),
);
const { tree } = fc.letrec<{ tree: string; object: string; array: string }>((tie) => {
  const member = fc.tuple(space, key, space, space, tie("tree"), space);
  return {
    tree: fc.oneof(
      { depthSize: "small" },
      { weight: 3, arbitrary: value },
      fc.constantFrom("null", "true", "false", "0", "-1.5e+9", "1E5", "01", "1.", "+1", ".5"),
      { weight: 4, arbitrary: tie("object") },
      tie("array"),
    ),
    object: fc
      .array(member, { maxLength: 6 })
      .map((all) => `{${all.map(([a, k, b, c, v, d]) => `${a}${k}${b}:${c}${v}${d}`).join()}}`),
    array: fc.array(tie("tree"), { maxLength: 6 }).map((all) => `[${all.join()}]`),
  };
});
const members = fc
  .array(fc.tuple(key, fc.oneof(value, tree)), { maxLength: 4 })
  .map((all) => all.map(([k, v]) => `${k}:${v}`));
/** Nearly always an object that has what is looked for. */
const config = fc
  .tuple(members, quoted(fc.constant("ipam")), space, fc.oneof(tree, members))
  .map(([all, word, gap, inner]) => {
    const ipam = Array.isArray(inner) ? `{${['"type":"host-local"', ...inner].join()}}` : inner;
    return `{${['"name":"n"', ...all, `${word}${gap}:${ipam}`].join()}}`;
  });
/** One with sysctls. */
const withSysctls = fc
  .tuple(members, fc.constantFrom(...SPELLINGS), quoted(fc.constant("sysctl")), space)
  .map(([all, key, word, gap]) => `{${word}:${gap}{${[...all, `"${key}":"1"`].join()}}}`);
const bytes = fc.oneof(
  { weight: 3, arbitrary: config.map((text): Uint8Array => Buffer.from(text)) },
  { weight: 3, arbitrary: damaged(config) },
  { weight: 2, arbitrary: withSysctls.map((text): Uint8Array => Buffer.from(text)) },
  { weight: 1, arbitrary: tree.map((text): Uint8Array => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
);

describe("the native host takes from a configuration what the Node host takes", () => {
  const missing = compile();
  beforeEach(({ skip }) => {
    if (missing !== undefined) giveUp(skip, missing);
  });

  function compare(documents: readonly Uint8Array[]): Said[] {
    const plainly = documents.map(plain);
    return NAMES.flatMap((program) => {
      const found = byNative(documents, program);
      expect(found).toEqual(plainly.map((some) => byNode(some, program)));
      return found;
    });
  }

  test("whatever is in it", { timeout: TIMEOUT }, () => {
    let [leases, sysctls] = [0, 0];
    holds(fc.tuple(fc.array(bytes, { minLength: 1, maxLength: 100 })), (documents) => {
      const found = compare(documents);
      leases += found.filter((said) => said[2] !== "").length;
      sysctls += found.filter((said) => said[3] !== "").length;
    });
    expect(sysctls).toBeGreaterThan(0);
    expect(leases).toBeGreaterThan(50);
  });

  test("and of one that is cut off anywhere", () => {
    const ipam = { type: "host-local", dataDir: "/d\u00e9\u{1f600}", resolvConf: "\ud800\n" };
    const text = JSON.stringify({ a: [1.5e-3, true, null, {}, []], name: "n", ipam });
    const whole = Buffer.from(text);
    const found = compare(Array.from({ length: whole.length + 1 }, (_, i) => whole.subarray(0, i)));
    expect(found.at(-1)).toEqual(["host-local", "\ufffd\n", "/d\u00e9\u{1f600}/n", ""]);
    expect(found.filter(([type]) => type !== "")).toHaveLength(NAMES.length);
  });

  test.each([1, 200, 100_000])("nested %i deep", (depth) => {
    const nest = (open: string, close: string) => open.repeat(depth) + close.repeat(depth);
    const end = ',"name":"n","ipam":{"type":"host-local"}}';
    const documents = [`{"a":${nest("[", "]")}${end}`, `{"a":${nest('{"b":[', "]}")}${end}`];
    const broken = [`{"a":${nest("[", "}")}${end}`, "[".repeat(depth), '{"a":'.repeat(depth)];
    const said: Said = ["host-local", "", "/var/lib/cni/networks/n", ""];
    const none: Said = ["", "", "", ""];
    const found = byNative(
      [...documents, ...broken].map((text) => Buffer.from(text)),
      "macvlan",
    );
    expect(found).toEqual([said, said, none, none, none]);
    expect(documents.map((text) => byNode(Buffer.from(text), "macvlan"))).toEqual([said, said]);
  });
});
