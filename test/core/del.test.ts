import type { System } from "../../host/imports.ts";
import { describe, expect, test } from "vitest";
import { confine } from "../../host/policy.ts";
import { deleteLink, type KernelOptions, uapi } from "../../host/sim/index.ts";
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

// DEL: what is there goes, what is not there is no failure.

test("a namespace that cannot be looked at is not gone", () => {
  const sim = machine();
  add(sim);
  const wrap = (system: System): System => {
    const confined = confine(system);
    const statx: System["statx"] = (dirfd, path, ...words) =>
      path === POD ? -uapi.EACCES : confined.statx(dirfd, path, ...words);
    return { ...confined, statx };
  };
  const error = failure(run(sim, { command: "DEL", wrap }));
  expect(error).toMatchObject({ code: 4, msg: expect.stringContaining("EACCES") });
  expect(podLink(sim).up).toBe(true);
});

test("takes back all that ADD did", () => {
  const sim = machine();
  const before = sim.snapshot();
  const ipam = staticIpam(["10.0.0.5/24", "2001:db8::5/64"], { routes: [{ dst: "10.9.0.0/16" }] });
  const prevResult = add(sim, { ipam });
  expect(sim.snapshot()).not.toEqual(before);
  succeed(sim, "DEL", { config: config({ ipam, prevResult }) });
  expect(sim.snapshot()).toEqual(before);
});

describe("succeeds", () => {
  test("when it is repeated", () => {
    const sim = machine();
    add(sim);
    succeed(sim, "DEL");
    succeed(sim, "DEL");
  });

  test.each([
    ["with an empty CNI_NETNS", ""],
    ["when the namespace is gone", "/run/netns/none"],
    ["when a folder of the path is none any more", "/run/netns/pod/x"],
    ["when a file of no namespace is left", "/run/netns/stale"],
    ["when a folder is there instead", "/opt/cni"],
  ])("%s", (_, netns) => {
    const sim = machine();
    sim.files.write("/run/netns/stale", "");
    succeed(sim, "DEL", { netns });
  });

  test("without CNI_NETNS", () => {
    succeed(machine(), "DEL", { env: { CNI_NETNS: undefined } });
  });

  test("when the master is gone, and the interface with it", () => {
    const sim = machine();
    add(sim);
    deleteLink(podLink(sim).root);
    succeed(sim, "DEL");
  });

  test.each([
    ["a master that is not there", { master: "nosuch" }],
    ["an unknown mode", { mode: "macvtap" }],
    ["an MTU that is too large", { mtu: 65000 }],
    ["a bad MAC address", { mac: "zz" }],
    ["a prevResult that is no result", { prevResult: { cniVersion: "9", ips: 5 } }],
  ])("with %s in the configuration", (_, keys) => {
    const sim = machine();
    add(sim);
    succeed(sim, "DEL", { config: config(keys) });
    expect(sim.netns(POD).find("mv0")).toBeUndefined();
  });

  test("with CNI_ARGS that nobody knows", () => {
    const sim = machine();
    add(sim);
    succeed(sim, "DEL", { args: "FOO=bar" });
  });

  test("at every version of the specification", () => {
    for (const cniVersion of ["0.1.0", "0.4.0", "1.0.0"]) {
      const sim = machine();
      add(sim);
      succeed(sim, "DEL", { config: config({ cniVersion }) });
      expect(sim.netns(POD).find("mv0")).toBeUndefined();
    }
  });
});

test("runs the DEL of IPAM also when the namespace is gone", () => {
  const sim = machine();
  let calls = 0;
  sim.files.install("/opt/cni/bin/ipam", () => {
    calls++;
    return {};
  });
  succeed(sim, "DEL", { netns: "/run/netns/none", config: config({ ipam: { type: "ipam" } }) });
  expect(calls).toBe(1);
});

