import { mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Pool } from "./pool.ts";

// Beside the leases there is an index, which other implementations do not know. Whatever is in it,
// the lease files alone say who has what.

const dual = { ranges: [[{ subnet: "10.0.0.0/24" }], [{ subnet: "fd00::/64" }]] };

/** What can have happened to the index since it was written; `c1:eth0` is the entry in question. */
const accidents: Readonly<Record<string, (index: string) => void>> = {
  "the index is gone": (index) => rmSync(index, { recursive: true }),
  "all indexes are gone": (index) => rmSync(join(index, ".."), { recursive: true }),
  "its entries are gone": (index) => {
    for (const name of readdirSync(index)) rmSync(join(index, name));
  },
  "the entry is gone": (index) => rmSync(join(index, "c1:eth0")),
  "the entry is empty of addresses": (index) => relink(index, "c1:eth0", "?"),
  "the entry is garbage": (index) => relink(index, "c1:eth0", "../../ ::: 10.0.0 \u{10ffff}"),
  "the entry has one of two addresses": (index) => relink(index, "c1:eth0", "10.0.0.2"),
  "the entry has another's addresses": (index) => relink(index, "c1:eth0", "10.0.0.3 fd00::3"),
  "the entry has another's address too": (index) =>
    relink(index, "c1:eth0", "10.0.0.3 10.0.0.2 fd00::2"),
  "the entry has addresses of nobody": (index) => relink(index, "c1:eth0", "10.0.0.77 fd00::77"),
  "the entry has an address twice": (index) =>
    relink(index, "c1:eth0", "10.0.0.2 10.0.0.2 fd00::2"),
  "the entry is long": (index) => relink(index, "c1:eth0", "10.0.0.77 ".repeat(400)),
  "the entry is a file": (index) => {
    rmSync(join(index, "c1:eth0"));
    writeFileSync(join(index, "c1:eth0"), "10.0.0.3");
  },
  "the entry is a directory": (index) => {
    rmSync(join(index, "c1:eth0"));
    mkdirSync(join(index, "c1:eth0"));
  },
  "entries point at each other": (index) => {
    relink(index, "c1:eth0", "c2:eth0");
    relink(index, "c2:eth0", "c1:eth0");
  },
  "the mark is gone": (index) => rmSync(join(index, "..", ".net1")),
  "the mark is old": (index) => relink(join(index, ".."), ".net1", "1.0 1.0"),
  "the index is a file": (index) => {
    rmSync(index, { recursive: true });
    writeFileSync(index, "");
  },
};

function relink(index: string, name: string, text: string): void {
  rmSync(join(index, name), { force: true });
  symlinkSync(text, join(index, name));
}

describe.each(Object.keys(accidents))("%s:", (accident) => {
  /** A pool with two containers, after the accident. */
  function pool(): Pool {
    const pool = new Pool(dual);
    pool.add("c1");
    pool.add("c2");
    accidents[accident]?.(join(pool.dataDir, ".index", pool.network));
    return pool;
  }

  test("DEL frees the container's addresses, and no others", () => {
    using accidental = pool();
    accidental.succeed("DEL", "c1");
    expect(accidental.leases()).toEqual(["10.0.0.3", "fd00::3"]);
    accidental.succeed("DEL", "c2");
    expect(accidental.leases()).toEqual([]);
  });

  test("CHECK knows who has an address", () => {
    using accidental = pool();
    accidental.succeed("CHECK", "c1");
    accidental.succeed("CHECK", "c2");
    expect(accidental.fail("CHECK", "c3").code).toBe(107);
  });

  test("a second ADD is refused, another is not", () => {
    using accidental = pool();
    expect(accidental.fail("ADD", "c1").msg).toContain("duplicate allocation");
    expect(accidental.take("c3")).toEqual(["10.0.0.4", "fd00::4"]);
    accidental.succeed("DEL", "c3");
    expect(accidental.leases()).toEqual(["10.0.0.2", "10.0.0.3", "fd00::2", "fd00::3"]);
  });

  test("GC frees what is not listed", () => {
    using accidental = pool();
    const valid = [{ containerID: "c2", ifname: "eth0" }];
    const config = accidental.config({ "cni.dev/valid-attachments": valid });
    accidental.succeed("GC", "", { config });
    expect(accidental.leases()).toEqual(["10.0.0.3", "fd00::3"]);
    expect(accidental.take("c1")).toEqual(["10.0.0.4", "fd00::4"]);
  });
});

describe("another implementation changes the leases:", () => {
  test("what it adds for a container that is indexed is freed with the rest", () => {
    using pool = new Pool(dual);
    pool.add("c1");
    pool.reserve("192.168.0.9", "c1");
    pool.succeed("DEL", "c1");
    expect(pool.leases()).toEqual([]);
  });

  test("what it adds for a new container is found by ADD, CHECK and DEL", () => {
    using pool = new Pool(dual);
    pool.add("c1");
    pool.reserve("10.0.0.99", "c2");
    pool.succeed("CHECK", "c2");
    expect(pool.fail("ADD", "c2").msg).toContain("10.0.0.99 has been allocated to c2");
    pool.succeed("DEL", "c2");
    expect(pool.leases()).toEqual(["10.0.0.2", "fd00::2"]);
  });

  test("what it frees and gives to another is the other's", () => {
    using pool = new Pool(dual);
    pool.add("c1");
    pool.reserve("10.0.0.2", "c2");
    pool.reserve("fd00::2", "c2");
    pool.succeed("DEL", "c1");
    expect(pool.leases()).toEqual(["10.0.0.2", "fd00::2"]);
    pool.succeed("DEL", "c2");
    expect(pool.leases()).toEqual([]);
  });

  test("what it frees can be added again", () => {
    using pool = new Pool(dual);
    pool.add("c1");
    for (const ip of pool.leases()) pool.remove(ip);
    expect(pool.fail("CHECK", "c1").code).toBe(107);
    expect(pool.take("c1")).toEqual(["10.0.0.3", "fd00::3"]);
  });
});

test("names that do not fit into a file name have their entry all the same", () => {
  using pool = new Pool(dual);
  const long = ["a", "b"].map((letter) => letter.repeat(300));
  for (const id of long) pool.add(id);
  expect(pool.fail("ADD", long[0]).msg).toContain("duplicate allocation");
  for (const id of long) pool.succeed("DEL", id);
  expect(pool.leases()).toEqual([]);
});

test("a lease file's text cannot lead out of the index", () => {
  using pool = new Pool();
  const outside = join(pool.dataDir, ".index", "net1", "c9:x");
  mkdirSync(outside, { recursive: true });
  pool.reserve("10.0.0.9", "c9", "x/../../../net2");
  const { status } = pool.run("ADD", "c1");
  expect(status).toBe(0);
  expect(readdirSync(pool.dataDir).sort()).toEqual([".index", "net1"]);
  const indexes = readdirSync(join(pool.dataDir, ".index"));
  expect(indexes.filter((name) => name !== ".net1")).toEqual(["net1"]);
});

test("a lease of the container alone stays known when another of its leases is freed", () => {
  using pool = new Pool();
  pool.write("10.0.0.50", "c1");
  pool.reserve("10.0.0.60", "c1");
  pool.add("c2"); // which reads all leases
  pool.succeed("DEL", "c1");
  expect(pool.leases()).toContain("10.0.0.50");
  expect(pool.leases()).not.toContain("10.0.0.60");
  expect(pool.fail("ADD", "c1").msg).toContain("10.0.0.50 has been allocated to c1");
  pool.succeed("DEL", "c1");
  expect(pool.leases()).not.toContain("10.0.0.50");
  pool.add("c1");
});
