import { describe, expect, test } from "vitest";
import { confine } from "../../host/policy.ts";
import {
  type Call,
  createMacvlan,
  deleteLink,
  type Link,
  setUp,
  type Sim,
  uapi,
} from "../../host/sim/index.ts";
import { parseIp } from "../../host/sim/text.ts";
import {
  add,
  config,
  failure,
  machine,
  POD,
  podLink,
  refusal,
  run,
  staticIpam,
  succeed,
} from "./core.ts";
import { host, keys, near, records, SHIM, shimOf, ways, withoutFolders } from "./host-access.ts";

// hostAccess: the host's own macvlan on the master, and routes through it.

const { ipam } = keys;

describe("ADD", () => {
  test("makes a macvlan of the host's, routes to the pod, and neighbours on both sides", () => {
    const sim = near();
    add(sim, keys);
    const shim = shimOf(sim);
    const pod = podLink(sim);
    const mac = (link: Link | undefined) => Buffer.from(link?.mac ?? []).toString("hex", 0, 6);
    const colons = (hex: string) => hex.replace(/..(?=.)/g, "$&:");
    expect(shim).toMatchObject({ index: 1_000_000_002, kind: "macvlan", up: true });
    expect(shim?.alias).toBe("host access of cni-macvlan-wasm on eth0");
    expect(shim?.addresses).toEqual([]);
    expect(ways(sim)).toEqual([
      `10.0.0.5 dev ${SHIM} src 10.0.0.1`,
      `2001:db8::5 dev ${SHIM} src 2001:db8::1`,
    ]);
    expect(Object.fromEntries(shim?.neighbours ?? [])).toEqual({
      "10.0.0.5": colons(mac(pod)),
      "2001:db8::5": colons(mac(pod)),
    });
    expect(Object.fromEntries(pod.neighbours)).toEqual({
      "10.0.0.1": colons(mac(shim)),
      "2001:db8::1": colons(mac(shim)),
    });
    expect(shim?.settings.changes()).toEqual({
      "ipv4/conf/arp_filter": 1,
      "ipv4/neigh/mcast_solicit": 0,
      "ipv6/conf/accept_ra": 0,
      "ipv6/conf/addr_gen_mode": 1,
    });
  });

  test("gives the pod a route to an address of the host's in none of its subnets", () => {
    const sim = host(
      [
        ["192.0.2.1", 24],
        ["2001:db8:1::1", 64],
      ],
      "eth1",
    );
    const result = add(sim, keys);
    expect(ways(sim)).toEqual([
      `10.0.0.5 dev ${SHIM} src 192.0.2.1`,
      `2001:db8::5 dev ${SHIM} src 2001:db8:1::1`,
    ]);
    expect(result.routes).toEqual([
      { dst: "192.0.2.1/32", scope: 253 },
      { dst: "2001:db8:1::1/128", scope: 253 },
    ]);
    succeed(sim, "CHECK", { config: config({ ...keys, prevResult: result }) });
  });

  test("goes without a family in which the host has no address, and says so", () => {
    const sim = host([["10.0.0.1", 24]]);
    const outcome = run(sim, { config: config(keys) });
    expect(outcome.status).toBe(0);
    expect(outcome.stderr).toContain("the host has no address to talk to 2001:db8::5 from");
    succeed(sim, "CHECK", { config: config({ ...keys, prevResult: outcome.json }) });
    expect([...podLink(sim).neighbours.keys()]).toEqual(["10.0.0.1"]);
  });

  test("without any address of the host's is an error, and takes everything back", () => {
    const sim = machine();
    sim.files.mkdir("/run/cni-macvlan/net1");
    sim.files.write("/run/cni-macvlan/.lock", "", 0o600);
    expect(refusal(sim, { config: config(keys) })).toMatchObject({
      code: 111,
      msg: 'the host has no address by which it could talk to "mv0"',
    });
  });

  test("with an address that the host has itself is an error", () => {
    const sim = host([["10.0.0.5", 24]]);
    const error = failure(run(sim, { config: config(keys) }));
    expect(error).toMatchObject({ code: 111 });
    expect(error.msg).toBe("the host itself has the pod's address 10.0.0.5");
    expect(shimOf(sim)).toBeUndefined();
  });

  test.each([
    ["another mode", { mode: "vepa" }, "in mode bridge, not in mode vepa"],
    ["linkInContainer", { linkInContainer: true }, 'without "linkInContainer"'],
    ["no ipam", { ipam: undefined }, 'there is no "ipam"'],
  ])("with %s is refused", (_, more, words) => {
    const error = refusal(machine(), { config: config({ ...keys, ...more }) });
    expect(error.code).toBe(7);
    expect(error.msg).toContain(words);
  });

  const bridge = { name: SHIM, index: 1_000_000_002, mode: uapi.MACVLAN_MODE_BRIDGE };
  test.each([
    ["by its index", { ...bridge, index: 77, lower: "eth0" }],
    ["by its name", { ...bridge, name: "mvhost3", lower: "eth0" }],
    ["by its mode", { ...bridge, mode: uapi.MACVLAN_MODE_PRIVATE, lower: "eth0" }],
    ["by its master", { ...bridge, lower: "eth1" }],
    ["by its kind", undefined],
  ])("an interface that is none of ours %s is not touched", (_, macvlan) => {
    const sim = near();
    sim.addMaster("eth1");
    if (macvlan === undefined) sim.addMaster(SHIM, { up: false });
    else createMacvlan(sim.host, { ...macvlan, lower: sim.host.find(macvlan.lower) });
    const before = withoutFolders(sim);
    const error = failure(run(sim, { config: config(keys) }));
    const details = `rename or remove it: ip -d link show ${SHIM}`;
    expect(error).toMatchObject({ code: 111, details });
    expect(withoutFolders(sim)).toEqual(before);
    expect(records(sim)).toEqual([]);
  });

  test("of a second pod uses the same interface, which goes with the last", () => {
    const sim = near();
    sim.addNetns("/run/netns/two");
    const two = { containerId: "two", netns: "/run/netns/two" };
    const other = { hostAccess: true, ipam: staticIpam(["10.0.0.6/24"]) };
    const before = sim.snapshot();
    add(sim, keys);
    const shim = shimOf(sim);
    add(sim, other, two);
    expect(ways(sim)).toHaveLength(3);
    succeed(sim, "DEL", { config: config(keys) });
    expect(shimOf(sim)).toBe(shim);
    expect(ways(sim)).toEqual([`10.0.0.6 dev ${SHIM} src 10.0.0.1`]);
    expect([...(shim?.neighbours.keys() ?? [])]).toEqual(["10.0.0.6"]);
    succeed(sim, "DEL", { config: config(other), ...two });
    expect(withoutFolders(sim)).toEqual(withoutFolders(sim, before));
  });
});

