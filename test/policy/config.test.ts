// What decides about paths is taken from the configuration by the Node host and by the native one,
// each by code of its own: whatever comes in, both take the same.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import { Invocation } from "../../host/policy/invocation.ts";
import { damaged, holds, TIMEOUT } from "../fuzz/fuzz.ts";
import { document, problemOf, probe } from "../json/probe.ts";
import { askNative, needNativePolicy } from "./native.ts";

const WORDS = [
  "name",
  "ipam",
  "type",
  "dataDir",
  "resolvConf",
  "sysctl",
  "hostAccess",
  "masterUp",
  "ipv6",
];
const SYSCTL = "net.ipv4.conf.IFNAME.keep";
/** The last one has the sign of Kelvin, which becomes a k. */
const SPELLINGS = [SYSCTL, SYSCTL.toUpperCase(), SYSCTL.replace("k", "\u212a")];
const PROGRAMS = ["macvlan", "host-local"] as const;

/**
 * What a configuration says: `ipam.type`, `ipam.resolvConf`, the directory of the leases, `keep` if
 * it sets that sysctl, the directory of the records, `open` if it says hostAccess,
 * `up` if it has `masterUp`, `ipv6` if that is an object.
 */
type Said = readonly [
  type: string,
  resolvConf: string,
  leases: string,
  sysctl: string,
  records: string,
  access: string,
  masterUp: string,
  ipv6: string,
];

/** For each document what each of the programs takes. */
function byNative(documents: readonly Uint8Array[]): Said[][] {
  const answers = askNative(PROGRAMS, documents);
  const said = (): Said => {
    const [type = "", resolvConf = "", dataDir, name, ...rest] = answers.splice(0, 8);
    const [sysctl = "", access = "", up = "", ipv6 = ""] = rest;
    const leases = dataDir ? `${dataDir}/${name}` : "";
    const records = name ? `/run/cni-macvlan/${name}` : "";
    return [type, resolvConf, leases, sysctl, records, access, up, ipv6];
  };
  return documents.map(() => PROGRAMS.map(said));
}

function invocationOf(bytes: Uint8Array, program: string, command: string): Invocation {
  const system: Partial<System> = {
    program_invocation_name: () => Buffer.from(program),
    getenv: () => Buffer.from(command),
  };
  const invocation = new Invocation(system as System);
  if (bytes.length > 0) invocation.take(bytes);
  invocation.take(new Uint8Array(0));
  return invocation;
}

function byNode(bytes: Uint8Array, program: string): Said {
  const invocation = invocationOf(bytes, program, "DEL");
  const { ipamType, resolvConf, leasePaths } = invocation;
  const sysctl = invocation.setsSysctl("ipv4/conf/", "keep") ? "keep" : "";
  const access = invocationOf(bytes, program, "ADD").opensHost ? "open" : "";
  const records = invocation.records ?? "";
  const up = invocation.raisesMaster ? "up" : "";
  const ipv6 = invocation.hasIpv6 ? "ipv6" : "";
  return [ipamType, resolvConf, leasePaths?.leases ?? "", sysctl, records, access, up, ipv6];
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
  const outer = pick(bytes, ["name", "sysctl", "hostAccess", "masterUp", "ipv6"]);
  const members = [...outer, `"ipam":{${inner.join()}}`];
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
/** One with hostAccess. */
const withAccess = fc
  .tuple(members, quoted(fc.constant("hostAccess")), fc.constantFrom("true", "true", "false", "1"))
  .map(([all, word, flag]) => `{${[...all, `${word}:${flag}`].join()}}`);
/** One with sysctls. */
const withSysctls = fc
  .tuple(members, fc.constantFrom(...SPELLINGS), quoted(fc.constant("sysctl")), space)
  .map(([all, key, word, gap]) => `{${word}:${gap}{${[...all, `"${key}":"1"`].join()}}}`);
/** One that may have its master set up. */
const withMasterUp = fc
  .tuple(members, quoted(fc.constant("masterUp")), fc.constantFrom("true", "true", "false", '"t"'))
  .map(([all, word, value]) => `{${[...all, `${word}:${value}`].join()}}`);
/** One that rules IPv6, or seems to. */
const withPolicy = fc
  .tuple(members, quoted(fc.constant("ipv6")), fc.constantFrom("{}", '{"dad":"off"}', "[]", "true"))
  .map(([all, word, value]) => `{${[...all, `${word}:${value}`].join()}}`);
const bytes = fc.oneof(
  { weight: 3, arbitrary: config.map((text): Uint8Array => Buffer.from(text)) },
  { weight: 3, arbitrary: damaged(config) },
  { weight: 2, arbitrary: withSysctls.map((text): Uint8Array => Buffer.from(text)) },
  { weight: 1, arbitrary: withAccess.map((text): Uint8Array => Buffer.from(text)) },
  { weight: 1, arbitrary: withMasterUp.map((text): Uint8Array => Buffer.from(text)) },
  { weight: 1, arbitrary: withPolicy.map((text): Uint8Array => Buffer.from(text)) },
  { weight: 1, arbitrary: tree.map((text): Uint8Array => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 20 }) },
);

