import { describe, expect, test } from "vitest";
import { errorSchema } from "../../host/schema/index.ts";
import {
  type Exit,
  type Invocation,
  PLUGIN_PATH,
  type Program,
  type Sim,
} from "../../host/sim/index.ts";
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
  succeed,
} from "./core.ts";

// IPAM plugins that are executed: how they are found and called, and what becomes of what they say.

const RESULT = { cniVersion: "1.1.0", ips: [{ address: "10.0.0.7/24", gateway: "10.0.0.1" }] };

/** What was executed, in order. */
type Log = (Invocation & { readonly command: string | undefined; readonly inPod: boolean })[];

/** Installs an IPAM plugin that answers ADD by `exit` and all else by success. */
function install(sim: Sim, exit: Exit = { stdout: JSON.stringify(RESULT) }, name = "ipam"): Log {
  const log: Log = [];
  const program: Program = (invocation) => {
    const command = invocation.env.CNI_COMMAND;
    log.push({ ...invocation, command, inPod: invocation.netns === sim.netns(POD) });
    return command === "ADD" ? exit : {};
  };
  sim.files.install(`${PLUGIN_PATH}/${name}`, program);
  return log;
}

const ipam = { type: "ipam", some: "key" };

function commands(log: Log): (string | undefined)[] {
  return log.map(({ command }) => command);
}

test("it gets the same bytes on stdin, and the whole environment but for the command", () => {
  const sim = machine();
  const log = install(sim);
  const text = ` ${JSON.stringify(config({ ipam }))}\n`;
  const env = { FOO: "bar", TRACEPARENT: "00-x", CNI_NETNS_OVERRIDE: "0" };
  expect(run(sim, { config: text, args: "IgnoreUnknown=1;A=b", env }).status).toBe(0);
  expect(log).toHaveLength(1);
  expect(new TextDecoder().decode(log[0]?.stdin)).toBe(text);
  expect(log[0]).toMatchObject({ path: `${PLUGIN_PATH}/ipam`, inPod: false });
  expect(log[0]?.env).toEqual({
    CNI_COMMAND: "ADD",
    CNI_CONTAINERID: "container-1",
    CNI_NETNS: POD,
    CNI_IFNAME: "mv0",
    CNI_PATH: PLUGIN_PATH,
    CNI_ARGS: "IgnoreUnknown=1;A=b",
    ...env,
  });
});

test("ADD runs it while the interface is there and down", () => {
  const sim = machine();
  const seen: unknown[] = [];
  sim.files.install(`${PLUGIN_PATH}/ipam`, ({ env }) => {
    if (env.CNI_COMMAND === "ADD") seen.push(podLink(sim).kind, podLink(sim).up);
    return { stdout: JSON.stringify(RESULT) };
  });
  add(sim, { ipam });
  expect(seen).toEqual(["macvlan", false]);
});

test.each([
  ["CHECK", "CHECK"],
  ["DEL", "DEL"],
  ["STATUS", "STATUS"],
  ["GC", "GC"],
])("%s is handed on as %s", (command, wanted) => {
  const sim = machine();
  const log = install(sim);
  const prevResult = add(sim, { ipam });
  succeed(sim, command, { config: config({ ipam, prevResult }) });
  expect(commands(log)).toEqual(["ADD", wanted]);
});

test("the one that comes first on CNI_PATH is taken", () => {
  const sim = machine();
  install(sim, { status: 1 });
  sim.files.install("/a/ipam", () => ({ stdout: JSON.stringify(RESULT) }));
  sim.files.mkdir("/b/ipam");
  const env = { CNI_PATH: `:/none:/b:/a:${PLUGIN_PATH}` };
  expect(run(sim, { config: config({ ipam }), env }).status).toBe(0);
});

test("an empty element of CNI_PATH is no folder, least of all the root", () => {
  const sim = machine();
  sim.files.install("/ipam", () => ({ stdout: JSON.stringify(RESULT) }));
  const error = refusal(sim, { config: config({ ipam }), env: { CNI_PATH: ":/none:" } });
  expect(error.code).toBe(105);
});

test("a symbolic link is followed", () => {
  const sim = machine();
  install(sim, undefined, "real");
  sim.files.symlink(`${PLUGIN_PATH}/ipam`, "real");
  add(sim, { ipam });
});

test("its log reaches ours, also when it succeeds", () => {
  const sim = machine();
  install(sim, { stdout: JSON.stringify(RESULT), stderr: "a line of its own\n" });
  const outcome = run(sim, { config: config({ ipam }) });
  expect(outcome).toMatchObject({ status: 0, stderr: "a line of its own\n" });
});

