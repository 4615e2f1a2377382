import { describe, expect, test } from "vitest";
import { Network, type NetworkList, PLUGIN_PATH, type Sim } from "../../host/sim/index.ts";
import { core, machine } from "../core/core.ts";

// What a runtime does with a list (specification, section 3).

interface Heard {
  readonly name: string;
  readonly command: string | undefined;
  readonly config: Record<string, unknown>;
}

/** Plugins that note what they hear and pass the previous result on, with their mark. */
function install(sim: Sim, ...names: readonly string[]): Heard[] {
  const heard: Heard[] = [];
  for (const name of names) {
    sim.files.install(`${PLUGIN_PATH}/${name}`, ({ env, stdin }) => {
      const config = JSON.parse(new TextDecoder().decode(stdin));
      heard.push({ name, command: env.CNI_COMMAND, config });
      if (config.fails) return { status: 1, stdout: '{"code": 100, "msg": "no"}' };
      if (env.CNI_COMMAND !== "ADD") return {};
      const { prevResult = { cniVersion: "1.1.0" } } = config;
      return { stdout: JSON.stringify({ ...prevResult, dns: { domain: name } }) };
    });
  }
  return heard;
}

function network(sim: Sim, ...plugins: NetworkList["plugins"]): Network {
  return new Network(sim, core, { cniVersion: "1.1.0", name: "net1", plugins });
}

const said = (heard: Heard[]) => heard.map(({ name, command }) => `${command} ${name}`);

test("ADD goes down the list with the results, DEL comes up, CHECK has the last result", () => {
  const sim = machine();
  const heard = install(sim, "first", "second");
  const net = network(sim, { type: "first" }, { type: "second", key: 5 });
  expect(net.add().json).toEqual({ cniVersion: "1.1.0", dns: { domain: "second" } });
  net.check();
  net.del();
  const downwards = ["ADD first", "ADD second", "CHECK first", "CHECK second"];
  expect(said(heard)).toEqual([...downwards, "DEL second", "DEL first"]);
  const common = { cniVersion: "1.1.0", name: "net1" };
  expect(heard[0]?.config).toEqual({ ...common, type: "first" });
  const ofFirst = { cniVersion: "1.1.0", dns: { domain: "first" } };
  expect(heard[1]?.config).toEqual({ ...common, type: "second", key: 5, prevResult: ofFirst });
  const final = { cniVersion: "1.1.0", dns: { domain: "second" } };
  for (const { config } of heard.slice(2)) expect(config.prevResult).toEqual(final);
});

test("the first failure ends it, and there is no result to keep", () => {
  const sim = machine();
  const heard = install(sim, "first", "second");
  const net = network(sim, { type: "first", fails: true }, { type: "second" });
  expect(net.add()).toMatchObject({ status: 1, json: { code: 100 } });
  expect(said(heard)).toEqual(["ADD first"]);
  net.check();
  expect(heard.at(-1)?.config.prevResult).toBeUndefined();
});

test("a plugin hears of the capabilities that it has declared", () => {
  const sim = machine();
  const heard = install(sim, "first", "second");
  const capabilities = { ips: true, mac: false };
  const net = network(sim, { type: "first", capabilities }, { type: "second" });
  net.add({ capabilityArgs: { ips: ["10.0.0.1/24"], mac: "02:00:00:00:00:01" } });
  expect(heard[0]?.config.runtimeConfig).toEqual({ ips: ["10.0.0.1/24"] });
  expect(heard[1]?.config.runtimeConfig).toBeUndefined();
});

test("GC lists what was added and not deleted", () => {
  const sim = machine();
  const heard = install(sim, "first");
  const net = network(sim, { type: "first" });
  for (const containerId of ["a", "b"]) net.add({ containerId, ifname: "eth0" });
  net.del({ containerId: "a", ifname: "eth0" });
  net.gc();
  expect(heard.at(-1)?.config["cni.dev/valid-attachments"]).toEqual([
    { containerID: "b", ifname: "eth0" },
  ]);
});

describe("CHECK", () => {
  test("is left out where the list says so", () => {
    const sim = machine();
    const heard = install(sim, "first");
    const plugins = [{ type: "first" }];
    const net = new Network(sim, core, { name: "net1", disableCheck: true, plugins });
    expect(net.check().status).toBe(0);
    expect(heard).toEqual([]);
  });
});

test("the core is what its names lead to, wrapped as asked; what is missing is told", () => {
  const sim = machine();
  let calls = 0;
  const net = network(sim, { type: "macvlan", master: "eth0" });
  const outcome = net.add({
    wrap: (system) => {
      calls++;
      return system;
    },
  });
  expect(outcome).toMatchObject({ status: 0, json: { interfaces: [{ name: "mv0" }] } });
  expect(calls).toBe(1);
  expect(net.status().status).toBe(0);
  expect(() => network(sim, { type: "tuning" }).add()).toThrow("no program at /opt/cni/bin/tuning");
});