describe("the native host takes from a configuration what the Node host takes", () => {
  needNativePolicy();

  function compare(documents: readonly Uint8Array[]): Said[][] {
    const found = byNative(documents);
    const expected = documents.map((some) => {
      const single = plain(some);
      return PROGRAMS.map((program) => byNode(single, program));
    });
    expect(found).toEqual(expected);
    return found;
  }

  test("whatever is in it", { timeout: TIMEOUT }, () => {
    let [leases, sysctls, accesses, ups, policies] = [0, 0, 0, 0, 0];
    holds(fc.tuple(fc.array(bytes, { minLength: 1, maxLength: 60, size: "max" })), (documents) => {
      const found = compare(documents);
      leases += found.filter(([macvlan]) => macvlan?.[2] !== "").length;
      sysctls += found.filter(([macvlan]) => macvlan?.[3] !== "").length;
      accesses += found.filter(([macvlan]) => macvlan?.[5] !== "").length;
      ups += found.filter(([macvlan]) => macvlan?.[6] !== "").length;
      policies += found.filter(([macvlan]) => macvlan?.[7] !== "").length;
    });
    expect(accesses).toBeGreaterThan(0);
    expect(ups).toBeGreaterThan(0);
    expect(leases).toBeGreaterThan(0);
    expect(sysctls).toBeGreaterThan(0);
    expect(policies).toBeGreaterThan(0);
  });

  test("and of one that is cut off anywhere", () => {
    const ipam = { type: "host-local", dataDir: "/d\u00e9\u{1f600}", resolvConf: "\ud800\n" };
    const text = JSON.stringify({ a: [1.5e-3, true, null, {}, []], name: "n", ipam });
    const whole = Buffer.from(text);
    const found = compare(Array.from({ length: whole.length + 1 }, (_, i) => whole.subarray(0, i)));
    const records = "/run/cni-macvlan/n";
    const said: Said = ["host-local", "\ufffd\n", "/d\u00e9\u{1f600}/n", "", records, "", "", ""];
    expect(found.at(-1)).toEqual([said, said]);
    expect(found.flat().filter(([type]) => type !== "")).toEqual([said, said]);
  });

  test.each([1, 200, 100_000])("nested %i deep", (depth) => {
    const nest = (open: string, close: string) => open.repeat(depth) + close.repeat(depth);
    const end = ',"name":"n","ipam":{"type":"host-local"}}';
    const documents = [`{"a":${nest("[", "]")}${end}`, `{"a":${nest('{"b":[', "]}")}${end}`];
    const broken = [`{"a":${nest("[", "}")}${end}`, "[".repeat(depth), '{"a":'.repeat(depth)];
    const records = "/run/cni-macvlan/n";
    const said: Said = ["host-local", "", "/var/lib/cni/networks/n", "", records, "", "", ""];
    const none: Said = ["", "", "", "", "", "", "", ""];
    const found = byNative([...documents, ...broken].map((text) => Buffer.from(text)));
    expect(found.map(([macvlan]) => macvlan)).toEqual([said, said, none, none, none]);
    expect(documents.map((text) => byNode(Buffer.from(text), "macvlan"))).toEqual([said, said]);
  });
});