describe("a result", () => {
  test.each([
    ["of 1.0.0", { cniVersion: "1.0.0", ips: [{ address: "10.0.0.7/24" }] }],
    ["of 0.4.0", { cniVersion: "0.4.0", ips: [{ version: "4", address: "10.0.0.7/24" }] }],
    [
      "of 0.2.0",
      { cniVersion: "0.2.0", ip4: { ip: "10.0.0.7/24", routes: [{ dst: "0.0.0.0/0" }] } },
    ],
    ["without a version", { ips: [{ address: "10.0.0.7/24" }] }],
    [
      "with an interface index, which is replaced",
      { ips: [{ interface: 3, address: "10.0.0.7/24" }] },
    ],
    ["with keys that nobody knows", { ...RESULT, more: { x: 1 } }],
  ])("%s is understood", (_, result) => {
    const sim = machine();
    install(sim, { stdout: JSON.stringify(result) });
    expect(add(sim, { ipam }).ips).toMatchObject([{ interface: 0, address: "10.0.0.7/24" }]);
    expect(addressesOf(podLink(sim))).toEqual(["10.0.0.7/24"]);
  });

  test("of 0.2.0 brings its routes along", () => {
    const sim = machine();
    const ip4 = { ip: "10.0.0.7/24", gateway: "10.0.0.1", routes: [{ dst: "0.0.0.0/0" }] };
    install(sim, { stdout: JSON.stringify({ cniVersion: "0.2.0", ip4, dns: { domain: "x" } }) });
    const result = add(sim, { ipam });
    expect(result.routes).toEqual([{ dst: "0.0.0.0/0" }]);
    expect(result.dns).toEqual({ domain: "x" });
  });
});

/** What an IPAM plugin may do wrong in ADD; the code, and what the message or the details say. */
const BROKEN: readonly [name: string, exit: Exit, code: number, says: RegExp][] = [
  ["prints nothing", {}, 105, /printed no CNI result/],
  ["prints garbage", { stdout: "hello" }, 105, /stdout starts: hello/],
  ["prints two documents", { stdout: "{}{}" }, 105, /printed no CNI result/],
  ["prints a document that is cut off", { stdout: '{"ips":[' }, 105, /printed no CNI result/],
  ["prints an array", { stdout: "[]" }, 105, /printed no CNI result/],
  ["prints bytes that are not UTF-8", { stdout: Uint8Array.of(0xff, 0xfe) }, 105, /no CNI result/],
  ["prints megabytes", { stdout: "x".repeat(2 << 20) }, 105, /more than \d+ bytes/],
  ["names an unknown version", { stdout: '{"cniVersion":"9.9.9"}' }, 105, /9\.9\.9/],
  [
    "gives an address without prefix",
    { stdout: '{"ips":[{"address":"10.0.0.7"}]}' },
    105,
    /10\.0\.0\.7/,
  ],
  ["gives an address of no kind", { stdout: '{"ips":[{"address":5}]}' }, 105, /address/],
  [
    "gives a bad gateway",
    { stdout: '{"ips":[{"address":"10.0.0.7/24","gateway":"x"}]}' },
    105,
    /gateway/,
  ],
  ["gives a bad route", { stdout: '{"ips":[],"routes":[{"dst":"x"}]}' }, 105, /dst/],
  ["gives no address", { stdout: '{"cniVersion":"1.1.0"}' }, 106, /no address/],
  ["answers null", { stdout: "null" }, 106, /no address/],
  ["fails without a word", { status: 3 }, 105, /exit status 3/],
  [
    "fails with a log",
    { status: 1, stderr: "no more addresses" },
    105,
    /stderr: no more addresses/,
  ],
  ["fails with garbage", { status: 1, stdout: "oops" }, 105, /stdout starts: oops/],
  [
    "fails with an error without words",
    { status: 1, stdout: '{"code":7,"msg":""}' },
    7,
    /"ipam" \(\/opt\/cni\/bin\/ipam\) ADD failed without a message/,
  ],
  ["fails with an error of code 0", { status: 1, stdout: '{"code":0,"msg":"m"}' }, 105, /^m/],
  ["is killed", { signal: 9 }, 105, /signal 9/],
  ["dumps core", { signal: 11 | 0x80 }, 105, /signal 11/],
];

