import { lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Pool } from "./pool.ts";

// What is on the disk is shared with other implementations of host-local: every byte counts.

const dual = { ranges: [[{ subnet: "10.0.0.0/24" }], [{ subnet: "FD00:0:0::/64" }]] };

/** Everything below a directory: permission bits and content, or `dir`. */
function tree(directory: string): Record<string, string> {
  const names = readdirSync(directory, { recursive: true, encoding: "utf8" }).sort();
  const entries = names.map((name) => {
    const path = join(directory, name);
    const stat = lstatSync(path);
    const mode = (stat.mode & 0o7777).toString(8);
    return [name, stat.isDirectory() ? `${mode} dir` : `${mode} ${readFileSync(path, "utf8")}`];
  });
  return Object.fromEntries(entries);
}

/** What an action does under a umask. */
function under<T>(mask: number, action: () => T): T {
  const before = process.umask(mask);
  try {
    return action();
  } finally {
    process.umask(before);
  }
}

describe("after an ADD", () => {
  test.each([
    [0o022, "755", "750", "600"],
    [0o077, "700", "700", "600"],
    [0o027, "750", "750", "600"],
    [0o000, "755", "750", "600"],
  ])("there are exactly these files, with umask %o", (mask, directory, lock, lease) => {
    using pool = new Pool(dual);
    under(mask, () => pool.add("c1"));
    const mode = (lstatSync(pool.directory).mode & 0o7777).toString(8);
    expect(mode).toBe(directory);
    expect(tree(pool.directory)).toEqual({
      lock: `${lock} `,
      "10.0.0.2": `${lease} c1\r\neth0`,
      "fd00::2": `${lease} c1\r\neth0`,
      "last_reserved_ip.0": `${lease} 10.0.0.2`,
      "last_reserved_ip.1": `${lease} fd00::2`,
    });
  });

  test("directories above that were missing have the same mode as the last one", () => {
    using pool = new Pool();
    const dataDir = join(pool.dataDir, "a/b");
    under(0o027, () => pool.add("c1", { config: pool.configOf({ ...dual, dataDir }) }));
    for (const path of ["a", "a/b", "a/b/net1"]) {
      expect(lstatSync(join(pool.dataDir, path)).mode & 0o7777, path).toBe(0o750);
    }
  });

  test("directories that were there keep their mode", () => {
    using pool = new Pool();
    mkdirSync(pool.directory, { mode: 0o700 });
    pool.add("c1");
    expect(lstatSync(pool.directory).mode & 0o7777).toBe(0o700);
  });

  test("beside the network's directory there is a hidden one alone", () => {
    using pool = new Pool(dual);
    pool.add("c1");
    expect(readdirSync(pool.dataDir).sort()).toEqual([".index", "net1"]);
  });

  test("the container's id and interface are there as they are", () => {
    using pool = new Pool();
    const id = `0A.b_c-${"d".repeat(100)}`;
    pool.add(id, { ifname: "très-long0" });
    expect(pool.read("10.0.0.2")).toBe(`${id}\r\ntrès-long0`);
  });
});

describe("last_reserved_ip", () => {
  test("follows requested addresses too", () => {
    using pool = new Pool(dual);
    pool.add("c1", { args: "IP=10.0.0.99" });
    expect(pool.read("last_reserved_ip.0")).toBe("10.0.0.99");
    expect(pool.take("c2")).toEqual(["10.0.0.100", "fd00::3"]);
  });

  test("is cut off where the address before was longer", () => {
    using pool = new Pool();
    pool.write("last_reserved_ip.0", "10.0.0.200 and more");
    pool.add("c1");
    expect(pool.read("last_reserved_ip.0")).toBe("10.0.0.2");
  });
});

test("after DEL the lock and the addresses reserved last stay", () => {
  using pool = new Pool(dual);
  pool.add("c1");
  pool.succeed("DEL", "c1");
  expect(tree(pool.directory)).toEqual({
    lock: "750 ",
    "last_reserved_ip.0": "600 10.0.0.2",
    "last_reserved_ip.1": "600 fd00::2",
  });
});

test("a failed ADD leaves no file but those", () => {
  using pool = new Pool(dual);
  pool.fail("ADD", "c1", { args: "IP=10.9.9.9" });
  expect(tree(pool.directory)).toEqual({
    lock: "750 ",
    "last_reserved_ip.0": "600 10.0.0.2",
    "last_reserved_ip.1": "600 fd00::2",
  });
});

test("CHECK, STATUS and GC leave the files as they are", () => {
  using pool = new Pool(dual);
  const prevResult = pool.add("c1");
  const before = tree(pool.directory);
  pool.succeed("CHECK", "c1", { config: pool.config({ prevResult }) });
  pool.succeed("STATUS");
  const valid = [{ containerID: "c1", ifname: "eth0" }];
  pool.succeed("GC", "", { config: pool.config({ "cni.dev/valid-attachments": valid }) });
  expect(tree(pool.directory)).toEqual(before);
});
