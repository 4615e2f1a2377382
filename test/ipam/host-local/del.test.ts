import { existsSync, readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { type Keys, Pool } from "./pool.ts";

const dual = { ranges: [[{ subnet: "10.0.0.0/24" }], [{ subnet: "fd00::/64" }]] };

describe("DEL frees what ADD reserved,", () => {
  /** What the configuration, which dataDir stays in, can have become since ADD. */
  const changes: [what: string, ipam: Keys, keys?: Keys, args?: string][] = [
    ["as it was", dual],
    ["a range removed", { ranges: [[{ subnet: "10.0.0.0/24" }]] }],
    ["a range changed", { ranges: [[{ subnet: "192.168.0.0/24" }]] }],
    ["no ranges", {}],
    ["ranges that overlap", { ranges: [...dual.ranges, ...dual.ranges] }],
    ["ranges of a wrong type", { ranges: "none" }],
    ["a subnet with host bits", { subnet: "10.0.0.5/24" }],
    ["no resolvConf", { ...dual, resolvConf: "/no/such/file" }],
    ["a wrong route", { ...dual, routes: [{ dst: "nowhere" }] }],
    ["a wrong capability", dual, { runtimeConfig: { ips: ["x"], ipRanges: [[{}]] } }],
    ["wrong args", dual, { args: { cni: { ips: "all" } } }],
    ["two of a family at 0.2.0", { ranges: [...dual.ranges, [{ subnet: "10.1.0.0/24" }]] }],
    ["unknown CNI_ARGS", dual, {}, "K8S_POD_NAME=p"],
    ["CNI_ARGS that are none", dual, {}, ";=;"],
    ["an IP in CNI_ARGS that is none", dual, {}, "IP=zz"],
    ["an empty prevResult", dual, { prevResult: {} }],
    ["a prevResult of no version", dual, { prevResult: { cniVersion: "9", ips: [{}] } }],
    [
      "a prevResult with addresses of nobody",
      dual,
      { prevResult: previous("10.7.7.7", "fd07::7") },
    ],
    ["a prevResult with one of two addresses", dual, { prevResult: previous("10.0.0.2") }],
    ["a prevResult with another's address", dual, { prevResult: previous("10.0.0.3", "fd00::3") }],
  ];

  /** With and without what only this implementation keeps. */
  const stores: [what: string, prepare: (pool: Pool) => void][] = [
    ["", () => {}],
    [" and no index", (pool) => pool.removeIndex()],
  ];

  for (const [state, prepare] of stores) {
    test.each(changes)(`%s${state}`, (_, ipam, keys, args) => {
      using pool = new Pool(dual);
      pool.add("c1");
      pool.add("c2");
      pool.add("c1", { ifname: "eth1" });
      prepare(pool);
      const config = pool.configOf(ipam, { cniVersion: "0.2.0", ...keys });
      const { status, stdout } = pool.run("DEL", "c1", {
        config,
        ...(args === undefined ? {} : { args }),
      });
      expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
      expect(pool.leases()).toEqual(["10.0.0.3", "10.0.0.4", "fd00::3", "fd00::4"]);
    });
  }
});

describe("DEL succeeds where there is nothing to free:", () => {
  test("again and again", () => {
    using pool = new Pool();
    pool.add("c1");
    for (let i = 0; i < 3; i++) pool.succeed("DEL", "c1");
    expect(pool.leases()).toEqual([]);
  });

  test("a container that was never there", () => {
    using pool = new Pool();
    pool.add("c1");
    pool.succeed("DEL", "c2");
    pool.succeed("DEL", "c");
    pool.succeed("DEL", "c1", { ifname: "eth1" });
    expect(pool.leases()).toEqual(["10.0.0.2"]);
  });

  test("no directory, which is not created", () => {
    using pool = new Pool();
    pool.succeed("DEL", "c1");
    expect(readdirSync(pool.dataDir)).toEqual([]);
  });

  test("a directory without lock and index", () => {
    using pool = new Pool();
    pool.reserve("10.0.0.9", "c2");
    pool.succeed("DEL", "c1");
    expect(pool.leases()).toEqual(["10.0.0.9"]);
  });
});

describe("DEL frees leases of others:", () => {
  test("all that name the container and the interface", () => {
    using pool = new Pool();
    for (const ip of ["10.0.0.9", "10.0.0.200", "fd00::9", "192.168.7.7"]) pool.reserve(ip, "c1");
    pool.reserve("10.0.0.10", "c2");
    pool.reserve("10.0.0.11", "c1", "eth1");
    pool.succeed("DEL", "c1");
    expect(pool.leases()).toEqual(["10.0.0.10", "10.0.0.11"]);
  });

  test("those that name the container alone, as they were written long ago", () => {
    using pool = new Pool();
    pool.write("10.0.0.9", "c1");
    pool.write("10.0.0.10", "c2");
    pool.succeed("DEL", "c1");
    expect(pool.leases()).toEqual(["10.0.0.10"]);
  });

  test("not those that name the container alone, where one names the interface too", () => {
    using pool = new Pool();
    pool.write("10.0.0.9", "c1");
    pool.reserve("10.0.0.10", "c1");
    pool.succeed("DEL", "c1");
    expect(pool.leases()).toEqual(["10.0.0.9"]);
    pool.succeed("DEL", "c1");
    expect(pool.leases()).toEqual([]);
  });
});

describe("DEL frees also", () => {
  test("an address of a range that was replaced before a second ADD", () => {
    using pool = new Pool();
    pool.add("c1");
    const config = pool.configOf({ ranges: [[{ subnet: "192.168.0.0/24" }]] });
    expect(pool.take("c1", { config })).toEqual(["192.168.0.2"]);
    pool.succeed("DEL", "c1", { config });
    expect(pool.leases()).toEqual([]);
  });

  test("the lease of a container with an id of 4000 bytes", () => {
    using pool = new Pool();
    const id = "c".repeat(4000);
    pool.add(id);
    pool.succeed("DEL", id);
    expect(pool.leases()).toEqual([]);
  });

  test("whatever an ADD with an id of 5000 bytes has reserved", () => {
    using pool = new Pool();
    const id = "c".repeat(5000);
    pool.run("ADD", id);
    pool.run("DEL", id);
    expect(existsSync(pool.directory) ? pool.leases() : []).toEqual([]);
  });

  test("a lease of a network whose dataDir was there before", () => {
    using pool = new Pool();
    pool.add("c1");
    pool.remove("lock");
    pool.succeed("DEL", "c1");
    expect(pool.leases()).toEqual([]);
  });
});

test("without ipam there is no directory to look in, which is an error", () => {
  using pool = new Pool();
  const error = pool.fail("DEL", "c1", { config: pool.config({ ipam: undefined }) });
  expect(error).toMatchObject({ code: 7, msg: expect.stringContaining('"ipam" is missing') });
});

/** A result with these addresses. */
function previous(...ips: string[]): object {
  const prefix = (ip: string) => (ip.includes(":") ? 64 : 24);
  return { cniVersion: "1.0.0", ips: ips.map((ip) => ({ address: `${ip}/${prefix(ip)}` })) };
}