describe("an IPAM plugin that", () => {
  test.each(BROKEN)("%s fails ADD, which leaves nothing", (_, exit, code, says) => {
    const sim = machine();
    const log = install(sim, exit);
    const error = refusal(sim, { config: config({ ipam }) });
    expect(error.code).toBe(code);
    expect(`${error.msg}\n${error.details ?? ""}`).toMatch(says);
    expect(commands(log)).toEqual(["ADD", "DEL"]);
  });

  test("reports a CNI error is passed on as it is", () => {
    const sim = machine();
    const stdout = JSON.stringify({ cniVersion: "0.3.0", code: 999, msg: "full", details: "d" });
    const log = install(sim, { status: 1, stdout });
    const before = sim.snapshot();
    const outcome = run(sim, { config: config({ ipam }) });
    expect(outcome.status).toBe(1);
    expect(errorSchema.parse(outcome.json)).toEqual({
      cniVersion: "1.1.0",
      code: 999,
      msg: "full",
      details: "d",
    });
    expect(commands(log)).toEqual(["ADD", "DEL"]);
    expect(sim.snapshot()).toEqual(before);
  });

  test("is not executable", () => {
    const sim = machine();
    sim.files.write(`${PLUGIN_PATH}/ipam`, "#!/bin/sh\n", 0o644);
    const error = refusal(sim, { config: config({ ipam }) });
    expect(error).toMatchObject({ code: 105 });
    expect(error.msg).toContain("EACCES");
  });

  test("is no program", () => {
    const sim = machine();
    sim.files.write(`${PLUGIN_PATH}/ipam`, "text", 0o755);
    const error = refusal(sim, { config: config({ ipam }) });
    expect(error.msg).toContain("ENOEXEC");
  });

  test("is nowhere on CNI_PATH", () => {
    const call = { config: config({ ipam }), env: { CNI_PATH: "/a:/b" } };
    const error = refusal(machine(), call);
    expect(error).toMatchObject({ code: 105 });
    expect(error.msg).toContain('failed to find plugin "ipam" in path [/a /b]');
  });
});

describe("an error of the IPAM plugin in", () => {
  const error = JSON.stringify({ code: 123, msg: "not now" });

  function failing(sim: Sim, failed: string): void {
    sim.files.install(`${PLUGIN_PATH}/ipam`, ({ env }) => {
      if (env.CNI_COMMAND === failed) return { status: 1, stdout: error };
      return env.CNI_COMMAND === "ADD" ? { stdout: JSON.stringify(RESULT) } : {};
    });
  }

  test.each(["CHECK", "STATUS", "GC", "DEL"])("%s is passed on", (command) => {
    const sim = machine();
    failing(sim, command);
    const prevResult = add(sim, { ipam });
    const outcome = run(sim, { command, config: config({ ipam, prevResult }) });
    expect(outcome.status).toBe(1);
    expect(outcome.json).toMatchObject({ code: 123, msg: "not now" });
  });

  test("DEL does not keep the interface from going", () => {
    const sim = machine();
    failing(sim, "DEL");
    add(sim, { ipam });
    run(sim, { command: "DEL", config: config({ ipam }) });
    expect(sim.netns(POD).find("mv0")).toBeUndefined();
  });

  test("the DEL that undoes an ADD is logged; the first error is the one reported", () => {
    const sim = machine();
    failing(sim, "DEL");
    const bad = { type: "ipam" };
    sim.refuse({ type: 20, errno: 13 });
    const outcome = run(sim, { config: config({ ipam: bad }) });
    expect(failure(outcome).code).toBe(103);
    expect(outcome.stderr).toContain("not now");
    expect(sim.netns(POD).find("mv0")).toBeUndefined();
  });
});

describe("DEL", () => {
  /** In which order the interface went and IPAM was asked. */
  function orderOf(type: string): boolean {
    const sim = machine();
    let wasThere = false;
    sim.files.install(`${PLUGIN_PATH}/${type}`, ({ env }) => {
      wasThere = sim.netns(POD).find("mv0") !== undefined;
      return env.CNI_COMMAND === "ADD" ? { stdout: JSON.stringify(RESULT) } : {};
    });
    add(sim, { ipam: { type } });
    succeed(sim, "DEL", { config: config({ ipam: { type } }) });
    return wasThere;
  }

  test("removes the interface before the address is free for others", () => {
    expect(orderOf("host-local")).toBe(false);
  });

  test("asks dhcp while the interface still works", () => {
    expect(orderOf("dhcp")).toBe(true);
  });
});