describe("DEL", () => {
  test.each([
    ["without the key", { config: config({ ipam }) }],
    ["without prevResult, master and ipam", { config: config({ master: "gone" }) }],
    ["without the namespace", { config: config(keys), netns: "" }],
  ])("%s takes everything away", (_, call) => {
    const sim = near();
    add(sim, keys);
    succeed(sim, "DEL", call);
    expect(shimOf(sim)).toBeUndefined();
    expect(ways(sim)).toEqual([]);
    expect(records(sim)).toEqual([]);
  });

  test("leaves the route and the neighbour of the next pod with the same address", () => {
    const sim = near();
    sim.addNetns("/run/netns/two");
    const two = { containerId: "two", netns: "/run/netns/two" };
    add(sim, keys);
    sim.removeNetns(POD);
    add(sim, keys, two);
    const neighbours = [...(shimOf(sim)?.neighbours ?? [])];
    expect(ways(sim)).toHaveLength(4);
    succeed(sim, "DEL", { config: config(keys) });
    expect(ways(sim)).toHaveLength(2);
    expect([...(shimOf(sim)?.neighbours ?? [])]).toEqual(neighbours);
    succeed(sim, "DEL", { config: config(keys), ...two });
    expect(shimOf(sim)).toBeUndefined();
  });

  test.each([
    ["the interface", SHIM],
    ["the master", "eth0"],
  ])("succeeds where %s is gone", (_, name) => {
    const sim = near();
    add(sim, keys);
    deleteLink(sim.host.find(name) as Link);
    succeed(sim, "DEL", { config: config(keys) });
    expect(records(sim)).toEqual([]);
  });

  test("of a container whose id is longer than a file's name", () => {
    const sim = near();
    const long = { containerId: "c".repeat(1000) };
    add(sim, keys, long);
    expect(records(sim)).toEqual([
      expect.stringMatching(/^\/run\/cni-macvlan\/net1\/:[0-9a-f]{16}$/),
    ]);
    succeed(sim, "DEL", { config: config(keys), ...long });
    expect(shimOf(sim)).toBeUndefined();
  });

  test("that never had it makes one call more, and ADD none", () => {
    const sim = near();
    const paths: string[] = [];
    const wrap: NonNullable<Call["wrap"]> = (system) => {
      const confined = confine(system);
      const open: typeof confined.open = (path, flags, mode) => {
        if (path.startsWith("/run/cni-macvlan")) paths.push(path);
        return confined.open(path, flags, mode);
      };
      return { ...confined, open };
    };
    add(sim, { ipam }, { wrap });
    expect(paths).toEqual([]);
    succeed(sim, "DEL", { config: config({ ipam }), wrap });
    expect(paths).toEqual(["/run/cni-macvlan/net1/container-1:mv0"]);
  });
});

