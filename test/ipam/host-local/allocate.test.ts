import { mkdirSync, rmSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EACCES } from "../../../assembly/linux/errno.ts";
import type { System } from "../../../host/imports.ts";
import { few, Pool } from "./pool.ts";

const LAST = "last_reserved_ip.0";

describe("addresses are handed out in a round:", () => {
  test("one after the other, and a freed one only after all others", () => {
    using pool = new Pool(few(10, 13));
    expect(["c1", "c2"].flatMap((id) => pool.take(id))).toEqual(["10.0.0.10", "10.0.0.11"]);
    pool.succeed("DEL", "c1");
    const rest = ["c3", "c4", "c5"].flatMap((id) => pool.take(id));
    expect(rest).toEqual(["10.0.0.12", "10.0.0.13", "10.0.0.10"]);
  });

  test("the last one, freed, comes last of all", () => {
    using pool = new Pool(few(10, 12));
    for (const ip of ["10.0.0.10", "10.0.0.12"]) pool.reserve(ip, "other");
    pool.write(LAST, "10.0.0.11");
    expect(pool.take("c1")).toEqual(["10.0.0.11"]);
    expect(pool.fail("ADD", "c2").code).toBe(110);
  });

  test("from one range of the set to the next, and back to the first", () => {
    const ends = (first: string, last: string) => ({ rangeStart: first, rangeEnd: last });
    using pool = new Pool({
      ranges: [
        [
          { subnet: "10.0.0.0/24", ...ends("10.0.0.254", "10.0.0.255") },
          { subnet: "10.0.9.0/24", ...ends("10.0.9.0", "10.0.9.2") },
          { subnet: "10.0.4.0/24", ...ends("10.0.4.4", "10.0.4.4"), gateway: "10.0.4.9" },
        ],
      ],
    });
    pool.write(LAST, "10.0.9.0");
    const ips = ["c1", "c2", "c3", "c4", "c5"].flatMap((id) => pool.add(id).ips ?? []);
    expect(ips).toEqual([
      { address: "10.0.9.2/24", gateway: "10.0.9.1" },
      { address: "10.0.4.4/24", gateway: "10.0.4.9" },
      { address: "10.0.0.254/24", gateway: "10.0.0.1" },
      { address: "10.0.0.255/24", gateway: "10.0.0.1" },
      { address: "10.0.9.0/24", gateway: "10.0.9.1" },
    ]);
    expect(pool.fail("ADD", "c6").code).toBe(110);
  });

  test("past the gateway at the beginning, at the end and in the middle", () => {
    for (const gateway of [10, 11, 12]) {
      using pool = new Pool({
        ranges: [
          [
            {
              subnet: "10.0.0.0/24",
              rangeStart: "10.0.0.10",
              rangeEnd: "10.0.0.12",
              gateway: `10.0.0.${gateway}`,
            },
          ],
        ],
      });
      const expected = [10, 11, 12].filter((n) => n !== gateway).map((n) => `10.0.0.${n}`);
      expect(["c1", "c2"].flatMap((id) => pool.take(id))).toEqual(expected);
      expect(pool.fail("ADD", "c3").code).toBe(110);
    }
  });

  test("the gateway of a range is only that range's", () => {
    using pool = new Pool({
      ranges: [
        [
          { subnet: "10.0.0.0/30", gateway: "10.0.1.2" },
          { subnet: "10.0.1.0/30", gateway: "10.0.1.1" },
        ],
      ],
    });
    const taken = ["c1", "c2", "c3"].flatMap((id) => pool.take(id));
    expect(taken).toEqual(["10.0.0.1", "10.0.0.2", "10.0.1.2"]);
  });

  test("over octets, and over groups of IPv6", () => {
    using pool = new Pool({ ranges: [[{ subnet: "10.0.0.0/14" }], [{ subnet: "fd00::/64" }]] });
    pool.write(LAST, "10.0.255.255");
    pool.write("last_reserved_ip.1", "fd00::ffff:ffff");
    expect(pool.take()).toEqual(["10.1.0.0", "fd00::1:0:0"]);
  });

  test("one of each set, each with a round of its own", () => {
    using pool = new Pool({ ranges: [[{ subnet: "10.0.0.0/24" }], [{ subnet: "fd00::/64" }]] });
    pool.write("last_reserved_ip.1", "fd00::f");
    expect(pool.add()).toMatchObject({
      ips: [
        { address: "10.0.0.2/24", gateway: "10.0.0.1" },
        { address: "fd00::10/64", gateway: "fd00::1" },
      ],
    });
    expect([pool.read(LAST), pool.read("last_reserved_ip.1")]).toEqual(["10.0.0.2", "fd00::10"]);
  });
});