test("removes nothing but a macvlan", () => {
  const sim = machine();
  sim.addMaster("mv0", {}, sim.netns(POD));
  const before = sim.snapshot();
  const outcome = run(sim, { command: "DEL" });
  expect(outcome).toMatchObject({ status: 0, stdout: "" });
  expect(outcome.stderr).toContain('"mv0" is not a macvlan');
  expect(sim.snapshot()).toEqual(before);
});

test("leaves other interfaces alone", () => {
  const sim = machine();
  add(sim);
  add(sim, {}, { config: config(), ifname: "mv1" });
  succeed(sim, "DEL", { ifname: "mv1" });
  expect(podLink(sim, "mv0").kind).toBe("macvlan");
});

test("reports what the kernel refused, and every failure after it", () => {
  const sim = machine();
  const ipam = { type: "ipam" };
  sim.files.install("/opt/cni/bin/ipam", ({ env }) =>
    env.CNI_COMMAND === "ADD"
      ? { stdout: '{"ips":[{"address":"10.0.0.7/24"}]}' }
      : { status: 1, stdout: '{"code":123,"msg":"still leased"}' },
  );
  add(sim, { ipam });
  sim.refuse({ type: 17, errno: 16, extack: "busy today" });
  const error = refusal(sim, { command: "DEL", config: config({ ipam }) });
  expect(error.code).toBe(109);
  expect(error.msg).toMatch(/"mv0".*EBUSY.*busy today/);
  expect(error.details).toContain("still leased");
});

test("an IPAM plugin that is gone does not keep the interface from going", () => {
  const sim = machine();
  add(sim);
  const outcome = run(sim, { command: "DEL", config: config({ ipam: { type: "gone" } }) });
  expect(failure(outcome).code).toBe(105);
  expect(sim.netns(POD).find("mv0")).toBeUndefined();
});

describe("the kernel's memory", () => {
  interface Outcome {
    /** How long it took on the machine's clock. */
    readonly milliseconds: number;
    /** Which calls sent something. */
    readonly sent: readonly string[];
  }

  /** A DEL that must succeed. `deaf`: the plugin hears of nothing that happens. */
  function timeDel(
    options: KernelOptions,
    keys: Record<string, unknown> = {},
    deaf = false,
  ): Outcome {
    const sim = machine(options);
    add(sim);
    const sent: string[] = [];
    const hear = (system: System, name: keyof System) => {
      if (name.includes("send")) sent.push(name);
      if (deaf && name === "setsockopt") return () => 0;
      return (system[name] as () => unknown).bind(system);
    };
    const wrap = (system: System) =>
      new Proxy(system, { get: (_, name: keyof System) => hear(system, name) });
    const start = sim.kernel.clock.now;
    succeed(sim, "DEL", { config: config(keys), wrap });
    expect(sim.netns(POD).find("mv0")).toBeUndefined();
    return { milliseconds: sim.kernel.clock.now - start, sent };
  }

  test("is not waited for: DEL ends with the notification that the interface is gone", () => {
    const { milliseconds, sent } = timeDel({ freeMs: 15 });
    expect(sent).toEqual(["send", "start_send"]);
    expect(milliseconds).toBeLessThan(5);
  });

  test.each([15, 3000])("is waited for, %i ms, where no notification comes", (freeMs) => {
    const { milliseconds } = timeDel({ freeMs }, {}, true);
    expect(milliseconds).toBeGreaterThanOrEqual(freeMs);
    expect(milliseconds).toBeLessThan(freeMs + 5);
  });

  test("is waited for where the configuration says so", () => {
    expect(timeDel({}, { synchronousDelete: true }).sent).toEqual(["send", "send"]);
  });

  test("and a configuration that says it wrongly is reported, after the work is done", () => {
    const sim = machine();
    add(sim);
    const call = { command: "DEL", config: config({ synchronousDelete: "yes" }) };
    const error = failure(run(sim, call));
    expect(error).toMatchObject({ code: 6, msg: expect.stringContaining("synchronousDelete") });
    expect(sim.netns(POD).find("mv0")).toBeUndefined();
  });
});
