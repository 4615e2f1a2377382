import { describe, expect, test } from "vitest";
import { type Import, importsOf, sourcesIn } from "./sources.ts";

const HOST = "assembly/sys/host";

/** The parts of the core, by the beginning of their paths; the first one that fits counts. */
const parts: readonly (readonly [prefix: string, part: string])[] = [
  ["assembly/index", "index"],
  ["assembly/abort", "abort"],
  ["assembly/sys/host", "host"],
  ["assembly/sys/", "sys"],
  ["assembly/rtnetlink/socket", "socket"],
  ["assembly/rtnetlink/query", "socket"],
  ["assembly/rtnetlink/removal", "socket"],
  ["assembly/rtnetlink/", "codec"],
  ["assembly/packet/socket", "socket"],
  ["assembly/packet/", "codec"],
  ["assembly/cni/", "cni"],
  ["assembly/ipam/", "ipam"],
  ["assembly/macvlan/", "macvlan"],
  ["assembly/json/", "json"],
  ["assembly/net/", "net"],
  ["assembly/linux/", "linux"],
];

/** What each part may import besides itself; nothing else may be imported by any of them. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  index: ["abort", "macvlan", "ipam", "cni", "sys"],
  macvlan: ["ipam", "socket", "codec", "cni", "sys", "json", "net", "linux"],
  ipam: ["socket", "codec", "cni", "sys", "json", "net", "linux"],
  cni: ["sys", "json", "net", "linux"],
  // the files of rtnetlink and packet that talk to the kernel
  socket: ["codec", "sys", "net", "linux"],
  // those that only write and read bytes
  codec: ["net", "linux"],
  json: [],
  net: [],
  sys: ["host", "linux"],
  abort: ["sys"],
  host: [],
  linux: [],
};

/** The files above sys/ that call the host themselves: they are wrappers of the socket calls. */
const seesHost = ["assembly/rtnetlink/socket.ts", "assembly/packet/socket.ts"];

function partOf(target: string): string {
  const part = parts.find(([prefix]) => target.startsWith(prefix))?.[1];
  if (!part) throw new Error(`${target} belongs to no part of the core`);
  return part;
}

function isAllowed({ file, target }: Import): boolean {
  const [from, to] = [partOf(file), partOf(target)];
  if (to === "host" && seesHost.includes(file)) return true;
  return from === to || (allowed[from] ?? []).includes(to);
}

const show = ({ file, line, target }: Import) => `${file}:${line} imports ${target}`;

const imports = sourcesIn(".ts", ".mjs").flatMap(importsOf);
const ofCore = imports.filter(({ file }) => file.startsWith("assembly/"));
// Probes are AssemblyScript, and there to look into the core.
const ofOthers = imports.filter(({ file }) => !/^(assembly|test\/probe)\//.test(file));

describe("in the core", () => {
  test("imports go one way: index, macvlan, ipam, rtnetlink and packet, sys, sys/host", () => {
    expect(ofCore.filter((line) => !isAllowed(line)).map(show)).toEqual([]);
  });

  test("nothing is imported from outside", () => {
    const outside = ofCore.filter(({ target }) => !target.startsWith("assembly/"));
    expect(outside.map(show)).toEqual([]);
  });

  test.each([
    ["assembly/macvlan/add.ts", "assembly/rtnetlink/link", true],
    ["assembly/ipam/dad.ts", "assembly/macvlan/add", false],
    ["assembly/rtnetlink/link.ts", "assembly/rtnetlink/socket", false],
    ["assembly/rtnetlink/link.ts", "assembly/sys/io", false],
    ["assembly/rtnetlink/socket.ts", "assembly/sys/host", true],
    ["assembly/rtnetlink/query.ts", "assembly/sys/host", false],
    ["assembly/ipam/announce.ts", "assembly/packet/arp", true],
    ["assembly/packet/arp.ts", "assembly/packet/socket", false],
    ["assembly/packet/ndp.ts", "assembly/sys/io", false],
    ["assembly/packet/socket.ts", "assembly/sys/host", true],
    ["assembly/packet/socket.ts", "assembly/cni/error", false],
    ["assembly/cni/skel.ts", "assembly/rtnetlink/link", false],
    ["assembly/cni/skel.ts", "assembly/sys/host", false],
    ["assembly/json/value.ts", "assembly/sys/io", false],
    ["assembly/net/ip.ts", "assembly/json/value", false],
    ["assembly/sys/io.ts", "assembly/sys/host", true],
    ["assembly/sys/io.ts", "assembly/cni/error", false],
  ])("%s may import %s: %o", (file, target, expected) => {
    expect(isAllowed({ file, line: 1, target, isType: false })).toBe(expected);
  });
});

describe("outside of the core", () => {
  const isOfCore = ({ target }: Import) => target.startsWith("assembly/");
  const isSeam = ({ target, isType }: Import) =>
    target.startsWith("assembly/linux/") || (target === HOST && isType);

  test("only the types of sys/host.ts and the numbers of linux/ are taken from it", () => {
    const bad = ofOthers.filter((line) => isOfCore(line) && !isSeam(line));
    expect(bad.map(show)).toEqual([]);
    expect(ofOthers.filter(isSeam).length).toBeGreaterThan(5);
  });

  test("a program imports nothing of the tests", () => {
    const bad = ofOthers.filter(
      ({ file, target }) => !file.startsWith("test/") && target.startsWith("test/"),
    );
    expect(bad.map(show)).toEqual([]);
  });
});

test("each kind of import is seen", () => {
  const text = `
    import { a } from "./a.ts";
    import type { b } from "./b.ts";
    import * as c from "../assembly/net/ip.ts";
    import "./d.ts";
    export { e } from "./e.ts";
    export type { f } from "./f.ts";
    export * from "./g.ts";
    const h = await import("./h.mjs");
    import fs from "node:fs";
  `;
  const source = { file: "host/x.ts", text, lines: text.split("\n") };
  const seen = importsOf(source).map(({ target, isType }) => `${target} ${isType}`);
  expect(seen).toEqual([
    "host/a false",
    "host/b true",
    "assembly/net/ip false",
    "host/d false",
    "host/e false",
    "host/f true",
    "host/g false",
    "host/h false",
  ]);
});
