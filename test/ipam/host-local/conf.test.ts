import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { EROFS } from "../../../assembly/linux/errno.ts";
import { CNI_VERSIONS, resultSchema } from "../../../host/schema/index.ts";
import { type Keys, Pool } from "./pool.ts";

const range = { subnet: "10.0.0.0/24" };
const ranges = [[range]];

describe("a configuration is refused, and nothing is created:", () => {
  const withRange = (keys: Keys) => ({ ranges: [[{ ...range, ...keys }]] });
  const cases: [what: string, ipam: Keys, code: number, ...fragments: string[]][] = [
    ["no ranges", {}, 7, "no IP ranges specified"],
    ["ranges are null", { ranges: null }, 7, "no IP ranges specified"],
    ["no set in ranges", { ranges: [] }, 7, "no IP ranges specified"],
    ["a set without ranges", { ranges: [[]] }, 7, '"ipam.ranges[0]"', "empty range set"],
    ["a second set without", { ranges: [[range], []] }, 7, '"ipam.ranges[1]"', "empty range set"],
    ["ranges are no array", { ranges: "x" }, 6, '"ipam.ranges"', "an array", "a string"],
    ["a set is no array", { ranges: [range] }, 6, '"ipam.ranges[0]"', "an array", "an object"],
    ["a set is null", { ranges: [null] }, 6, '"ipam.ranges[0]"', "null"],
    ["a range is null", { ranges: [[null]] }, 6, '"ipam.ranges[0][0]"', "null"],
    ["a range is a string", { ranges: [["10.0.0.0/24"]] }, 6, '"ipam.ranges[0][0]"', "an object"],
    ["no subnet", { ranges: [[{}]] }, 7, '"ipam.ranges[0][0].subnet" is missing'],
    ["an empty subnet", withRange({ subnet: "" }), 7, ".subnet", '""', "network/prefix"],
    ["a subnet in words", withRange({ subnet: "lan" }), 7, ".subnet", '"lan"', "network/prefix"],
    ["a subnet without prefix", withRange({ subnet: "10.0.0.0" }), 7, ".subnet", '"10.0.0.0"'],
    ["a prefix too long", withRange({ subnet: "10.0.0.0/33" }), 7, ".subnet", '"10.0.0.0/33"'],
    ["leading zeros", withRange({ subnet: "010.0.0.0/24" }), 7, ".subnet", '"010.0.0.0/24"'],
    ["a subnet of a wrong type", withRange({ subnet: 10 }), 6, ".subnet", "a string", "10"],
    ["host bits", withRange({ subnet: "10.0.0.9/24" }), 7, ".subnet", "host bits", "10.0.0.0/24"],
    ["host bits, IPv6", withRange({ subnet: "fd00::1/64" }), 7, "host bits", "fd00::/64"],
    ["a /31", withRange({ subnet: "10.0.0.0/31" }), 7, '"10.0.0.0/31"', "too small to allocate"],
    ["a /32", withRange({ subnet: "10.0.0.0/32" }), 7, '"10.0.0.0/32"', "too small to allocate"],
    ["a /127", withRange({ subnet: "fd00::/127" }), 7, '"fd00::/127"', "too small to allocate"],
    ["a mapped subnet", withRange({ subnet: "::ffff:10.0.0.0/120" }), 7, "IPv4-mapped"],
    ["rangeStart in words", withRange({ rangeStart: "a" }), 7, ".rangeStart", '"a"', "IP address"],
    ["rangeEnd in words", withRange({ rangeEnd: "a" }), 7, ".rangeEnd", '"a"', "IP address"],
    ["gateway in words", withRange({ gateway: "gw" }), 7, ".gateway", '"gw"', "IP address"],
    ["rangeStart outside", withRange({ rangeStart: "10.0.1.0" }), 7, "10.0.1.0", "10.0.0.0/24"],
    ["rangeEnd outside", withRange({ rangeEnd: "9.255.255.255" }), 7, "9.255.255.255", "not in"],
    ["rangeStart of the other family", withRange({ rangeStart: "fd00::1" }), 7, "fd00::1"],
    [
      "a range upside down",
      withRange({ rangeStart: "10.0.0.9", rangeEnd: "10.0.0.8" }),
      7,
      "10.0.0.9 is after rangeEnd 10.0.0.8",
    ],
    [
      "two families in a set",
      { ranges: [[range, { subnet: "fd00::/64" }]] },
      7,
      "invalid range set 0",
      "mixed address families",
    ],
    [
      "ranges of a set overlap",
      { ranges: [[range, { ...range, rangeStart: "10.0.0.99" }]] },
      7,
      "invalid range set 0",
      "10.0.0.1-10.0.0.254 and 10.0.0.99-10.0.0.254 overlap",
    ],
    [
      "a range in the middle of another",
      { ranges: [[{ ...range, rangeStart: "10.0.0.9", rangeEnd: "10.0.0.9" }, range]] },
      7,
      "overlap",
    ],
    ["sets overlap", { ranges: [[range], [range]] }, 7, "range set 1 overlaps with 0"],
    ["the old range overlaps", { ...range, ranges }, 7, "range set 1 overlaps with 0"],
    ["the old range is wrong", { subnet: "x" }, 7, '"ipam.subnet"', '"x"'],
    ["dataDir of a wrong type", { ranges, dataDir: 5 }, 6, '"ipam.dataDir"', "a string"],
    ["resolvConf of a wrong type", { ranges, resolvConf: [] }, 6, '"ipam.resolvConf"', "a string"],
    ["no resolvConf", { ranges, resolvConf: "/no/such" }, 7, '"/no/such"', "ENOENT"],
    ["resolvConf is a directory", { ranges, resolvConf: "/" }, 7, '"/"', "EISDIR"],
    ["a resolvConf without end", { ranges, resolvConf: "/dev/zero" }, 7, "/dev/zero", "EFBIG"],
    ["routes of a wrong type", { ranges, routes: {} }, 6, '"ipam.routes"', "an array"],
    ["a route is null", { ranges, routes: [null] }, 6, '"ipam.routes[0]"', "null"],
    ["a route to nowhere", { ranges, routes: [{}] }, 7, '"ipam.routes[0].dst" is missing'],
    ["a route in words", { ranges, routes: [{ dst: "x" }] }, 7, '"ipam.routes[0].dst"', '"x"'],
    ["gw in words", { ranges, routes: [{ dst: "::/0", gw: "x" }] }, 7, '"ipam.routes[0].gw"'],
  ];

  test.each(cases)("%s", (_, ipam, code, ...fragments) => {
    using pool = new Pool();
    const error = pool.fail("ADD", "c1", { config: pool.configOf(ipam) });
    expect(error).toMatchObject({ code, cniVersion: "1.1.0" });
    for (const fragment of fragments) expect(error.msg).toContain(fragment);
    expect(existsSync(pool.directory)).toBe(false);
  });

  const others: [what: string, keys: Keys, args: string | undefined, code: number, text: string][] =
    [
      ["no ipam", { ipam: undefined }, undefined, 7, '"ipam" is missing'],
      ["ipam is null", { ipam: null }, undefined, 7, '"ipam" is missing'],
      ["ipam is a string", { ipam: "host-local" }, undefined, 6, '"ipam" must be an object'],
      ["no name", { name: undefined }, undefined, 7, "missing network name"],
      ["a name that is a path", { name: "../x" }, undefined, 7, "invalid characters"],
      ["an unknown argument", {}, "K8S_POD_NAME=p", 4, "K8S_POD_NAME=p"],
      ["an argument without value", {}, "IP", 4, '"IP"'],
      ["IgnoreUnknown in words", {}, "IgnoreUnknown=often", 4, '"often"'],
      ["IP in words", {}, "IP=zz", 4, 'IP "zz"'],
      ["IP with a wrong prefix", {}, "IP=10.0.0.9/33", 4, 'IP "10.0.0.9/33"'],
      ["an empty ip", { args: { cni: { ips: [""] } } }, undefined, 7, '"args.cni.ips" has ""'],
      ["an ip in words", { args: { cni: { ips: ["zz"] } } }, undefined, 7, '"zz"'],
      ["an ip that is null", { args: { cni: { ips: [null] } } }, undefined, 6, "args.cni.ips[0]"],
      ["ips are no array", { args: { cni: { ips: "10.0.0.9" } } }, undefined, 6, "args.cni.ips"],
      ["a capability's ip", { runtimeConfig: { ips: ["x"] } }, undefined, 7, "runtimeConfig.ips"],
      ["ipRanges", { runtimeConfig: { ipRanges: [[{}]] } }, undefined, 7, "ipRanges[0][0].subnet"],
      ["two of a family at 0.2.0", { cniVersion: "0.2.0" }, undefined, 7, "1 address per family"],
      ["two of a family at 0.1.0", { cniVersion: "0.1.0" }, undefined, 7, "1 address per family"],
    ];

  test.each(others)("%s", (_, keys, args, code, text) => {
    using pool = new Pool({ ranges: [[range], [{ subnet: "10.0.1.0/24" }]] });
    const config = pool.config(keys);
    const error = pool.fail("ADD", "c1", { config, ...(args === undefined ? {} : { args }) });
    expect(error.code).toBe(code);
    expect(error.msg + error.details).toContain(text);
    expect(existsSync(pool.directory)).toBe(false);
  });
});

