import { describe, expect, test } from "vitest";
import { type Call, type Netns, type Sim, uapi as U } from "../../host/sim/index.ts";
import { confine } from "../../host/policy.ts";
import { formatIp, parseIp } from "../../host/sim/text.ts";
import { add, config, failure, lavish, machine, POD, run } from "./core.ts";

// CHECK of the rules and of the routing table of the interface's own.

const addresses = [
  { address: "10.0.0.5/24", gateway: "10.0.0.1" },
  { address: "2001:db8::5/64", gateway: "2001:db8::1" },
];
const keys = { sourceRouting: true, sourceTable: 101, ipam: { type: "static", addresses } };

const pod = (sim: Sim): Netns => sim.netns(POD);

describe("CHECK", () => {
  /** CHECK after ADD, with something done in between. */
  function checked(change: (sim: Sim) => void, call: Call = {}) {
    const sim = machine();
    const prevResult = add(sim, keys);
    change(sim);
    return run(sim, { command: "CHECK", config: config({ ...keys, prevResult }), ...call });
  }

  test("is content with what ADD has made", () => {
    expect(checked(() => {})).toMatchObject({ status: 0, stderr: "" });
  });

  test("asks nothing of addresses of other interfaces", () => {
    const sim = machine();
    const result = add(sim, keys);
    const interfaces = [...(result.interfaces ?? []), { name: "tun0", sandbox: POD }];
    const ips = [...(result.ips ?? []), { interface: 1, address: "10.77.0.1/24" }];
    const own = config({ ...keys, prevResult: { ...result, interfaces, ips } });
    expect(run(sim, { command: "CHECK", config: own })).toMatchObject({ status: 0, stderr: "" });
  });

  test.each([{ table: 102 }, { priority: 9999 }, { action: 6 }])("misses a rule: %j", (change) => {
    const outcome = checked((sim) => {
      const { rules } = pod(sim);
      const rule = rules.all.find(({ source }) => source?.length === 4);
      if (!rule) throw new Error("no rule");
      rules.remove(rule);
      rules.add({ ...rule, ...change }, true);
    });
    expect(failure(outcome).msg).toContain('rule "from 10.0.0.5 lookup 101" of "mv0" is not in');
  });

  test.each([
    ["10.0.0.5", 'rule "from 10.0.0.5 lookup 101" of "mv0" is not in the container'],
    ["2001:db8::5", 'rule "from 2001:db8::5 lookup 101" of "mv0" is not in the container'],
  ])("misses the rule of %s", (address, msg) => {
    const source = parseIp(address);
    const outcome = checked((sim) => {
      const rule = pod(sim).rules.all.find((one) => one.source?.length === source.length);
      if (rule) pod(sim).rules.remove(rule);
    });
    expect(failure(outcome)).toMatchObject({ code: 107, msg });
  });

  test.each(["default", "10.0.0.0/24", "2001:db8::/64", "fe80::/64"])("misses %s", (dst) => {
    const remove = (sim: Sim) => {
      const table = pod(sim).routes;
      const route = table.all.find((one) => one.table === 101 && textOf(one) === dst);
      if (route) table.remove(route);
    };
    for (const wrap of [confine, lavish]) {
      const { code, msg } = failure(checked(remove, { wrap }));
      expect(code).toBe(107);
      expect(msg).toContain(`route ${dst === "default" ? "0.0.0.0/0" : dst} of "mv0" is not in`);
      expect(msg).toContain("table 101");
    }
  });

  test("misses a route that leads out of another interface", () => {
    const outcome = checked((sim) => {
      const { routes: table, links } = pod(sim);
      const lo = links.get(1);
      for (const route of table.all) {
        if (route.table !== 101 || !lo) continue;
        route.hops = route.hops.map((hop) => ({ ...hop, link: lo }));
      }
    });
    expect(failure(outcome).code).toBe(107);
  });

  test("misses a table that is empty", () => {
    const outcome = checked((sim) => {
      const { routes: table } = pod(sim);
      for (const route of table.all) if (route.table === 101) table.remove(route);
    });
    expect(failure(outcome).code).toBe(107);
  });

  test("does not take what it cannot look at for a difference", () => {
    for (const type of [U.RTM_GETRULE, U.RTM_GETROUTE]) {
      const outcome = checked((sim) => sim.refuse({ type, errno: U.EPERM }));
      expect(failure(outcome).code).toBe(108);
    }
  });
});

function textOf({ dst, dstLength }: { dst: Uint8Array; dstLength: number }): string {
  return dstLength === 0 ? "default" : `${formatIp(dst)}/${dstLength}`;
}
