import { describe, expect, test } from "vitest";
import { listRoutes, type Sim } from "../../host/sim/index.ts";
import { add, config, failure, machine, POD, refusal, run, succeed } from "./core.ts";

// What becomes of the default routes that IPAM gives.

const addresses = [
  { address: "10.0.0.5/24", gateway: "10.0.0.1" },
  { address: "2001:db8::5/64", gateway: "2001:db8::1" },
];
const ipam = (...routes: object[]) => ({ ipam: { type: "static", addresses, routes } });
const DEFAULTS = [{ dst: "0.0.0.0/0" }, { dst: "::/0" }];

/** Routes that are not the kernel's, as `DST METRIC` or `DST METRIC TABLE`. */
function made(sim: Sim): string[] {
  const netns = sim.netns(POD);
  return [...listRoutes(netns, 4), ...listRoutes(netns, 6)]
    .filter(({ protocol }) => protocol !== "kernel")
    .map(({ dst, metric = 0, table }) => `${dst} ${metric}${table === "main" ? "" : ` ${table}`}`);
}

/** Routes that are default ones, or stand in for one. */
const HALVES = [
  { dst: "0.0.0.0/1" },
  { dst: "128.0.0.0/1" },
  { dst: "::/1" },
  { dst: "8000::/1" },
  { dst: "0.0.0.0/0", table: 254 },
  { dst: "::/0", table: 0 },
];
/** Routes that are none. */
const OTHERS = [
  { dst: "10.9.0.0/16" },
  { dst: "64.0.0.0/2" },
  { dst: "2000::/3" },
  { dst: "0.0.0.0/0", table: 77 },
];
const OTHERS_MADE = ["10.9.0.0/16 0", "64.0.0.0/2 0", "default 0 77", "2000::/3 1024"];

describe("noDefaultRoute", () => {
  const noDefaultRoute = true;

  test("keeps them out of the kernel and out of the result, and CHECK agrees", () => {
    const sim = machine();
    const keys = { noDefaultRoute, ...ipam(...DEFAULTS, ...HALVES, ...OTHERS) };
    const prevResult = add(sim, keys);
    expect(made(sim)).toEqual(OTHERS_MADE);
    expect(prevResult.routes).toEqual(OTHERS);
    expect(prevResult.ips?.map(({ gateway }) => gateway)).toEqual(["10.0.0.1", "2001:db8::1"]);
    succeed(sim, "CHECK", { config: config({ ...keys, prevResult }) });
  });

  test("takes nothing from plugins before", () => {
    const prevResult = { cniVersion: "1.1.0", routes: DEFAULTS };
    expect(add(machine(), { noDefaultRoute, prevResult, ...ipam() }).routes).toEqual(DEFAULTS);
  });

  test("is off where it is not there, or false", () => {
    for (const off of [{}, { noDefaultRoute: false }]) {
      const sim = machine();
      expect(add(sim, { ...off, ...ipam(...DEFAULTS) }).routes).toEqual(DEFAULTS);
      expect(made(sim)).toEqual(["default 0", "default 1024"]);
    }
  });
});

describe("defaultRouteMetric", () => {
  const keys = { defaultRouteMetric: 500, ...ipam(...DEFAULTS, ...OTHERS) };

  test("is the metric of default routes and of no other, and is reported", () => {
    const sim = machine();
    const prevResult = add(sim, keys);
    expect(made(sim).sort()).toEqual(["default 500", "default 500", ...OTHERS_MADE].sort());
    const priority = 500;
    expect(prevResult.routes).toEqual([
      { dst: "0.0.0.0/0", priority },
      { dst: "::/0", priority },
      ...OTHERS,
    ]);
    succeed(sim, "CHECK", { config: config({ ...keys, prevResult }) });
  });

  test("goes before what IPAM says", () => {
    const sim = machine();
    const via = (gw: string, priority: number) => ({ dst: "0.0.0.0/0", gw, priority });
    const routes = [via("10.0.0.8", 7), via("10.0.0.9", 8)];
    add(sim, { defaultRouteMetric: 500, ...ipam(...routes, ...HALVES) });
    expect(new Set(made(sim))).toEqual(
      new Set(["default", "0.0.0.0/1", "128.0.0.0/1", "::/1", "8000::/1"].map((d) => `${d} 500`)),
    );
  });

  test("is the kernel's where it is 0", () => {
    const sim = machine();
    expect(add(sim, { defaultRouteMetric: 0, ...ipam(...DEFAULTS) }).routes).toEqual(DEFAULTS);
    expect(made(sim)).toEqual(["default 0", "default 1024"]);
  });

  test("CHECK finds another metric", () => {
    const sim = machine();
    const prevResult = add(sim, keys);
    const { routes } = sim.netns(POD);
    for (const route of routes.all) {
      if (route.priority !== 500) continue;
      const other = { ...route, priority: 501 };
      routes.remove(route);
      routes.insert(other);
    }
    const error = failure(run(sim, { command: "CHECK", config: config({ ...keys, prevResult }) }));
    expect(error).toMatchObject({ code: 107, msg: expect.stringContaining("0.0.0.0/0") });
  });
});

describe("refused, with nothing changed:", () => {
  test.each<[Record<string, unknown>, number, string]>([
    [{ noDefaultRoute: "yes" }, 6, 'key "noDefaultRoute" must be true or false'],
    [{ defaultRouteMetric: -1 }, 7, 'key "defaultRouteMetric" is -1, must be 0 to 4294967295'],
    [{ defaultRouteMetric: 4294967296 }, 7, 'key "defaultRouteMetric"'],
    [{ defaultRouteMetric: "1" }, 6, 'key "defaultRouteMetric" must be a whole number'],
    [
      { noDefaultRoute: true, defaultRouteMetric: 5 },
      7,
      'key "defaultRouteMetric" is for a default route, and noDefaultRoute for none',
    ],
  ])("%j", (keys, code, msg) => {
    const error = refusal(machine(), { config: config({ ...keys, ...ipam() }) });
    expect(error.code).toBe(code);
    expect(error.msg).toContain(msg);
  });
});