describe("addresses come from", () => {
  const old = { subnet: "10.1.0.0/24" };

  test("ipRanges of the runtime, then the old keys, then ranges: one of each set", () => {
    using pool = new Pool();
    const runtimeConfig = { ipRanges: [[{ subnet: "10.2.0.0/24" }], [{ subnet: "10.3.0.0/24" }]] };
    const config = pool.configOf({ ranges, ...old }, { runtimeConfig });
    expect(pool.take("c1", { config })).toEqual(["10.2.0.2", "10.3.0.2", "10.1.0.2", "10.0.0.2"]);
    const last = [0, 1, 2, 3].map((set) => pool.read(`last_reserved_ip.${set}`));
    expect(last).toEqual(["10.2.0.2", "10.3.0.2", "10.1.0.2", "10.0.0.2"]);
  });

  test("the old keys alone", () => {
    using pool = new Pool({
      ...old,
      rangeStart: "10.1.0.7",
      rangeEnd: "10.1.0.8",
      gateway: "10.1.0.99",
    });
    const { ips } = pool.add("c1");
    expect(ips).toEqual([{ address: "10.1.0.7/24", gateway: "10.1.0.99" }]);
    expect(pool.take("c2")).toEqual(["10.1.0.8"]);
    expect(pool.fail("ADD", "c3").msg).toContain("10.1.0.7-10.1.0.8");
  });

  test("ranges, where rangeStart and the others stand without a subnet", () => {
    using pool = new Pool({ ranges, rangeStart: "10.9.0.7", gateway: "10.9.0.1" });
    expect(pool.add().ips).toEqual([{ address: "10.0.0.2/24", gateway: "10.0.0.1" }]);
  });

  test("the capability alone", () => {
    using pool = new Pool({});
    const config = pool.config({ runtimeConfig: { ipRanges: ranges } });
    expect(pool.take("c1", { config })).toEqual(["10.0.0.2"]);
  });

  test("keys in another case", () => {
    using pool = new Pool({ Ranges: [[{ SUBNET: "10.0.0.0/24", rangestart: "10.0.0.9" }]] });
    expect(pool.take()).toEqual(["10.0.0.9"]);
  });
});