describe("GC", () => {
  const gc = (sim: Sim, valid: unknown) =>
    succeed(sim, "GC", {
      config: config({ ...keys, "cni.dev/valid-attachments": valid }),
      env: { CNI_CONTAINERID: undefined, CNI_NETNS: undefined, CNI_IFNAME: undefined },
    });

  test("closes what is not listed, of this network alone", () => {
    const sim = near();
    sim.addNetns("/run/netns/two");
    add(sim, keys);
    add(
      sim,
      {},
      {
        config: config({ name: "net2", hostAccess: true, ipam: staticIpam(["10.0.0.6/24"]) }),
        containerId: "two",
        netns: "/run/netns/two",
      },
    );
    const before = sim.snapshot();
    gc(sim, [{ containerID: "container-1", ifname: "mv0" }]);
    gc(sim, null);
    expect(sim.snapshot()).toEqual(before);
    gc(sim, []);
    expect(ways(sim)).toEqual([`10.0.0.6 dev ${SHIM} src 10.0.0.1`]);
    expect(records(sim)).toEqual([]);
  });

  test("refuses a list that it does not understand", () => {
    const sim = near();
    add(sim, keys);
    const keysOfGc = { ...keys, "cni.dev/valid-attachments": [{ ifname: "mv0" }] };
    expect(failure(run(sim, { command: "GC", config: config(keysOfGc) })).code).toBe(6);
    expect(ways(sim)).toHaveLength(2);
  });
});

describe("CHECK", () => {
  const mac = "02:00:00:00:00:99";
  const neighboursOf = (sim: Sim) => shimOf(sim)?.neighbours as Map<string, string>;
  test.each<[string, (sim: Sim) => void, string]>([
    [
      "the interface",
      (sim) => deleteLink(shimOf(sim) as Link),
      `the host has no interface "${SHIM}" for`,
    ],
    ["that it is up", (sim) => setUp(shimOf(sim) as Link, false), "which is down"],
    [
      "a route",
      (sim) =>
        sim.host.routes.delete(
          { family: uapi.AF_INET6, table: 254, dst: parseIp("2001:db8::5"), dstLength: 128 },
          () => true,
        ),
      `no route to 2001:db8::5 dev "${SHIM}"`,
    ],
    [
      "the pod's address among the host's neighbours",
      (sim) => neighboursOf(sim).delete("2001:db8::5"),
      "the host has no permanent neighbour 2001:db8::5 lladdr ",
    ],
    [
      "the pod's MAC address there",
      (sim) => neighboursOf(sim).set("10.0.0.5", mac),
      "the host has no permanent neighbour 10.0.0.5 lladdr ",
    ],
    [
      "the host's address among the pod's neighbours",
      (sim) => podLink(sim).neighbours.delete("10.0.0.1"),
      "the container has no permanent neighbour 10.0.0.1 lladdr ",
    ],
    [
      "the host's MAC address there",
      (sim) => podLink(sim).neighbours.set("2001:db8::1", mac),
      "the container has no permanent neighbour 2001:db8::1 lladdr ",
    ],
  ])("misses %s", (_, damage, words) => {
    const sim = near();
    const prevResult = add(sim, keys);
    const check = { command: "CHECK", config: config({ ...keys, prevResult }) };
    succeed(sim, "CHECK", check);
    damage(sim);
    const error = refusal(sim, check);
    expect(error.code).toBe(107);
    expect(error.msg).toContain(words);
  });

  test.each(["host", "container"])(
    "cannot say where the %s's neighbours cannot be had",
    (where) => {
      const sim = near();
      const prevResult = add(sim, keys);
      const check = { command: "CHECK", config: config({ ...keys, prevResult }) };
      const skip = where === "host" ? 0 : 1;
      sim.refuse({ type: uapi.RTM_GETNEIGH, errno: uapi.EPERM, skip });
      const error = refusal(sim, check);
      expect(error.code).toBe(111);
      expect(error.msg).toContain(`list the ${where}'s neighbours`);
    },
  );
});

test("an ADD that was killed before its file had an end is no obstacle", () => {
  const sim = near();
  sim.files.write("/run/cni-macvlan/net1/container-1:mv0", "2 10.0");
  add(sim, keys);
  succeed(sim, "DEL", { config: config(keys) });
  expect(records(sim)).toEqual([]);
  expect(sim.netns(POD).find("mv0")).toBeUndefined();
});

test("an interface that went down is set up again by the next ADD", () => {
  const sim = near();
  sim.addNetns("/run/netns/two");
  add(sim, keys);
  setUp(shimOf(sim) as Link, false);
  add(
    sim,
    { hostAccess: true, ipam: staticIpam(["10.0.0.6/24"]) },
    { containerId: "two", netns: "/run/netns/two" },
  );
  expect(shimOf(sim)?.up).toBe(true);
});
