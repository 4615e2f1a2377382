import { describe, expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import { confine } from "../../host/policy.ts";
import {
  type Call,
  deleteLink,
  listRoutes,
  listRules,
  type Netns,
  type Sim,
  uapi as U,
  withFault,
} from "../../host/sim/index.ts";
import {
  add,
  config,
  failure,
  forgetful,
  machine,
  POD,
  podLink,
  refusal,
  run,
  staticIpam,
  succeed,
} from "./core.ts";

// A routing table of the interface's own, and the rules that lead to it.

const OURS = "109";
const PRIORITY = 10000;

const gateways = [
  { address: "10.0.0.5/24", gateway: "10.0.0.1" },
  { address: "2001:db8::5/64", gateway: "2001:db8::1" },
];
const ipam = { type: "static", addresses: gateways };
const sourceRouting = true;
const keys = { sourceRouting, sourceTable: 101, ipam };

const pod = (sim: Sim): Netns => sim.netns(POD);

/** Rules that are not the kernel's: `from SOURCE lookup TABLE`. */
function rules(sim: Sim): string[] {
  return [...listRules(pod(sim), 4), ...listRules(pod(sim), 6)]
    .filter(({ protocol }) => protocol !== "kernel")
    .map(({ src, srclen, table, priority, protocol }) => {
      expect([srclen, priority, protocol]).toEqual([undefined, PRIORITY, OURS]);
      return `from ${src} lookup ${table}`;
    });
}

/** Routes that are not the kernel's: `DST via GATEWAY dev NAME metric N`. */
function routes(sim: Sim, table = "main"): string[] {
  return [...listRoutes(pod(sim), 4), ...listRoutes(pod(sim), 6)]
    .filter((route) => route.table === table && route.protocol !== "kernel")
    .map(({ dst, gateway, dev, nexthops, metric }) => {
      const hops = nexthops?.map((hop) => hop.gateway).join("+") ?? gateway;
      const words = [dst, hops && `via ${hops}`, dev && `dev ${dev}`, metric && `metric ${metric}`];
      return words.filter(Boolean).join(" ");
    });
}

describe("sourceRouting", () => {
  test("gives each address a rule, and the table what it needs", () => {
    const sim = machine();
    add(sim, keys);
    expect(rules(sim)).toEqual(["from 10.0.0.5 lookup 101", "from 2001:db8::5 lookup 101"]);
    expect(routes(sim, "101")).toEqual([
      "10.0.0.0/24 dev mv0",
      "default via 10.0.0.1 dev mv0",
      "2001:db8::/64 dev mv0 metric 1024",
      "fe80::/64 dev mv0 metric 1024",
      "default via 2001:db8::1 dev mv0 metric 1024",
    ]);
    expect(routes(sim)).toEqual([]);
    const [subnet, gateway] = listRoutes(pod(sim), 4).filter(({ table }) => table === "101");
    expect([subnet?.scope, gateway?.scope]).toEqual(["link", "global"]);
  });

  test("takes IPAM's routes of the main table, which stay there", () => {
    const sim = machine();
    const list = [
      { dst: "0.0.0.0/0", gw: "10.0.0.9", priority: 7 },
      { dst: "0.0.0.0/0", gw: "10.0.0.8", priority: 7 },
      { dst: "10.9.0.0/16", table: 254 },
      { dst: "10.8.0.0/16", table: 0 },
      { dst: "10.7.0.0/16", table: 77 },
      { dst: "10.0.0.0/24", scope: 253, mtu: 1400 },
    ];
    const { routes: reported } = add(sim, { ...keys, ipam: { ...ipam, routes: list } });
    const shared = [
      "default via 10.0.0.9+10.0.0.8 metric 7",
      "10.9.0.0/16 via 10.0.0.1 dev mv0",
      "10.8.0.0/16 via 10.0.0.1 dev mv0",
      "10.0.0.0/24 dev mv0",
    ];
    const ipv4 = (table: string) => routes(sim, table).filter((route) => !route.includes("::"));
    expect(ipv4("101")).toEqual(shared);
    expect(ipv4("main").sort()).toEqual([...shared].sort());
    expect(routes(sim, "77")).toEqual(["10.7.0.0/16 via 10.0.0.1 dev mv0"]);
    expect(reported).toEqual(list);
  });

  test("has a default route in the table where noDefaultRoute keeps it from main", () => {
    const sim = machine();
    const withDefault = { ...ipam, routes: [{ dst: "0.0.0.0/0", gw: "10.0.0.9" }] };
    const prevResult = add(sim, { ...keys, noDefaultRoute: true, ipam: withDefault });
    expect(routes(sim)).toEqual([]);
    expect(routes(sim, "101")).toContain("default via 10.0.0.9 dev mv0");
    expect(prevResult.routes).toBeUndefined();
    succeed(sim, "CHECK", { config: config({ ...keys, noDefaultRoute: true, prevResult }) });
  });

  test("needs neither gateway nor subnet", () => {
    const sim = machine();
    add(sim, { ...keys, ipam: staticIpam(["10.0.0.5/32", "2001:db8::5/128"]) });
    expect(rules(sim)).toHaveLength(2);
    expect(routes(sim, "101")).toEqual(["fe80::/64 dev mv0 metric 1024"]);
  });

  test("is that of the address that is used, where others were in use", () => {
    const sim = machine();
    sim.host.find("eth0")?.stations.add("10.0.0.5", "02:00:00:00:00:99");
    const ranges = [[{ subnet: "10.0.0.0/24", rangeStart: "10.0.0.5", gateway: "10.0.0.1" }]];
    const conflictDetection = { probes: 1, interval: 10, nextAddress: 1 };
    const pool = { type: "host-local", ranges };
    const outcome = run(sim, { config: config({ ...keys, ipam: pool, conflictDetection }) });
    expect(outcome.status).toBe(0);
    expect(rules(sim)).toEqual(["from 10.0.0.6 lookup 101"]);
  });

  test("does nothing where there are no addresses", () => {
    const sim = machine();
    add(sim, { sourceRouting });
    expect(rules(sim)).toEqual([]);
  });

  test("costs no send: rules go with the routes", () => {
    const sends = (more: object) => {
      const sim = machine();
      const added = counted((wrap) => add(sim, { ipam, ...more }, { wrap }));
      const call = { config: config({ ipam, ...more }) };
      return [added, counted((wrap) => succeed(sim, "DEL", { ...call, wrap }))];
    };
    const [added = 0, deleted = 0] = sends({});
    expect(sends({ sourceRouting })).toEqual([added, deleted + 2]);
    expect(sends(keys)).toEqual([added + 1, deleted + 2]);
    expect(sends({ noDefaultRoute: true })).toEqual([added, deleted]);
  });
});

/** How often `action` sends something to the kernel. */
function counted(action: (wrap: NonNullable<Call["wrap"]>) => unknown): number {
  let sends = 0;
  action((system) => {
    const send: System["send"] = (...words) => {
      sends++;
      return system.send(...words);
    };
    return new Proxy(system, {
      get: (target, name) => {
        const value: unknown = name === "send" ? send : Reflect.get(target, name);
        return typeof value === "function" ? value.bind(target) : value;
      },
    });
  });
  return sends;
}

describe("the table", () => {
  test("is one of the interface's name where none is chosen", () => {
    const tableOf = (ifname: string) => {
      const sim = machine();
      add(sim, { sourceRouting, ipam }, { ifname });
      const tables = new Set(rules(sim).map((rule) => Number(rule.split(" ")[3])));
      expect(tables.size).toBe(1);
      return [...tables][0] ?? 0;
    };
    const names = ["mv0", "eth0", ...Array.from({ length: 20 }, (_, i) => `net${i}`)];
    const tables = names.map(tableOf);
    expect(new Set(tables).size).toBe(names.length);
    for (const table of tables) expect(table >>> 30).toBe(1);
    expect(tableOf("mv0")).toBe(tables[0]);
  });

  test.each([1, 252, 256, 4294967295])("may be %d", (sourceTable) => {
    const sim = machine();
    const prevResult = add(sim, { ...keys, sourceTable });
    expect(rules(sim)).toContain(`from 10.0.0.5 lookup ${sourceTable}`);
    const own = config({ ...keys, sourceTable, prevResult });
    succeed(sim, "CHECK", { config: own });
    succeed(sim, "DEL", { config: own });
    expect(rules(sim)).toEqual([]);
  });

  test("of another interface is refused", () => {
    const sim = machine();
    add(sim, keys);
    const other = { ...keys, ipam: staticIpam(["10.1.0.5/24"]) };
    expect(refusal(sim, { ifname: "net1", config: config(other) })).toMatchObject({
      code: 103,
      msg:
        "routing table 101 (sourceTable) is in use in the container, by the rule " +
        '"from 10.0.0.5 lookup 101"',
    });
    add(sim, { ...other, sourceTable: 102 }, { ifname: "net1" });
    const all = { family: U.AF_INET, source: undefined, sourceLength: 0, protocol: 3 };
    pod(sim).rules.add({ ...all, action: U.FR_ACT_TO_TBL, priority: 99, table: 103 }, true);
    const third = config({ ...other, sourceTable: 103 });
    expect(refusal(sim, { ifname: "net2", config: third }).msg).toContain("from all lookup 103");
  });
});

describe("DEL", () => {
  const others = { sourceRouting, sourceTable: 102, ipam: staticIpam(["10.1.0.5/24"]) };
  const theirs = "from 10.1.0.5 lookup 102";

  /** A machine with a second interface of ours and a rule of somebody else's. */
  function crowded(): Sim {
    const sim = machine();
    add(sim, others, { ifname: "net1" });
    add(sim, keys);
    return sim;
  }

  test("removes the rules of its interface alone, and is repeated", () => {
    const sim = crowded();
    for (let i = 0; i < 2; i++) {
      succeed(sim, "DEL", { config: config(keys) });
      expect(rules(sim)).toEqual([theirs]);
    }
    succeed(sim, "DEL", { ifname: "net1", config: config(others) });
    expect(rules(sim)).toEqual([]);
  });

  test("of one with its own rules leaves those of another one with its address", () => {
    const sim = machine();
    add(sim, { ...others, ipam: staticIpam(["10.0.0.5/24"]) }, { ifname: "net1" });
    add(sim, keys);
    succeed(sim, "DEL", { config: config(keys) });
    expect(rules(sim)).toEqual(["from 10.0.0.5 lookup 102"]);
  });

  test("of a kernel before 4.17, which does not tell whose a rule is, goes by the table", () => {
    const sim = crowded();
    succeed(sim, "DEL", { config: config(keys), wrap: forgetful });
    expect(rules(sim)).toEqual([theirs]);
  });

  test("forgets what it had read of rules that were changed meanwhile", () => {
    const sim = machine();
    add(sim, keys);
    sim.refuse({ type: U.RTM_DELRULE, skip: 2, errno: U.EPERM });
    const fault = { call: "recvfrom", nth: 1, failure: "interrupted" } as const;
    const wrap = (system: System) => withFault(confine(system), fault).system;
    succeed(sim, "DEL", { config: config(keys), wrap });
    expect(rules(sim)).toEqual([]);
  });

  test("says so where it cannot look for the interface whose rules they are", () => {
    const sim = crowded();
    sim.refuse({ type: U.RTM_GETLINK, errno: U.EIO });
    const elsewhere = config({ ...keys, sourceTable: 77 });
    const error = failure(run(sim, { command: "DEL", config: elsewhere }));
    expect(error).toMatchObject({ code: 109, msg: expect.stringContaining("EIO") });
  });

  test.each([0, 3])(
    "removes no rule of protocol %d, of somebody else, for the table",
    (protocol) => {
      const sim = machine();
      add(sim, keys);
      const before = pod(sim).rules.all.length;
      const source = Uint8Array.of(10, 0, 0, 5);
      const rule = { priority: 9999, table: 101, protocol, source, sourceLength: 32 };
      pod(sim).rules.add({ family: U.AF_INET, action: U.FR_ACT_TO_TBL, ...rule }, true);
      succeed(sim, "DEL", { config: config(keys) });
      expect(pod(sim).rules.all).toHaveLength(before - 1);
      expect(pod(sim).rules.all).toContainEqual(expect.objectContaining({ protocol, table: 101 }));
    },
  );

  test.each([
    ["sourceTable", { sourceTable: 77 }],
    ["a sourceTable that is wrong", { sourceTable: "x" }],
    ["no sourceTable", { sourceTable: undefined }],
    ["another ipam", { ipam: staticIpam(["10.77.0.1/24"]) }],
    ["a wrong mtu", { mtu: "x" }],
  ])("finds them where the configuration has got %s", (_, more) => {
    const sim = crowded();
    succeed(sim, "DEL", { config: config({ ...keys, ...more }) });
    expect(rules(sim)).toEqual([theirs]);
  });

  test("finds them where the interface has gone before", () => {
    const sim = crowded();
    deleteLink(podLink(sim));
    succeed(sim, "DEL", { config: config(keys) });
    expect(rules(sim)).toEqual([theirs]);
  });

  test("leaves them where the key has gone", () => {
    const sim = machine();
    add(sim, keys);
    succeed(sim, "DEL", { config: config({ ipam }) });
    expect(rules(sim)).toHaveLength(2);
    succeed(sim, "DEL", { config: config(keys) });
    expect(rules(sim)).toEqual([]);
  });

  test("removes the interface also where the rules cannot be removed, and says so", () => {
    for (const type of [U.RTM_GETRULE, U.RTM_DELRULE]) {
      const sim = machine();
      add(sim, keys);
      sim.refuse({ type, errno: U.EPERM });
      const error = failure(run(sim, { command: "DEL", config: config(keys) }));
      expect(error.code).toBe(109);
      expect(error.msg).toMatch(/rules.*EPERM/);
      expect(pod(sim).find("mv0")).toBeUndefined();
      succeed(sim, "DEL", { config: config(keys) });
      expect(rules(sim)).toEqual([]);
    }
  });

  test("is a success where another one was faster", () => {
    const sim = machine();
    add(sim, keys);
    sim.refuse({ type: U.RTM_DELRULE, errno: U.ENOENT });
    succeed(sim, "DEL", { config: config(keys) });
  });
});

describe("a failed ADD leaves no rule", () => {
  test("and looks for none where there can be none", () => {
    const sim = machine();
    sim.refuse({ type: U.RTM_GETRULE, errno: U.EPERM });
    sim.refuse({ type: U.RTM_SETLINK, errno: U.EIO });
    const outcome = run(sim, { config: config({ ipam }) });
    expect(outcome).toMatchObject({ status: 1, stderr: "" });
  });

  test.each([
    ["a rule", { type: U.RTM_NEWRULE, errno: U.EINVAL, skip: 1 }, /^add rule from 2001:db8::5/],
    ["a route of the table", { type: U.RTM_NEWROUTE, errno: U.EINVAL }, / table 101 dev "mv0"/],
  ])("where the kernel refuses %s", (_, what, words) => {
    const sim = machine();
    sim.refuse(what);
    const error = refusal(sim, { config: config(keys) });
    expect(error.code).toBe(103);
    expect(error.msg).toMatch(words);
  });

  test("where it has no rules at all", () => {
    const sim = machine();
    sim.refuse({ type: U.RTM_NEWRULE, errno: U.EOPNOTSUPP });
    sim.refuse({ type: U.RTM_NEWRULE, errno: U.EAFNOSUPPORT });
    const automatic = { ...keys, sourceTable: undefined };
    expect(refusal(sim, { config: config(automatic) }).msg).toContain("EOPNOTSUPP");
    sim.refuse({ type: U.RTM_NEWRULE, errno: U.EAFNOSUPPORT });
    expect(refusal(sim, { config: config(automatic) }).details).toContain("MULTIPLE_TABLES");
    sim.refuse({ type: U.RTM_GETRULE, errno: U.EOPNOTSUPP });
    succeed(sim, "DEL", { config: config(keys) });
  });

  test("where another host has the address", () => {
    const sim = machine();
    sim.host.find("eth0")?.stations.add("2001:db8::5");
    expect(refusal(sim, { config: config(keys) }).code).toBe(104);
  });
});

describe("refused, with nothing changed:", () => {
  test.each<[Record<string, unknown>, number, string]>([
    [{ sourceRouting: 1 }, 6, 'key "sourceRouting" must be true or false'],
    [{ sourceTable: 101 }, 7, 'key "sourceTable" is for sourceRouting alone'],
    [{ sourceRouting, sourceTable: 0 }, 7, 'key "sourceTable" is 0, must be 1 to 4294967295'],
    [{ sourceRouting, sourceTable: 4294967296 }, 7, 'key "sourceTable"'],
    [{ sourceRouting, sourceTable: 253 }, 7, "is 253, a table of the kernel's own"],
    [{ sourceRouting, sourceTable: 254 }, 7, "is 254, a table of the kernel's own"],
    [{ sourceRouting, sourceTable: 255 }, 7, "is 255, a table of the kernel's own"],
    [{ sourceRouting, sourceTable: "101" }, 6, 'key "sourceTable" must be a whole number'],
  ])("%j", (more, code, msg) => {
    const error = refusal(machine(), { config: config({ ipam, ...more }) });
    expect(error.code).toBe(code);
    expect(error.msg).toContain(msg);
  });
});