describe("a range", () => {
  /** All addresses of a range, in the order in which they are handed out. */
  function all(range: Keys): string[] {
    using pool = new Pool({ ranges: [[range]] });
    const taken: string[] = [];
    for (let i = 0; i < 10; i++) {
      const { status, json } = pool.run("ADD", `c${i}`);
      if (status !== 0) return taken;
      taken.push((json as { ips: { address: string }[] }).ips[0]?.address ?? "");
    }
    return taken;
  }

  test.each([
    ["a /30", { subnet: "10.0.0.0/30" }, ["10.0.0.2/30"]],
    [
      "without network, broadcast and gateway address",
      { subnet: "10.0.0.0/29" },
      [2, 3, 4, 5, 6].map((i) => `10.0.0.${i}/29`),
    ],
    [
      "from the network to the broadcast address, where it says so",
      { subnet: "10.0.0.8/29", rangeStart: "10.0.0.8", rangeEnd: "10.0.0.15" },
      [8, 10, 11, 12, 13, 14, 15].map((i) => `10.0.0.${i}/29`),
    ],
    [
      "with a gateway in the middle",
      { subnet: "10.0.0.0/29", gateway: "10.0.0.4" },
      [1, 2, 3, 5, 6].map((i) => `10.0.0.${i}/29`),
    ],
    [
      "with a gateway elsewhere",
      { subnet: "10.0.0.0/30", gateway: "192.168.0.1" },
      ["10.0.0.1/30", "10.0.0.2/30"],
    ],
    ["IPv6, to its last address", { subnet: "fd00::/126" }, ["fd00::2/126", "fd00::3/126"]],
    [
      "IPv6 in capital letters",
      { subnet: "FD00:0::/64", rangeStart: "FD00::A", rangeEnd: "fd00:0:0::b" },
      ["fd00::a/64", "fd00::b/64"],
    ],
  ])("%s", (_, range, expected) => {
    expect(all(range)).toEqual(expected);
  });

  test("with a gateway of the other family", () => {
    using pool = new Pool({ ranges: [[{ subnet: "10.0.0.0/24", gateway: "fd00::1" }]] });
    expect(pool.add().ips).toEqual([{ address: "10.0.0.1/24", gateway: "fd00::1" }]);
  });
});

