import { lstatSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { few, Pool } from "./pool.ts";

// What nobody here has written, or what was damaged: it is never taken for a free address, never
// for a lease, and never removed.

/** Things that can be there under an address's name. */
const things: Readonly<Record<string, (pool: Pool, name: string) => void>> = {
  "an empty file": (pool, name) => pool.write(name, ""),
  "a file with a line of text": (pool, name) => pool.write(name, "do not touch"),
  "a file with three lines": (pool, name) => pool.write(name, "c1\r\neth0\r\nmore"),
  "a file with a line feed only": (pool, name) => pool.write(name, "c1\neth0"),
  "a file with spaces only": (pool, name) => pool.write(name, " \r\n "),
  "a file with bytes": (pool, name) => pool.write(name, "\0\u0001\u{10ffff}"),
  "a file with a comment": (pool, name) => pool.write(name, "# reserved for the printer"),
  "a large file": (pool, name) => pool.write(name, "x".repeat(100_000)),
  "a large file that begins like a lease": (pool, name) =>
    pool.write(name, `c1\r\neth0${" ".repeat(5000)}x`),
  "a directory": (pool, name) => mkdirSync(pool.path(name), { recursive: true }),
  "a dangling link": (pool, name) => {
    mkdirSync(pool.directory, { recursive: true });
    symlinkSync("/no/such/file", pool.path(name));
  },
};
const kinds = Object.keys(things);

function put(pool: Pool, kind: string, name: string): void {
  things[kind]?.(pool, name);
}

/** What is there under a name: its type and content. */
function state(pool: Pool, name: string): string {
  const stat = lstatSync(pool.path(name));
  const content = stat.isFile() ? readFileSync(pool.path(name), "hex") : "";
  return `${stat.ino} ${stat.mode} ${stat.mtimeMs} ${content}`;
}

const nobody = { "cni.dev/valid-attachments": [] };

describe.each(kinds)("%s under an address's name", (kind) => {
  test("is no free address", () => {
    using pool = new Pool(few(10, 11));
    put(pool, kind, "10.0.0.10");
    const { status, json } = pool.run("ADD", "c1");
    expect(status).toBe(0);
    expect(json).toMatchObject({ ips: [{ address: "10.0.0.11/24" }] });
    expect(pool.fail("ADD", "c2").code).toBe(110);
    expect(pool.fail("ADD", "c3", { args: "IP=10.0.0.10" }).code).toBe(110);
  });

  test("stays, whoever is deleted", () => {
    using pool = new Pool();
    put(pool, kind, "10.0.0.10");
    const before = state(pool, "10.0.0.10");
    const prevResult = { cniVersion: "1.1.0", ips: [{ address: "10.0.0.10/24" }] };
    const { status, stdout } = pool.run("DEL", "c1", { config: pool.config({ prevResult }) });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(state(pool, "10.0.0.10")).toBe(before);
  });

  test("stays when all leases go, and is reported", () => {
    using pool = new Pool();
    pool.add("c1");
    put(pool, kind, "10.0.0.10");
    const before = state(pool, "10.0.0.10");
    const { status, stdout, stderr } = pool.run("GC", "", { config: pool.config(nobody) });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(state(pool, "10.0.0.10")).toBe(before);
    expect(pool.leases()).toEqual(["10.0.0.10"]);
    expect(stderr).toContain(pool.path("10.0.0.10"));
  });

  test("is not the container's", () => {
    using pool = new Pool();
    put(pool, kind, "10.0.0.10");
    const prevResult = { cniVersion: "1.1.0", ips: [{ address: "10.0.0.10/24" }] };
    for (const config of [pool.config(), pool.config({ prevResult })]) {
      expect(pool.fail("CHECK", "c1", { config }).code).toBe(107);
    }
  });

  test("fills the pool", () => {
    using pool = new Pool(few(10, 10));
    put(pool, kind, "10.0.0.10");
    expect(pool.fail("STATUS").code).toBe(50);
  });
});

describe("files of other names", () => {
  const names = [
    "readme",
    "10.0.0",
    "10.0.0.2.bak",
    "010.0.0.2",
    "1",
    "face",
    "fd00:::2",
    "a".repeat(255),
  ];

  test.each(names)("%s is no lease, even with a lease's content", (name) => {
    using pool = new Pool();
    pool.reserve(name, "c1");
    expect(pool.take("c1")).toEqual(["10.0.0.2"]);
    pool.succeed("DEL", "c1");
    pool.succeed("GC", "", { config: pool.config(nobody) });
    expect(pool.leases()).toEqual([name]);
    expect(pool.read(name)).toBe("c1\r\neth0");
  });

  test.each([
    ["fd00:0::5", "fd00::5"],
    ["fd00::0005", "fd00::5"],
    ["fD00::5", "fd00::5"],
    ["::ffff:10.0.0.5", "10.0.0.5"],
  ])("%s is not %s, which somebody else has", (name, ip) => {
    using pool = new Pool({ ranges: [[{ subnet: "10.0.0.0/24" }], [{ subnet: "fd00::/64" }]] });
    pool.reserve(name, "c1");
    pool.reserve(ip, "c2");
    expect(pool.run("DEL", "c1").status).toBe(0);
    const valid = [{ containerID: "c2", ifname: "eth0" }];
    const config = pool.config({ "cni.dev/valid-attachments": valid });
    expect(pool.run("GC", "", { config }).status).toBe(0);
    expect(pool.leases()).toContain(ip);
    expect(pool.read(ip)).toBe("c2\r\neth0");
  });

  test("of addresses outside the ranges are leases all the same", () => {
    using pool = new Pool();
    pool.reserve("192.168.0.7", "c1");
    pool.succeed("DEL", "c1");
    expect(pool.leases()).toEqual([]);
  });
});

test("leases with space around their text are leases", () => {
  using pool = new Pool();
  pool.write("10.0.0.7", " c1\r\neth0 \n");
  pool.succeed("CHECK", "c1");
  pool.succeed("DEL", "c1");
  expect(pool.leases()).toEqual([]);
});

test("an ADD that reads all leases reports what is none", () => {
  using pool = new Pool();
  pool.write("10.0.0.7", "not a lease");
  const { status, stderr } = pool.run("ADD", "c1");
  expect(status).toBe(0);
  expect(stderr).toContain("10.0.0.7 names no container and interface");
});
