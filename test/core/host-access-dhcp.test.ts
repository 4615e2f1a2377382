import { expect, test } from "vitest";
import { type Link, PLUGIN_PATH, type Sim } from "../../host/sim/index.ts";
import { add, config, refusal, succeed } from "./core.ts";
import { keys, near, records, SHIM, shimOf, ways, withoutFolders } from "./host-access.ts";

// hostAccess with DHCP: the host's own macvlan is there before a server on the host is asked.

const dhcp = { hostAccess: true, ipam: { type: "dhcp" } };
const two = { containerId: "two", netns: "/run/netns/two" };

/** A machine with another pod, whose dhcp plugin does something before it answers. */
function prepare(meanwhile: (sim: Sim) => void): Sim {
  const sim = near();
  sim.addNetns(two.netns);
  sim.files.install(`${PLUGIN_PATH}/dhcp`, ({ env }) => {
    if (env.CNI_COMMAND !== "ADD") return {};
    meanwhile(sim);
    return { stdout: JSON.stringify({ ips: [{ address: "10.0.0.9/24" }] }) };
  });
  return sim;
}

test("the interface is there, and up, when the server is asked", () => {
  let seen: Link | undefined;
  const sim = prepare(() => {
    seen = shimOf(sim);
    expect(seen?.up).toBe(true);
  });
  const before = withoutFolders(sim);
  add(sim, dhcp);
  expect(seen).toBeDefined();
  expect(shimOf(sim)).toBe(seen);
  expect(ways(sim)).toEqual([`10.0.0.9 dev ${SHIM} src 10.0.0.1`]);
  succeed(sim, "DEL", { config: config(dhcp) });
  expect(withoutFolders(sim)).toEqual(before);
  expect(records(sim)).toEqual([]);
});

test("it stays when the last pod goes meanwhile", () => {
  const sim = prepare(() => {
    const shim = shimOf(sim);
    succeed(sim, "DEL", { config: config(keys), ...two });
    expect(shimOf(sim)).toBe(shim);
  });
  add(sim, keys, two);
  add(sim, dhcp);
  expect(ways(sim)).toEqual([`10.0.0.9 dev ${SHIM} src 10.0.0.1`]);
});

test("without an answer all of it goes", () => {
  const sim = prepare(() => {});
  sim.files.install(`${PLUGIN_PATH}/dhcp`, () => ({ status: 1 }));
  sim.files.mkdir("/run/cni-macvlan/net1");
  sim.files.write("/run/cni-macvlan/.lock", "", 0o600);
  refusal(sim, { config: config(dhcp) });
});
