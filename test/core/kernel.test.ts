import { describe, expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import { deleteLink, PLUGIN_PATH, type Sim, setUp, withFault } from "../../host/sim/index.ts";
import * as E from "../../host/sim/uapi.ts";
import {
  add,
  addressesOf,
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

// Kernels that refuse, old kernels, large answers.

const EIO = 5;
const ENOMEM = 12;
const ENOBUFS = 105;

const CONFIG = config({
  ipam: staticIpam(["10.0.0.5/24", "2001:db8::5/64"], { routes: [{ dst: "10.9.0.0/16" }] }),
});

/** Requests of ADD, in their order: which is refused, the code, and what the message names. */
const REFUSALS: readonly [name: string, type: number, skip: number, code: number, what: RegExp][] =
  [
    ["to create the link", E.RTM_NEWLINK, 0, 101, /create macvlan "mv0" .* on master "eth0"/],
    ["an IPv4 address", E.RTM_NEWADDR, 0, 103, /add address 10\.0\.0\.5\/24 to "mv0"/],
    ["an IPv6 address", E.RTM_NEWADDR, 1, 103, /add address 2001:db8::5\/64 to "mv0"/],
    ["to set the link up", E.RTM_SETLINK, 0, 103, /set "mv0" up/],
    ["a route", E.RTM_NEWROUTE, 0, 103, /add route 10\.9\.0\.0\/16/],
    ["to look the master up", E.RTM_GETLINK, 0, 100, /look up master "eth0"/],
    ["to look the new link up", E.RTM_GETLINK, 1, 108, /look up interface "mv0"/],
    ["to list the addresses", E.RTM_GETADDR, 0, 103, /list the addresses of "mv0"/],
  ];

describe("a kernel that refuses", () => {
  test.each(REFUSALS)(
    "%s: ADD says what and why, and leaves nothing",
    (_, type, skip, code, what) => {
      const sim = machine();
      sim.refuse({ type, skip, errno: EIO, extack: "the reason why" });
      const error = refusal(sim, { config: CONFIG });
      expect(error.code).toBe(code);
      expect(error.msg).toMatch(what);
      expect(error.msg).toContain("EIO (Input/output error)");
      if (type !== E.RTM_GETADDR) expect(error.msg).toContain("the reason why");
    },
  );

  test.each([
    ["ENOBUFS", ENOBUFS],
    ["ENOMEM", ENOMEM],
    ["EAGAIN", E.EAGAIN],
  ])("for a moment (%s) is code 11, try again later", (name, errno) => {
    for (const [, type, skip] of REFUSALS) {
      const sim = machine();
      sim.refuse({ type, skip, errno });
      const error = refusal(sim, { config: CONFIG });
      expect(error.code).toBe(11);
      expect(error.msg).toContain(name);
    }
  });

  test.each([
    ["create the link", E.RTM_NEWLINK, E.EBUSY, /out of sight/],
    ["create the link", E.RTM_NEWLINK, E.EPERM, /CAP_NET_ADMIN/],
    ["create the link", E.RTM_NEWLINK, E.EOPNOTSUPP, /modprobe macvlan/],
    ["create the link", E.RTM_NEWLINK, E.EADDRNOTAVAIL, /MAC address/],
    ["add an address", E.RTM_NEWADDR, E.EEXIST, /there already/],
    ["add a route", E.RTM_NEWROUTE, E.ENETUNREACH, /gateway/],
  ])("to %s (%d, error %d): the details say what to do", (_, type, errno, remedy) => {
    const sim = machine();
    sim.refuse({ type, errno });
    // an address that nobody asked for would be replaced
    const keys = { ...CONFIG, mac: "02:00:00:00:00:77" };
    expect(refusal(sim, { config: keys }).details).toMatch(remedy);
  });

  test("an unprivileged caller is told so", () => {
    const error = refusal(machine({ privileged: false }), { config: config() });
    expect(error).toMatchObject({ code: 108 });
    expect(error.msg).toMatch(/EPERM.*CAP_SYS_ADMIN|CAP_SYS_ADMIN.*EPERM/);
  });

  test("to remove the link in undoing ADD: the first error is reported, the other logged", () => {
    const sim = machine();
    sim.refuse({ type: E.RTM_SETLINK, errno: EIO });
    sim.refuse({ type: E.RTM_DELLINK, errno: E.EBUSY });
    const outcome = run(sim, { config: config() });
    expect(failure(outcome).msg).toContain('set "mv0" up');
    expect(outcome.stderr).toMatch(/undoing the failed ADD: .*EBUSY/);
    succeed(sim, "DEL");
    expect(sim.netns(POD).find("mv0")).toBeUndefined();
  });
});

describe("a kernel that looks for the new name where the request comes from", () => {
  const OLD = { namesOfSource: true };

  function oldMachine(): Sim {
    const sim = machine(OLD);
    sim.addMaster("mv0");
    return sim;
  }

  test("is got round by a temporary name", () => {
    const sim = oldMachine();
    const result = add(sim, { ipam: staticIpam(["10.0.0.5/24"]), mac: "02:00:00:00:00:44" });
    expect(result.interfaces?.[0]).toMatchObject({ name: "mv0", mac: "02:00:00:00:00:44" });
    expect(addressesOf(podLink(sim))).toEqual(["10.0.0.5/24"]);
    expect([...sim.netns(POD).links.values()].map(({ name }) => name)).toEqual(["lo", "mv0"]);
    succeed(sim, "DEL");
    expect(sim.netns(POD).links.size).toBe(1);
    expect(sim.host.find("mv0")?.kind).toBe("veth");
  });

  test("needs none where the name is free", () => {
    const sim = machine(OLD);
    sim.refuse({ type: E.RTM_SETLINK, errno: EIO, skip: 1 });
    add(sim);
    expect(podLink(sim).up).toBe(true);
  });

  test("and refuses the rename: nothing is left", () => {
    const sim = oldMachine();
    sim.refuse({ type: E.RTM_SETLINK, errno: EIO });
    const error = refusal(sim, { config: config() });
    expect(error.code).toBe(101);
    expect(error.msg).toMatch(/rename macvlan "mv[0-9a-f]{12}" to "mv0"/);
  });

  test("does not hide that the name is taken in the container", () => {
    const sim = oldMachine();
    sim.addMaster("mv0", {}, sim.netns(POD));
    expect(refusal(sim, { config: config() }).code).toBe(102);
  });

  test("and a plugin that was killed before the rename: DEL finds what is left", () => {
    const sim = oldMachine();
    sim.refuse({ type: E.RTM_SETLINK, errno: EIO });
    sim.refuse({ type: E.RTM_DELLINK, errno: EIO });
    run(sim, { config: config() });
    expect(sim.netns(POD).links.size).toBe(2);
    succeed(sim, "DEL");
    expect(sim.netns(POD).links.size).toBe(1);
  });

  test("two containers with the same interface name do not meet", () => {
    const sim = oldMachine();
    sim.addNetns("/run/netns/other");
    add(sim);
    add(sim, {}, { config: config(), netns: "/run/netns/other", containerId: "container-2" });
    expect(sim.netns("/run/netns/other").find("mv0")?.kind).toBe("macvlan");
  });
});

describe("answers that do not fit into one datagram", () => {
  test.each([300, 1000, 4096])("of %d bytes", (dumpBytes) => {
    const sim = machine({ dumpBytes });
    const addresses = Array.from({ length: 60 }, (_, index) => `10.0.${index}.5/24`);
    const routes = addresses.map((_, index) => ({ dst: `10.9.${index}.0/24` }));
    const ipam = staticIpam([...addresses, "2001:db8::5/64"], { routes });
    const prevResult = add(sim, { ipam });
    succeed(sim, "CHECK", { config: config({ ipam, prevResult }) });
    const pod = sim.netns(POD);
    const last = pod.routes.all.find(({ dst }) => dst.join(".") === "10.9.59.0");
    if (last) pod.routes.remove(last);
    const error = refusal(sim, { command: "CHECK", config: config({ ipam, prevResult }) });
    expect(error.msg).toContain("10.9.59.0/24");
  });

  test("a thousand addresses and routes are configured in order", () => {
    const sim = machine();
    const addresses = Array.from(
      { length: 1000 },
      (_, index) => `10.${index >> 8}.${index & 255}.5/24`,
    );
    const routes = addresses.map((_, index) => ({
      dst: `11.${index >> 8}.${index & 255}.0/24`,
      gw: `10.${index >> 8}.${index & 255}.1`,
    }));
    const result = add(sim, { ipam: staticIpam(addresses, { routes }) });
    expect(result.ips).toHaveLength(1000);
    expect(addressesOf(podLink(sim))).toEqual(addresses);
    const made = sim.netns(POD).routes.all.filter(({ protocol }) => protocol === 3);
    expect(made).toHaveLength(1000);
  });
});

test("other interfaces of the container are neither looked at nor touched", () => {
  const sim = machine();
  const pod = sim.netns(POD);
  for (let index = 0; index < 20; index++) sim.addMaster(`other${index}`, {}, pod);
  const other = pod.find("other7");
  const before = other?.addresses.map(({ text }) => text);
  add(sim, { ipam: staticIpam(["10.0.0.5/24", "2001:db8::5/64"]) });
  expect(pod.find("other7")?.addresses.map(({ text }) => text)).toEqual(before);
  expect(pod.find("other7")?.settings.changes()).toEqual({});
});

test("a master that goes away during ADD fails it", () => {
  const sim = machine();
  sim.files.install(`${PLUGIN_PATH}/ipam`, ({ env }) => {
    if (env.CNI_COMMAND === "ADD") deleteLink(podLink(sim).root);
    return { stdout: '{"ips":[{"address":"10.0.0.5/24"}]}' };
  });
  const outcome = run(sim, { config: config({ ipam: { type: "ipam" } }) });
  expect(failure(outcome).code).toBe(103);
  expect(sim.netns(POD).links.size).toBe(1);
});

test("a master that goes down during ADD is no failure: it may come up again", () => {
  const sim = machine();
  sim.files.install(`${PLUGIN_PATH}/ipam`, ({ env }) => {
    if (env.CNI_COMMAND === "ADD") setUp(podLink(sim).root, false);
    return { stdout: '{"ips":[{"address":"2001:db8::5/64"}]}' };
  });
  const outcome = run(sim, { config: config({ ipam: { type: "ipam" } }) });
  expect(outcome.status).toBe(0);
  expect(outcome.stderr).toContain("no carrier");
});

test("a way back to the host's namespace that fails for a moment is tried again", () => {
  const sim = machine();
  const wrap = (system: System) =>
    withFault(system, { call: "setns", nth: 2, failure: ENOMEM }).system;
  add(sim, { ipam: staticIpam(["10.0.0.5/24"]) }, { wrap });
});
