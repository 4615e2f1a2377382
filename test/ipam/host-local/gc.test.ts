import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { System } from "../../../host/imports.ts";
import { withFault } from "../../../host/sim/index.ts";
import { type Keys, Pool } from "./pool.ts";

const dual = { ranges: [[{ subnet: "10.0.0.0/24" }], [{ subnet: "fd00::/64" }]] };
const KEY = "cni.dev/valid-attachments";
const LEGACY = "cni.dev/attachments";
const attachment = (containerID: string, ifname = "eth0") => ({ containerID, ifname });

/** Two containers with one interface, one with two. */
function three(): Pool {
  const pool = new Pool(dual);
  for (const id of ["c1", "c2", "c3"]) pool.add(id);
  pool.add("c3", { ifname: "eth1" });
  return pool;
}

/** The leases of `three`, of these hosts' numbers. */
function of(...numbers: number[]): string[] {
  return [...numbers.map((n) => `10.0.0.${n}`), ...numbers.map((n) => `fd00::${n}`)];
}

describe("GC keeps what is listed and frees the rest:", () => {
  test.each([
    ["all listed", [attachment("c1"), attachment("c2"), attachment("c3")], of(2, 3, 4)],
    ["one container", [attachment("c2")], of(3)],
    ["one interface", [attachment("c3", "eth1")], of(5)],
    ["an interface that the container has not", [attachment("c1", "eth1")], []],
    ["a container that is not there", [attachment("c")], []],
    ["one container twice", [attachment("c1"), attachment("c1")], of(2)],
    ["keys that nobody knows", [{ ...attachment("c1"), netns: "/x", more: [{}] }], of(2)],
    ["an empty list", [], []],
  ])("%s", (_, valid, expected) => {
    using pool = three();
    pool.succeed("GC", "", { config: pool.config({ [KEY]: valid }) });
    expect(pool.leases()).toEqual(expected);
    // what was freed can be had again, and what was kept can not
    const again = pool.run("ADD", "c1");
    expect(again.status).toBe(expected.includes("10.0.0.2") ? 1 : 0);
  });

  test("the key of before the specification", () => {
    using pool = three();
    pool.succeed("GC", "", { config: pool.config({ [LEGACY]: [attachment("c1")] }) });
    expect(pool.leases()).toEqual(of(2));
  });

  test("both keys: the specification's counts", () => {
    using pool = three();
    const keys = { [LEGACY]: [attachment("c1")], [KEY]: [attachment("c2")] };
    pool.succeed("GC", "", { config: pool.config(keys) });
    expect(pool.leases()).toEqual(of(3));
  });

  test("leases that name the container alone are kept with any of its interfaces", () => {
    using pool = new Pool(dual);
    pool.write("10.0.0.8", "c1");
    pool.write("10.0.0.9", "c2");
    pool.succeed("GC", "", { config: pool.config({ [KEY]: [attachment("c1", "eth5")] }) });
    expect(pool.leases()).toEqual(["10.0.0.8"]);
  });

  test("leases of others, without index, and of addresses outside the ranges", () => {
    using pool = new Pool(dual);
    for (const ip of ["10.0.0.8", "192.168.0.8", "fd09::8"]) pool.reserve(ip, "gone");
    pool.reserve("10.0.0.9", "c1");
    pool.succeed("GC", "", { config: pool.config({ [KEY]: [attachment("c1")] }) });
    expect(pool.leases()).toEqual(["10.0.0.9"]);
  });

  test("also where the rest of the configuration is broken", () => {
    using pool = three();
    const config = pool.configOf({ ranges: "x", resolvConf: "/no/such" }, { [KEY]: [] });
    pool.succeed("GC", "", { config, args: "K8S_POD_NAME=p" });
    expect(pool.leases()).toEqual([]);
  });

  test("other networks are left alone", () => {
    using pool = three();
    const other = pool.config({ name: "net2" });
    pool.add("c9", { config: other });
    pool.succeed("GC", "", { config: pool.config({ [KEY]: [] }) });
    expect(readdirSync(`${pool.dataDir}/net2`)).toContain("10.0.0.2");
    pool.succeed("CHECK", "c9", { config: other });
  });

  test("no directory, which is not created", () => {
    using pool = new Pool(dual);
    pool.succeed("GC", "", { config: pool.config({ [KEY]: [] }) });
    expect(readdirSync(pool.dataDir)).toEqual([]);
  });
});

describe("GC frees nothing", () => {
  test.each([
    ["without a list", {}],
    ["with null", { [KEY]: null }],
    ["with null and null", { [KEY]: null, [LEGACY]: null }],
  ])("%s: the runtime has not said what is valid", (_, keys: Keys) => {
    using pool = three();
    const { status, stdout, stderr } = pool.run("GC", "", { config: pool.config(keys) });
    expect({ status, stdout }).toEqual({ status: 0, stdout: "" });
    expect(stderr).toContain(KEY);
    expect(pool.leases()).toEqual(of(2, 3, 4, 5));
  });

  test.each([
    ["an attachment that is null", [attachment("c1"), null]],
    ["an attachment that is a string", ["c1"]],
    ["an attachment without an id", [attachment("c1"), { ifname: "eth0" }]],
    ["an attachment without an interface", [{ containerID: "c1" }]],
    ["an attachment with an empty id", [attachment("")]],
    ["an id that is a number", [attachment("c1"), { containerID: 1, ifname: "eth0" }]],
    ["an interface that is a list", [{ containerID: "c1", ifname: [] }]],
    ["a list in the list", [[attachment("c1")]]],
    ["an object", { c1: attachment("c1") }],
    ["a string", "c1"],
  ])("where the list is not one of attachments, and says so: %s", (_, list) => {
    using pool = three();
    const outcome = pool.run("GC", "", { config: pool.config({ [KEY]: list }) });
    expect(pool.leases()).toEqual(of(2, 3, 4, 5));
    expect(outcome.stdout + outcome.stderr).toContain(KEY);
  });
});

test("GC reads a list of 65,000 attachments", () => {
  using pool = three();
  pool.reserve("10.0.0.99", "gone");
  const id = (i: number) => `${i}`.padStart(64, "0");
  const others = Array.from({ length: 65_000 }, (_, i) => attachment(id(i)));
  const valid = [attachment("c1"), ...others, attachment("c3", "eth1")];
  pool.reserve("10.0.0.98", id(64_999));
  pool.succeed("GC", "", { config: pool.config({ [KEY]: valid }) });
  expect(pool.leases()).toEqual(["10.0.0.2", "10.0.0.5", "10.0.0.98", "fd00::2", "fd00::5"]);
});

test("GC takes no part of a lease for the whole of it", () => {
  using pool = three();
  const valid = [attachment("c1"), attachment("c2"), attachment("c3"), attachment("c3", "eth1")];
  const wrap = (system: System) =>
    withFault(system, { call: "read", nth: 2, failure: "short", forever: true }).system;
  pool.succeed("GC", "", { config: pool.config({ [KEY]: valid }), wrap });
  expect(pool.leases()).toEqual(of(2, 3, 4, 5));
});