describe("the round begins", () => {
  test.each([
    ["after the last one", "10.0.0.77", "10.0.0.78"],
    ["after the last one, the gateway", "10.0.0.1", "10.0.0.2"],
    ["at the beginning after the end", "10.0.0.254", "10.0.0.2"],
    ["at the beginning, where the last one is not of the set", "10.0.1.77", "10.0.0.2"],
    ["at the beginning, where the last one is of the other family", "fd00::5", "10.0.0.2"],
    ["at the beginning, where there is a line feed", "10.0.0.77\n", "10.0.0.2"],
    ["at the beginning, where the file is empty", "", "10.0.0.2"],
    ["at the beginning, where the file is garbage", "\0\xff garbage", "10.0.0.2"],
  ])("%s", (_, last, expected) => {
    using pool = new Pool();
    pool.write(LAST, last);
    expect(pool.take()).toEqual([expected]);
    expect(pool.read(LAST)).toBe(expected);
  });

  test("at the beginning where the last one cannot be read, which is told", () => {
    using pool = new Pool();
    pool.write(LAST, "10.0.0.77");
    const wrap = (system: System): System => ({
      ...system,
      open: (path, flags, mode) =>
        path.endsWith(LAST) && (flags & 3) === 0 ? -EACCES : system.open(path, flags, mode),
    });
    const { status, stderr, json } = pool.run("ADD", "c1", { wrap });
    expect(status).toBe(0);
    expect(json).toMatchObject({ ips: [{ address: "10.0.0.2/24" }] });
    expect(stderr).toContain(pool.path(LAST));
    expect(pool.read(LAST)).toBe("10.0.0.2");
  });

  test("nowhere, where the last one cannot be written: nothing stays reserved", () => {
    using pool = new Pool();
    mkdirSync(pool.path(LAST), { recursive: true });
    const error = pool.fail("ADD");
    expect(error).toMatchObject({ code: 5 });
    expect(error.msg).toContain(pool.path(LAST));
    expect(error.msg).toContain("EISDIR");
    expect(pool.leases()).toEqual([]);
    rmSync(pool.path(LAST), { recursive: true });
    expect(pool.take()).toEqual(["10.0.0.2"]);
  });
});

describe("an exhausted set", () => {
  test("says what it is, how many addresses it has, and how to see and free them", () => {
    using pool = new Pool(few(10, 12));
    const ids = ["c1", "c2", "c3"];
    for (const id of ids) pool.add(id);
    const error = pool.fail("ADD", "c4");
    expect(error.code).toBe(110);
    expect(error.msg).toContain("no IP addresses available in range set: 10.0.0.10-10.0.0.12");
    expect(error.msg).toMatch(/\b3 addresses\b/);
    expect(error.msg).toContain(`"${pool.directory}"`);
    for (const word of [pool.directory, "grep", "GC", "DEL"]) {
      expect(error.details).toContain(word);
    }
    expect(pool.leases()).toEqual(["10.0.0.10", "10.0.0.11", "10.0.0.12"]);
    pool.succeed("DEL", "c2");
    expect(pool.take("c4")).toEqual(["10.0.0.11"]);
  });

  test("counts neither the gateway nor what is not of the range", () => {
    using pool = new Pool({ ranges: [[{ subnet: "10.0.0.0/29" }, { subnet: "10.0.1.0/30" }]] });
    for (let i = 0; i < 6; i++) pool.add(`c${i}`);
    const { msg } = pool.fail("ADD", "c6");
    expect(msg).toContain("10.0.0.1-10.0.0.6,10.0.1.1-10.0.1.2");
    expect(msg).toMatch(/\b6 addresses\b/);
  });

  test("gives back what other sets gave", () => {
    using pool = new Pool({
      ranges: [[{ subnet: "10.0.0.0/24" }], [{ subnet: "10.0.1.0/30" }], [{ subnet: "fd00::/64" }]],
    });
    pool.add("c1");
    const before = pool.leases();
    const { msg, code } = pool.fail("ADD", "c2");
    expect(code).toBe(110);
    expect(msg).toContain("failed to allocate for range 1");
    expect(pool.leases()).toEqual(before);
  });
});
