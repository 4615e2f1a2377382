import { describe, expect, test } from "vitest";
import { type Keys, Pool } from "./pool.ts";
import type { Call } from "./process.ts";

const dual = {
  ranges: [
    [{ subnet: "10.0.0.0/24" }, { subnet: "10.0.1.0/24", gateway: "10.0.1.254" }],
    [{ subnet: "fd00::/64" }],
  ],
};

/** A call that asks for addresses in these three ways. */
function asking(
  pool: Pool,
  ips: { variable?: string; args?: string[]; capability?: string[] },
  keys: Keys = {},
): Call {
  const config = pool.config({
    ...(ips.args ? { args: { cni: { ips: ips.args } } } : {}),
    ...(ips.capability ? { runtimeConfig: { ips: ips.capability } } : {}),
    ...keys,
  });
  return { config, ...(ips.variable === undefined ? {} : { args: `IP=${ips.variable}` }) };
}

describe("an address is requested by", () => {
  test.each([
    ["CNI_ARGS", { variable: "10.0.0.77" }, ["10.0.0.77", "fd00::2"]],
    ["CNI_ARGS, IPv6", { variable: "fd00::77" }, ["10.0.0.2", "fd00::77"]],
    ["args.cni.ips", { args: ["10.0.0.77"] }, ["10.0.0.77", "fd00::2"]],
    ["the capability ips", { capability: ["10.0.0.77"] }, ["10.0.0.77", "fd00::2"]],
    ["two of them", { variable: "10.0.0.77", capability: ["fd00::7"] }, ["10.0.0.77", "fd00::7"]],
    ["two in one", { args: ["fd00::7", "10.0.0.77"] }, ["10.0.0.77", "fd00::7"]],
    ["a prefix, which does not matter", { args: ["10.0.1.77/8"] }, ["10.0.1.77", "fd00::2"]],
    ["IPv6 in capital letters", { args: ["FD00:0::AB"] }, ["10.0.0.2", "fd00::ab"]],
    ["nothing", { variable: "", args: [], capability: [] }, ["10.0.0.2", "fd00::2"]],
  ])("%s", (_, ips, expected) => {
    using pool = new Pool(dual);
    expect(pool.take("c1", asking(pool, ips))).toEqual(expected);
    expect(pool.read("last_reserved_ip.0")).toBe(expected[0]);
    expect(pool.leases()).toEqual([...expected].sort());
  });

  test("CNI_ARGS among keys for others, with IgnoreUnknown", () => {
    using pool = new Pool(dual);
    const args = "K8S_POD_NAME=p;IP=10.0.0.77;IgnoreUnknown=1";
    expect(pool.take("c1", { args })).toEqual(["10.0.0.77", "fd00::2"]);
  });

  test("all three: a set takes one, and the rest is too much", () => {
    using pool = new Pool(dual);
    const ips = { variable: "10.0.0.5", args: ["10.0.0.6"], capability: ["10.0.1.7", "fd00::8"] };
    const error = pool.fail("ADD", "c1", asking(pool, ips));
    expect(error).toMatchObject({
      code: 7,
      msg: "failed to allocate all requested IPs: 10.0.0.6 10.0.1.7",
    });
    expect(pool.leases()).toEqual([]);
  });

  test("all three, each of another set", () => {
    using pool = new Pool({
      ranges: [[{ subnet: "10.0.0.0/24" }], [{ subnet: "10.0.1.0/24" }], [{ subnet: "fd00::/64" }]],
    });
    const ips = { variable: "10.0.1.5", args: ["fd00::6"], capability: ["10.0.0.7"] };
    expect(pool.take("c1", asking(pool, ips))).toEqual(["10.0.0.7", "10.0.1.5", "fd00::6"]);
  });

  test("nobody of a range, but its gateway is that of the address", () => {
    using pool = new Pool(dual);
    expect(pool.add("c1", asking(pool, { args: ["10.0.1.9"] })).ips?.[0]).toEqual({
      address: "10.0.1.9/24",
      gateway: "10.0.1.254",
    });
  });
});

describe("a requested address is refused:", () => {
  test.each([
    ["of no set", "10.0.7.7", 7, "failed to allocate all requested IPs: 10.0.7.7"],
    ["below the range", "10.0.0.0", 7, "failed to allocate all requested IPs: 10.0.0.0"],
    ["above the range", "10.0.0.255", 7, "failed to allocate all requested IPs: 10.0.0.255"],
    ["the gateway", "10.0.0.1", 7, "10.0.0.1 is the subnet's gateway"],
    ["another's gateway", "10.0.1.254", 7, "10.0.1.254 is the subnet's gateway"],
  ])("%s", (_, ip, code, text) => {
    using pool = new Pool(dual);
    const error = pool.fail("ADD", "c1", asking(pool, { args: [ip] }));
    expect(error.code).toBe(code);
    expect(error.msg).toContain(text);
    expect(pool.leases()).toEqual([]);
  });

  test("taken, by whom is said", () => {
    using pool = new Pool(dual);
    pool.reserve("10.0.0.77", "holder", "net7");
    const error = pool.fail("ADD", "c1", asking(pool, { args: ["10.0.0.77"] }));
    expect(error.code).toBe(110);
    for (const text of ["10.0.0.77", "not available", "10.0.0.1-10.0.0.254", "holder net7"]) {
      expect(error.msg).toContain(text);
    }
    expect(pool.leases()).toEqual(["10.0.0.77"]);
    expect(pool.read("10.0.0.77")).toBe("holder\r\nnet7");
  });

  test("taken in the second set: the first set's is given back", () => {
    using pool = new Pool(dual);
    pool.reserve("fd00::77", "holder");
    const error = pool.fail("ADD", "c1", asking(pool, { args: ["10.0.0.5", "fd00::77"] }));
    expect(error.msg).toContain("fd00::77");
    expect(pool.leases()).toEqual(["fd00::77"]);
  });
});

describe("a second ADD of the same interface", () => {
  test("is refused: the first one's address would be lost", () => {
    using pool = new Pool(dual);
    pool.add("c1");
    const before = pool.leases();
    for (const ips of [{}, { args: ["10.0.0.99"] }, { args: ["10.0.0.2"] }]) {
      const error = pool.fail("ADD", "c1", asking(pool, ips));
      expect(error.code).toBe(7);
      expect(error.msg).toContain("10.0.0.2 has been allocated to c1");
      expect(error.msg).toContain("duplicate allocation is not allowed");
      expect(pool.leases()).toEqual(before);
    }
  });

  test("is refused where only the lease file knows of the first one", () => {
    using pool = new Pool(dual);
    pool.reserve("fd00::99", "c1");
    expect(pool.fail("ADD").msg).toContain("fd00::99 has been allocated to c1");
    expect(pool.leases()).toEqual(["fd00::99"]);
  });

  test("is refused where the first one's lease names no interface", () => {
    using pool = new Pool(dual);
    pool.write("10.0.0.99", "c1");
    expect(pool.fail("ADD").msg).toContain("10.0.0.99 has been allocated to c1");
  });

  test("is none after DEL, for another interface or another container", () => {
    using pool = new Pool(dual);
    pool.add("c1");
    expect(pool.take("c1", { ifname: "eth1" })).toEqual(["10.0.0.3", "fd00::3"]);
    expect(pool.take("c11")).toEqual(["10.0.0.4", "fd00::4"]);
    pool.succeed("DEL", "c1");
    expect(pool.take("c1")).toEqual(["10.0.0.5", "fd00::5"]);
  });
});
