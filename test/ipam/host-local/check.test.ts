import { existsSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Keys, Pool } from "./pool.ts";

const dual = { ranges: [[{ subnet: "10.0.0.0/24" }], [{ subnet: "fd00::/64" }]] };

/** The configuration of a CHECK, with ADD's result in it. */
function checked(pool: Pool, prevResult: unknown, keys: Keys = {}): { config: object } {
  return { config: pool.config({ prevResult, ...keys }) };
}

describe("CHECK succeeds", () => {
  test("after ADD, with its result and without", () => {
    using pool = new Pool(dual);
    const prevResult = pool.add("c1");
    pool.succeed("CHECK", "c1", checked(pool, prevResult));
    pool.succeed("CHECK", "c1");
  });

  test("with the addresses of other plugins in the result", () => {
    using pool = new Pool(dual);
    const result = pool.add("c1");
    const ips = [{ address: "192.168.0.1/24" }, ...(result.ips ?? []), { address: "fd09::1/64" }];
    pool.succeed("CHECK", "c1", checked(pool, { ...result, ips }));
  });

  test("for a lease that names the container alone", () => {
    using pool = new Pool(dual);
    pool.write("10.0.0.9", "c1");
    const prevResult = { cniVersion: "1.1.0", ips: [{ address: "10.0.0.9/24" }] };
    pool.succeed("CHECK", "c1");
    pool.succeed("CHECK", "c1", checked(pool, prevResult));
  });

  test("for a result of an older version", () => {
    using pool = new Pool(dual);
    const cniVersion = "0.4.0";
    const outcome = pool.run("ADD", "c1", { config: pool.config({ cniVersion }) });
    pool.succeed("CHECK", "c1", checked(pool, outcome.json, { cniVersion }));
  });
});

describe("CHECK says what is missing:", () => {
  test("the lease of one of two addresses", () => {
    using pool = new Pool(dual);
    const prevResult = pool.add("c1");
    pool.add("c2");
    for (const [ip, other] of [
      ["10.0.0.2", "fd00::2"],
      ["fd00::2", "10.0.0.2"],
    ] as const) {
      pool.reserve("10.0.0.2", "c1");
      pool.reserve("fd00::2", "c1");
      pool.remove(ip);
      const error = pool.fail("CHECK", "c1", checked(pool, prevResult));
      expect(error.code).toBe(107);
      for (const text of [ip, "c1", "eth0", pool.directory]) expect(error.msg).toContain(text);
      expect(error.msg).not.toContain(other);
    }
  });

  test("the lease that is another container's now", () => {
    using pool = new Pool(dual);
    const prevResult = pool.add("c1");
    pool.reserve("10.0.0.2", "thief", "eth7");
    const error = pool.fail("CHECK", "c1", checked(pool, prevResult));
    expect(error.code).toBe(107);
    for (const text of ["10.0.0.2", "c1", "thief eth7"]) expect(error.msg).toContain(text);
  });

  test("the lease of another interface of the container", () => {
    using pool = new Pool(dual);
    const prevResult = pool.add("c1");
    const error = pool.fail("CHECK", "c1", { ...checked(pool, prevResult), ifname: "eth1" });
    expect(error.code).toBe(107);
    for (const text of ["10.0.0.2", "eth1", "c1 eth0"]) expect(error.msg).toContain(text);
  });

  test("any lease at all, where no result says which", () => {
    using pool = new Pool(dual);
    pool.add("c1");
    for (const [id, ifname] of [
      ["c2", "eth0"],
      ["c1", "eth1"],
      ["c", "eth0"],
    ] as const) {
      const error = pool.fail("CHECK", id, { ifname });
      expect(error.code).toBe(107);
      expect(error.msg).toContain("Failed to find address added by container");
      for (const text of [id, ifname, pool.directory]) expect(error.msg).toContain(text);
    }
  });

  test("the directory, which is not created", () => {
    using pool = new Pool(dual);
    const prevResult = { cniVersion: "1.1.0", ips: [{ address: "10.0.0.2/24" }] };
    for (const config of [pool.config(), pool.config({ prevResult })]) {
      const error = pool.fail("CHECK", "c1", { config });
      expect(error.code).toBe(107);
      expect(error.msg).toContain(pool.directory);
    }
    expect(existsSync(pool.directory)).toBe(false);
  });
});

test.each([
  ["a broken configuration", { ipam: { type: "host-local", ranges: [[{ subnet: "x" }]] } }, 7],
  ["a version without CHECK", { cniVersion: "0.3.1" }, 1],
])("CHECK refuses %s", (_, keys, code) => {
  using pool = new Pool(dual);
  const prevResult = pool.add("c1");
  expect(pool.fail("CHECK", "c1", checked(pool, prevResult, keys)).code).toBe(code);
});
