import { describe, expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import { confine } from "../../host/policy.ts";
import {
  addAddress,
  createMacvlan,
  deleteLink,
  type Link,
  rename,
  setMac,
  setMtu,
  setUp,
  type Sim,
  uapi,
  withFault,
} from "../../host/sim/index.ts";
import type { Route } from "../../host/sim/route.ts";
import { formatIp, parseIp, parseMac } from "../../host/sim/text.ts";
import {
  add,
  config,
  lavish,
  machine,
  POD,
  podLink,
  refusal,
  run,
  staticIpam,
  succeed,
} from "./core.ts";

// CHECK: compares the container with prevResult. It sees every difference, and none where there is
// none.

const ipam = staticIpam([], {
  addresses: [
    { address: "10.0.0.5/24", gateway: "10.0.0.1" },
    { address: "2001:db8::5/64", gateway: "2001:db8::1" },
  ],
  routes: [{ dst: "0.0.0.0/0" }, { dst: "2001:db8:9::/48", gw: "2001:db8::9", priority: 5 }],
});

function routeTo({ netns: { routes } }: Link, dst: string): Route {
  const route = routes.all.find((other) => formatIp(other.dst) === dst && other.type === 1);
  if (route === undefined) throw new Error(`no route to ${dst}`);
  return route;
}

function removeRoute(link: Link, dst: string): void {
  link.netns.routes.remove(routeTo(link, dst));
}

/** Puts another route to a destination in the place of one. */
function changeRoute(link: Link, dst: string, change: Partial<Route>): void {
  const route = routeTo(link, dst);
  link.netns.routes.remove(route);
  link.netns.routes.insert({ ...route, ...change });
}

/** What somebody did to the container after ADD, and the words of the error. */
const DIFFERENCES: readonly [name: string, change: (link: Link, sim: Sim) => void, msg: RegExp][] =
  [
    ["the interface was deleted", (link) => deleteLink(link), /"mv0" not found/],
    ["it was renamed", (link) => rename(link, "mv9"), /"mv0" not found/],
    [
      "something else has its name",
      (link, sim) => {
        deleteLink(link);
        sim.addMaster("mv0", {}, sim.netns(POD));
      },
      /not of type macvlan/,
    ],
    ["it is down", (link) => setUp(link, false), /"mv0" is down/],
    ["its mode changed", (link) => Object.assign(link.macvlan ?? {}, { mode: 1 }), /mode private/],
    [
      "its MAC address changed",
      (link) => setMac(link, parseMac("02:00:00:00:00:55")),
      /MAC address/,
    ],
    ["its MTU changed", (link) => setMtu(link, 1400), /MTU 1400/],
    [
      "an address is gone",
      (link) => {
        link.addresses = link.addresses.filter(({ text }) => text !== "10.0.0.5");
      },
      /address 10\.0\.0\.5\/24/,
    ],
    [
      "an address has another prefix length",
      (link) => {
        link.addresses = link.addresses.filter(({ text }) => text !== "10.0.0.5");
        const bytes = parseIp("10.0.0.5");
        addAddress(link, { family: 2, bytes, prefixLength: 25, scope: 0, flags: 0 });
      },
      /address 10\.0\.0\.5\/24/,
    ],
    ["the default route is gone", (link) => removeRoute(link, "0.0.0.0"), /route 0\.0\.0\.0\/0/],
    ["another route is gone", (link) => removeRoute(link, "2001:db8:9::"), /2001:db8:9::\/48/],
    [
      "a route has another metric",
      (link) => changeRoute(link, "2001:db8:9::", { priority: 6 }),
      /2001:db8:9::\/48/,
    ],
    [
      "a route goes by another gateway",
      (link) => {
        const [hop] = routeTo(link, "2001:db8:9::").hops;
        if (!hop) throw new Error("no hop");
        const hops = [{ ...hop, gateway: parseIp("2001:db8::7") }];
        changeRoute(link, "2001:db8:9::", { hops });
      },
      /2001:db8:9::\/48/,
    ],
    [
      "a route is in another table",
      (link) => changeRoute(link, "2001:db8:9::", { table: 77 }),
      /2001:db8:9::\/48 is not in the container's table 254/,
    ],
    [
      "an address is on another interface",
      (link, sim) => {
        const other = sim.addMaster("net1", {}, link.netns);
        link.addresses = link.addresses.filter(({ text }) => text !== "10.0.0.5");
        const bytes = parseIp("10.0.0.5");
        addAddress(other, { family: 2, bytes, prefixLength: 24, scope: 0, flags: 0 });
      },
      /address 10\.0\.0\.5\/24 is not on/,
    ],
  ];

describe("fails when", () => {
  test.each(DIFFERENCES)("%s", (_, change, msg) => {
    const sim = machine();
    const prevResult = add(sim, { ipam });
    change(podLink(sim), sim);
    for (const wrap of [confine, lavish]) {
      const call = { command: "CHECK", config: config({ ipam, prevResult }), wrap };
      const error = refusal(sim, call);
      expect(error.code).toBe(107);
      expect(error.msg).toMatch(msg);
    }
  });

  test("the MTU is not that of the configuration, where prevResult does not say", () => {
    const sim = machine();
    const keys = { cniVersion: "1.0.0", mtu: 1400 };
    const prevResult = run(sim, { config: config(keys) }).json;
    succeed(sim, "CHECK", { config: config({ ...keys, prevResult }) });
    setMtu(podLink(sim), 1300);
    const call = { command: "CHECK", config: config({ ...keys, prevResult }) };
    expect(refusal(sim, call).msg).toContain("MTU 1300, it was 1400");
  });

  test("the master in the configuration is another one now", () => {
    const sim = machine();
    sim.addMaster("eth1");
    const prevResult = add(sim);
    const changed = config({ master: "eth1", prevResult });
    const error = refusal(sim, { command: "CHECK", config: changed });
    expect(error).toMatchObject({ code: 107 });
    expect(error.msg).toContain('master "eth0", not on "eth1"');
  });

  test("the mode in the configuration is another one now", () => {
    const sim = machine();
    const prevResult = add(sim);
    const changed = config({ mode: "vepa", prevResult });
    expect(refusal(sim, { command: "CHECK", config: changed }).msg).toContain("vepa");
  });

  test.each([
    ["is missing", undefined],
    ["is null", null],
    ["holds no such interface", {}],
    ["is of the host's interface", { interfaces: [{ name: "mv0" }] }],
    ["is of another container", { interfaces: [{ name: "mv0", sandbox: "/run/netns/x" }] }],
    ["is of an unknown version", { cniVersion: "9.9.9" }],
    ["is no object", "x"],
    ["has a part that is wrong", { interfaces: [{ name: "mv0", sandbox: POD }], ips: 5 }],
  ])("prevResult %s", (_, prevResult) => {
    const sim = machine();
    add(sim);
    const error = refusal(sim, { command: "CHECK", config: config({ prevResult }) });
    expect(error.code).toBe(7);
    expect(error.msg).toContain("prevResult");
  });

  test("the namespace is gone", () => {
    const sim = machine();
    const prevResult = add(sim);
    sim.files.remove(POD);
    expect(refusal(sim, { command: "CHECK", config: config({ prevResult }) }).code).toBe(4);
  });
});

describe("succeeds", () => {
  test.each(["0.4.0", "1.0.0", "1.1.0"])("after ADD at %s", (cniVersion) => {
    const sim = machine();
    const { json } = run(sim, { config: config({ cniVersion, ipam }) });
    const call = { config: config({ cniVersion, ipam, prevResult: json }) };
    succeed(sim, "CHECK", call);
  });

  test.each([
    ["an address of one host", staticIpam(["10.0.0.5/32", "2001:db8::5/128"])],
    [
      "a route of another table",
      staticIpam(["10.0.0.5/24"], { routes: [{ dst: "10.9.0.0/16", table: 100 }] }),
    ],
    [
      "routes by several gateways",
      staticIpam(["10.0.0.5/24", "2001:db8::5/64"], {
        routes: [
          { dst: "10.9.0.0/16", gw: "10.0.0.8" },
          { dst: "10.9.0.0/16", gw: "10.0.0.9" },
          { dst: "2001:db8:9::/48", gw: "2001:db8::8" },
          { dst: "2001:db8:9::/48", gw: "2001:db8::9" },
        ],
      }),
    ],
    [
      "routes with metric and link scope",
      staticIpam(["10.0.0.5/24"], {
        routes: [{ dst: "10.9.0.0/16", scope: 253, priority: 7 }, { dst: "10.8.1.2/16" }],
      }),
    ],
  ])("with %s", (_, own) => {
    const sim = machine();
    const prevResult = add(sim, { ipam: own });
    succeed(sim, "CHECK", { config: config({ ipam: own, prevResult }) });
  });

  test("whatever the case of the MAC address in prevResult", () => {
    const sim = machine();
    const prevResult = add(sim, { mac: "02:00:00:00:00:aa" });
    const interfaces = [{ ...prevResult.interfaces?.[0], mac: "02:00:00:00:00:AA" }];
    succeed(sim, "CHECK", { config: config({ prevResult: { ...prevResult, interfaces } }) });
  });

  test("with what a chained plugin has added elsewhere", () => {
    const sim = machine();
    const result = add(sim, { ipam });
    const prevResult = {
      ...result,
      interfaces: [...(result.interfaces ?? []), { name: "tun0", sandbox: POD }],
      ips: [...(result.ips ?? []), { interface: 1, address: "10.77.0.1/24" }],
    };
    succeed(sim, "CHECK", { config: config({ ipam, prevResult }) });
  });

  test("with an address that no interface is named for", () => {
    const sim = machine();
    const result = add(sim, { ipam });
    const prevResult = { ...result, ips: [...(result.ips ?? []), { address: "10.77.0.1/24" }] };
    succeed(sim, "CHECK", { config: config({ ipam, prevResult }) });
  });

  test("when the master's MTU has grown", () => {
    const sim = machine();
    const prevResult = add(sim);
    setMtu(podLink(sim).root, 9000);
    succeed(sim, "CHECK", { config: config({ prevResult }) });
  });

  test("when the master has another name, and says so", () => {
    const sim = machine();
    const prevResult = add(sim);
    rename(podLink(sim).root, "uplink");
    const outcome = run(sim, { command: "CHECK", config: config({ prevResult }) });
    expect(outcome).toMatchObject({ status: 0, stdout: "" });
    expect(outcome.stderr).toContain('now called "uplink"');
  });

  test("without a master in the configuration, whatever the default route says now", () => {
    const sim = machine();
    const prevResult = add(sim);
    succeed(sim, "CHECK", { config: config({ master: undefined, prevResult }) });
  });

  test("in linkInContainer", () => {
    const sim = machine();
    sim.addMaster("inner", {}, sim.netns(POD));
    const keys = { linkInContainer: true, master: "inner" };
    const prevResult = add(sim, keys);
    succeed(sim, "CHECK", { config: config({ ...keys, prevResult }) });
  });

  test.each(["eth0", "eth1"])("on a macvlan, whose own master %s carries it", (name) => {
    const sim = machine();
    sim.addMaster("eth1");
    const lower = sim.host.find(name);
    createMacvlan(sim.host, { name: "mv9", lower }).up = true;
    const prevResult = add(sim, { master: "mv9" });
    succeed(sim, "CHECK", { config: config({ master: "mv9", prevResult }) });
    createMacvlan(sim.netns(POD), { name: "net1", lower }).up = true;
    const keys = { master: "net1", linkInContainer: true };
    const inside = run(sim, { config: config(keys), ifname: "mv1" });
    const call = { config: config({ ...keys, prevResult: inside.json }), ifname: "mv1" };
    succeed(sim, "CHECK", call);
  });
});

describe("what cannot be looked at is no difference:", () => {
  // the interface, its master by index and by name, the addresses, the routes
  test.each([1, 2, 3, 4, 5])("request number %i", (nth) => {
    const sim = machine();
    const prevResult = add(sim, { ipam });
    const wrap = (system: System) =>
      withFault(system, { call: "send", nth, failure: uapi.EPERM }).system;
    const error = refusal(sim, { command: "CHECK", config: config({ ipam, prevResult }), wrap });
    expect(error).toMatchObject({ code: 108, msg: expect.stringContaining("EPERM") });
  });
});
