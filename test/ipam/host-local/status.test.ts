import { readdirSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { ENOSPC, EROFS } from "../../../assembly/linux/errno.ts";
import { O_CREAT } from "../../../assembly/linux/fcntl.ts";
import type { System } from "../../../host/imports.ts";
import { few, type Keys, Pool } from "./pool.ts";

test("STATUS is well where there are free addresses, before any ADD and after", () => {
  using pool = new Pool();
  pool.succeed("STATUS");
  pool.add();
  pool.succeed("STATUS");
  expect(pool.leases()).toEqual(["10.0.0.2"]);
});

describe("STATUS says 50", () => {
  test("where a set is exhausted, and which", () => {
    using pool = new Pool({ ranges: [[{ subnet: "fd00::/64" }], ...(few(10, 11).ranges as [])] });
    pool.add("c1");
    pool.succeed("STATUS");
    pool.add("c2");
    const error = pool.fail("STATUS");
    expect(error.code).toBe(50);
    expect(error.msg).toContain("range set 1");
    expect(error.msg).toContain("10.0.0.10-10.0.0.11");
    expect(error.msg).toContain(`"${pool.directory}"`);
    expect(error.msg).toMatch(/\b2 addresses\b/);
    pool.succeed("DEL", "c1");
    pool.succeed("STATUS");
  });

  test.each([
    ["mkdir", EROFS, "EROFS"],
    ["mkdir", ENOSPC, "ENOSPC"],
    ["open", EROFS, "EROFS"],
    ["write", ENOSPC, "ENOSPC"],
  ] as const)("where %s fails with errno %i", (name, errno, text) => {
    using pool = new Pool();
    const refuse = (system: System): System => {
      if (name === "mkdir") return { ...system, mkdir: () => -errno };
      if (name === "write") {
        return { ...system, write: (fd, bytes) => (fd > 2 ? -errno : system.write(fd, bytes)) };
      }
      return {
        ...system,
        open: (path, flags, mode) => (flags & O_CREAT ? -errno : system.open(path, flags, mode)),
      };
    };
    const error = pool.fail("STATUS", "", { wrap: refuse });
    expect(error.code).toBe(50);
    expect(error.msg).toContain(text);
    expect(error.msg).toContain(pool.directory);
  });

  test("where a file is in the place of the directory", () => {
    using pool = new Pool();
    writeFileSync(pool.directory, "");
    const error = pool.fail("STATUS");
    expect(error.code).toBe(50);
    expect(error.msg).toContain(`"${pool.directory}`);
    expect(readdirSync(pool.dataDir)).toContain("net1");
  });

  test("where resolvConf is gone", () => {
    using pool = new Pool();
    const config = pool.configOf({ ...pool.ipam, resolvConf: "/no/such" });
    const error = pool.fail("STATUS", "", { config });
    expect(error.code).toBe(50);
    expect(error.msg).toContain("/no/such");
  });
});

test.each<[string, Keys, number]>([
  ["no ranges", {}, 7],
  ["ranges of a wrong type", { ranges: 1 }, 6],
])("STATUS refuses a configuration with %s", (_, ipam, code) => {
  using pool = new Pool();
  expect(pool.fail("STATUS", "", { config: pool.configOf(ipam) }).code).toBe(code);
});