describe("the result", () => {
  const routes = [{ dst: "0.0.0.0/0" }, { dst: "10.9.8.7/16", gw: "10.0.0.9" }, { dst: "::/0" }];
  const dual = { ranges: [[range], [{ subnet: "fd00::/64" }]], routes };

  test.each(CNI_VERSIONS)("has the shape of version %s", (cniVersion) => {
    using pool = new Pool(dual);
    const { status, json } = pool.run("ADD", "c1", { config: pool.config({ cniVersion }) });
    expect(status).toBe(0);
    expect(resultSchema(cniVersion).parse(json)).toEqual(json);
    const text = JSON.stringify(json);
    for (const part of ["10.0.0.2/24", "10.0.0.1", "fd00::2/64", "fd00::1", "10.9.8.7/16"]) {
      expect(text).toContain(`"${part}"`);
    }
  });

  test("has the routes as they are written", () => {
    using pool = new Pool({
      ranges,
      routes: [...routes, { dst: "192.168.0.0/16", mtu: 1400, table: 7, priority: 9 }],
    });
    expect(pool.add().routes).toEqual([
      ...routes,
      { dst: "192.168.0.0/16", mtu: 1400, table: 7, priority: 9 },
    ]);
  });

  test("has what resolvConf says", () => {
    using pool = new Pool();
    const lines = [
      "# comment",
      "; comment too",
      "",
      "nameserver 10.0.0.53",
      "  nameserver\t10.0.0.54 ignored",
      "nameserver",
      "domain old.example",
      "domain new.example and more",
      "search a.example b.example",
      "search c.example\r",
      "options ndots:2 edns0",
      "options\trotate",
      "sortlist 10.0.0.0/8",
      "nameserverx 10.0.0.55",
    ];
    pool.write("resolv.conf", lines.join("\n"));
    const config = pool.configOf({ ranges, resolvConf: pool.path("resolv.conf") });
    expect(pool.add("c1", { config }).dns).toEqual({
      nameservers: ["10.0.0.53", "10.0.0.54"],
      domain: "new.example",
      search: ["a.example", "b.example", "c.example"],
      options: ["ndots:2", "edns0", "rotate"],
    });
  });

  test("has no dns of an empty resolvConf", () => {
    using pool = new Pool({ ranges, resolvConf: "/dev/null" });
    expect(pool.add()).not.toHaveProperty("dns");
  });
});

describe("the leases are in", () => {
  const defaultDirectory = "/var/lib/cni/networks/net1";
  test.each([
    ["without dataDir", undefined],
    ["with an empty one", ""],
    ["with null", null],
  ])(`${defaultDirectory} %s`, (_, dataDir) => {
    using pool = new Pool({ ranges, dataDir });
    const error = pool.fail("ADD", "c1", {
      wrap: (system) => ({ ...system, mkdir: () => -EROFS }),
    });
    expect(error).toMatchObject({ code: 5 });
    expect(error.msg).toContain(`"${defaultDirectory}"`);
    expect(error.msg).toContain("EROFS");
  });

  test.each([
    ["dataDir, which is created", "a/b"],
    ["dataDir with a slash at its end", "a/"],
    ["dataDir with two slashes in it", "a//b"],
  ])("%s", (_, below) => {
    using pool = new Pool();
    const dataDir = `${pool.dataDir}/${below}`;
    const config = pool.configOf({ ranges, dataDir });
    pool.add("c1", { config });
    expect(existsSync(join(dataDir, "net1", "10.0.0.2"))).toBe(true);
    pool.succeed("DEL", "c1", { config });
    expect(existsSync(join(dataDir, "net1", "10.0.0.2"))).toBe(false);
  });

  test("a directory of their own for each network", () => {
    using pool = new Pool();
    mkdirSync(join(pool.dataDir, "other"));
    pool.add("c1");
    pool.add("c1", { config: pool.config({ name: "net2" }) });
    expect(existsSync(join(pool.dataDir, "net2", "10.0.0.2"))).toBe(true);
    expect(pool.leases()).toEqual(["10.0.0.2"]);
  });
});
