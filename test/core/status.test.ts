import { describe, expect, test } from "vitest";
import { add, config, machine, refusal, staticIpam, succeed } from "./core.ts";

// STATUS says whether an ADD would find what it needs; GC is IPAM's affair.

describe("STATUS succeeds", () => {
  test.each([
    ["with a master that is up", {}],
    ["with static addresses", { ipam: staticIpam(["10.0.0.5/24"]) }],
    ["with an MTU that the master carries", { mtu: 1500 }],
    ["with a master in a container that is not known yet", { linkInContainer: true, master: "x" }],
  ])("%s", (_, keys) => {
    const sim = machine();
    const before = sim.snapshot();
    succeed(sim, "STATUS", { config: config(keys) });
    expect(sim.snapshot()).toEqual(before);
  });

  test("without the container's variables, as libcni calls it", () => {
    const env = { CNI_CONTAINERID: "", CNI_NETNS: "", CNI_IFNAME: "", CNI_ARGS: "" };
    succeed(machine(), "STATUS", { env });
  });
});

describe("STATUS fails with code 50 when", () => {
  test.each([
    ["the master is not there", { master: "nosuch" }, /master "nosuch" not found/],
    ["the master is loopback", { master: "lo" }, /loopback/],
    ["there is no default route to say which", { master: undefined }, /no default route/],
    ["the MTU is larger than the master's", { mtu: 1501 }, /invalid MTU 1501/],
  ])("%s", (_, keys, msg) => {
    const error = refusal(machine(), { command: "STATUS", config: config(keys) });
    expect(error.code).toBe(50);
    expect(error.msg).toMatch(msg);
  });

  test("the master is down", () => {
    const sim = machine();
    sim.addMaster("eth1", { up: false });
    const error = refusal(sim, { command: "STATUS", config: config({ master: "eth1" }) });
    expect(error).toMatchObject({ code: 50 });
  });
});

test.each([
  ["bridge", "bridge", false],
  ["bond", "bond", false],
  ["VRF, whose ports carry macvlans", "vrf", true],
])("STATUS of a port of a %s", (_, kind, isReady) => {
  const sim = machine();
  const eth0 = sim.host.find("eth0");
  if (eth0) eth0.controller = sim.addMaster("top", { kind });
  if (isReady) return succeed(sim, "STATUS");
  const error = refusal(sim, { command: "STATUS", config: config() });
  expect(error).toMatchObject({ code: 50, msg: `master "eth0" is a port of a ${kind}` });
  expect(error.details).toMatch(/make "top" the master.*troubleshooting/);
});

test("STATUS makes the choice of ADD, and says what is wrong with each", () => {
  const sim = machine();
  sim.addMaster("ens5", { up: false });
  succeed(sim, "STATUS", { config: config({ master: ["ens*", "eth0"] }) });
  const error = refusal(sim, { command: "STATUS", config: config({ master: ["ens*", "lo"] }) });
  expect(error.code).toBe(50);
  expect(error.msg).toMatch(/"ens5" is down; "lo" is a loopback/);
});

test.each([
  ["an unknown mode", { mode: "macvtap" }, 2],
  ["a bad MAC address", { mac: "zz" }, 7],
  ["an IPAM plugin that is not there", { ipam: { type: "nosuch" } }, 50],
  ["a static address without prefix", { ipam: staticIpam(["10.0.0.5"]) }, 7],
])("STATUS fails for %s", (_, keys, code) => {
  expect(refusal(machine(), { command: "STATUS", config: config(keys) }).code).toBe(code);
});

test("STATUS passes on the codes of the IPAM plugin", () => {
  const sim = machine();
  const stdout = '{"code":51,"msg":"pool is empty"}';
  sim.files.install("/opt/cni/bin/ipam", () => ({ status: 1, stdout }));
  const error = refusal(sim, { command: "STATUS", config: config({ ipam: { type: "ipam" } }) });
  expect(error).toMatchObject({ code: 51, msg: "pool is empty" });
});

describe("GC", () => {
  const attachments = [{ containerID: "container-1", ifname: "mv0" }];

  test.each([
    ["a list", attachments],
    ["an empty list", []],
    ["null", null],
    ["no list", undefined],
  ])("with %s touches no interface", (_, list) => {
    const sim = machine();
    add(sim);
    const before = sim.snapshot();
    succeed(sim, "GC", { config: config({ "cni.dev/valid-attachments": list }) });
    expect(sim.snapshot()).toEqual(before);
  });

  test("is handed on with the list, byte for byte", () => {
    const sim = machine();
    let stdin = "";
    sim.files.install("/opt/cni/bin/ipam", (invocation) => {
      stdin = new TextDecoder().decode(invocation.stdin);
      return {};
    });
    const own = config({ ipam: { type: "ipam" }, "cni.dev/valid-attachments": attachments });
    succeed(sim, "GC", { config: own, env: { CNI_NETNS: "", CNI_IFNAME: "" } });
    expect(stdin).toBe(JSON.stringify(own));
  });

  test("does not ask for a master", () => {
    succeed(machine(), "GC", { config: config({ master: "nosuch" }) });
  });

  test("fails without CNI_PATH where there is IPAM to call", () => {
    const call = {
      command: "GC",
      config: config({ ipam: { type: "host-local" } }),
      env: { CNI_PATH: undefined },
    };
    expect(refusal(machine(), call)).toMatchObject({ code: 4 });
  });
});
