import { describe, expect, test } from "vitest";
import { versionSchema } from "../../host/schema/index.ts";
import { type Call, withFault } from "../../host/sim/index.ts";
import { add, config, failure, machine, POD, refusal, run, succeed } from "./core.ts";

// The protocol around every command: environment, standard input, versions, one document on stdout.

const NOTHING = {
  CNI_COMMAND: undefined,
  CNI_CONTAINERID: undefined,
  CNI_NETNS: undefined,
  CNI_IFNAME: undefined,
  CNI_PATH: undefined,
};

interface Row {
  readonly name: string;
  readonly call: Call;
  readonly code: number;
  readonly msg: string | RegExp;
  readonly details?: string;
}

/** Everything but the command is missing. */
function alone(command: string, env: Call["env"] = {}): Call {
  return { env: { ...NOTHING, CNI_COMMAND: command, ...env } };
}

const SUPPORTED = '["0.1.0" "0.2.0" "0.3.0" "0.3.1" "0.4.0" "1.0.0" "1.1.0"]';

const ROWS: readonly Row[] = [
  {
    name: "ADD without any other variable",
    call: alone("ADD"),
    code: 4,
    msg: "required env variables [CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME] missing",
  },
  {
    name: "DEL without any other variable",
    call: alone("DEL"),
    code: 4,
    msg: "required env variables [CNI_CONTAINERID,CNI_IFNAME] missing",
  },
  {
    name: "CHECK without any other variable",
    call: alone("CHECK"),
    code: 4,
    msg: "required env variables [CNI_CONTAINERID,CNI_NETNS,CNI_IFNAME] missing",
  },
  {
    name: "ADD with empty variables",
    call: alone("ADD", { CNI_CONTAINERID: "", CNI_NETNS: "", CNI_IFNAME: "mv0" }),
    code: 4,
    msg: "required env variables [CNI_CONTAINERID,CNI_NETNS] missing",
  },
  {
    name: "a bad container id goes before what is missing",
    call: alone("ADD", { CNI_CONTAINERID: "-x" }),
    code: 4,
    msg: "invalid characters in containerID",
    details: "-x",
  },
  {
    name: "an unknown command",
    call: { command: "FOO" },
    code: 4,
    msg: "unknown CNI_COMMAND: FOO",
  },
  {
    name: "a command in lower case",
    call: { command: "add" },
    code: 4,
    msg: "unknown CNI_COMMAND: add",
  },
  {
    name: "an unknown command with empty stdin",
    call: { command: "FOO", config: "" },
    code: 6,
    msg: /^cannot decode the network configuration on stdin/,
  },
  {
    name: "empty stdin",
    call: { config: "" },
    code: 6,
    msg: /^cannot decode the network configuration on stdin/,
  },
  {
    name: "a name that is a number",
    call: { config: { name: 5 } },
    code: 6,
    msg: 'network configuration: key "name" must be a string, not 5',
  },
  {
    name: "a cniVersion that is a number",
    call: { config: config({ cniVersion: 1 }) },
    code: 6,
    msg: 'network configuration: key "cniVersion" must be a string, not 1',
  },
  {
    name: "something after the document",
    call: { config: `${JSON.stringify(config())} x` },
    code: 6,
    msg: /^cannot decode the network configuration on stdin/,
  },
  {
    name: "no name",
    call: { config: config({ name: undefined }) },
    code: 7,
    msg: "missing network name",
  },
  {
    name: "a name with a slash",
    call: { config: config({ name: "a/b" }) },
    code: 7,
    msg: "invalid characters found in network name",
    details: "a/b",
  },
  {
    name: "STATUS at 1.0.0",
    call: { command: "STATUS", config: config({ cniVersion: "1.0.0" }) },
    code: 1,
    msg: "config version does not allow STATUS",
  },
  {
    name: "GC at 1.0.0",
    call: { command: "GC", config: config({ cniVersion: "1.0.0" }) },
    code: 1,
    msg: "config version does not allow GC",
  },
  {
    name: "CHECK at 0.3.1",
    call: { command: "CHECK", config: config({ cniVersion: "0.3.1" }) },
    code: 1,
    msg: "config version does not allow CHECK",
  },
  {
    name: "CHECK without a version",
    call: { command: "CHECK", config: config({ cniVersion: undefined }) },
    code: 1,
    msg: "config version does not allow CHECK",
  },
  {
    name: "STATUS at 1.2.0",
    call: { command: "STATUS", config: config({ cniVersion: "1.2.0" }) },
    code: 1,
    msg: "plugin version does not allow STATUS",
  },
  {
    name: "CHECK at 2.0.0",
    call: { command: "CHECK", config: config({ cniVersion: "2.0.0" }) },
    code: 1,
    msg: "plugin version does not allow CHECK",
  },
  ...[
    { command: "STATUS", version: "1.1" },
    { command: "CHECK", version: "1.0.5" },
    { command: "ADD", version: "0.9.0" },
    { command: "DEL", version: "1.2.0" },
    { command: "ADD", version: "abc" },
  ].map(({ command, version }) => ({
    name: `${command} at ${version}`,
    call: { command, config: config({ cniVersion: version }) },
    code: 1,
    msg: "incompatible CNI versions",
    details: `config is "${version}", plugin supports ${SUPPORTED}`,
  })),
  {
    name: "STATUS at abc",
    call: { command: "STATUS", config: config({ cniVersion: "abc" }) },
    code: 6,
    msg: 'invalid version "abc": "abc" is not a number',
  },
  {
    name: "GC at 1.2.3.4",
    call: { command: "GC", config: config({ cniVersion: "1.2.3.4" }) },
    code: 6,
    msg: 'invalid version "1.2.3.4": too many parts',
  },
  ...["ADD", "DEL"].map((command) => ({
    name: `${command} with the plugin's own namespace`,
    call: { command, netns: "/run/netns/host" },
    code: 8,
    msg: "plugin's netns and netns from CNI_NETNS should not be the same",
    details: "/run/netns/host",
  })),
  {
    name: "IPAM without CNI_PATH",
    call: { config: config({ ipam: { type: "static" } }), env: { CNI_PATH: undefined } },
    code: 4,
    msg: "required env variables [CNI_PATH] missing",
  },
];

describe("is refused, and changes nothing:", () => {
  test.each(ROWS)("$name", ({ call, code, msg, details }) => {
    const error = refusal(machine(), call);
    expect(error.code).toBe(code);
    if (typeof msg === "string") expect(error.msg).toBe(msg);
    else expect(error.msg).toMatch(msg);
    expect(error.details).toBe(details);
  });
});

test.each(["0.1.0", "0.4.0", "1.1.0"])("an error at %s says that version", (cniVersion) => {
  const error = failure(run(machine(), { config: config({ cniVersion, mode: "x" }) }));
  expect(error.cniVersion).toBe(cniVersion);
});

describe("the name of the interface", () => {
  const TOO_LONG = "interface name is too long";
  const DOTS = "interface name is . or ..";
  const CHARACTERS = "interface name contains / or : or whitespace characters";
  test.each([
    ["sixteen-letters-", TOO_LONG],
    ["\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6", TOO_LONG],
    [".", DOTS],
    ["..", DOTS],
    ["a/b", CHARACTERS],
    ["a:b", CHARACTERS],
    ["a b", CHARACTERS],
    ["a\tb", CHARACTERS],
    ["a\u0085b", CHARACTERS],
    ["a\u2003b", CHARACTERS],
    ["a\u3000", CHARACTERS],
    ["eth%d", "interface name contains %"],
  ])("%j is refused", (ifname, msg) => {
    expect(refusal(machine(), { ifname })).toMatchObject({ code: 4, msg });
  });

  test.each(["m", "fifteen-letters", "a.b", "...", "\u00e4\u00f6"])("%j is taken", (ifname) => {
    const sim = machine();
    add(sim, {}, { ifname });
    expect(sim.netns(POD).find(ifname)?.kind).toBe("macvlan");
  });
});

test.each(["a", "9", "A_b.c-d", "x".repeat(300)])("the container id %s is taken", (containerId) => {
  add(machine(), {}, { containerId });
});

test.each([".a", "_a", "a/b", "a b", "a\n", "\u00e4", "../x"])(
  "the container id %j is refused",
  (containerId) => {
    const error = refusal(machine(), { containerId });
    expect(error).toMatchObject({ code: 4, details: containerId });
  },
);

describe("without CNI_COMMAND", () => {
  const VERSIONS = "0.1.0, 0.2.0, 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0";
  const ABOUT = /^CNI macvlan plugin \d+\.\d+\.\d+\n(.*)\n$/;

  test.each([undefined, ""])("(%j) it says what it is, on stderr", (CNI_COMMAND) => {
    const outcome = run(machine(), { env: { ...NOTHING, CNI_COMMAND } });
    expect(outcome).toMatchObject({ status: 0, stdout: "" });
    const [, second] = ABOUT.exec(outcome.stderr) ?? [];
    expect(second).toBe(`CNI protocol versions supported: ${VERSIONS}`);
  });

  test("it says the name that it was called by", () => {
    const outcome = run(machine(), { env: NOTHING, program: "static" });
    expect(outcome.stderr).toMatch(/^CNI static plugin /);
  });
});

describe("VERSION", () => {
  test.each(["", "{}", "not JSON", { cniVersion: "0.4.0" }])("answers with stdin %j", (stdin) => {
    const outcome = run(machine(), { command: "VERSION", config: stdin });
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
    expect(versionSchema.parse(outcome.json).cniVersion).toBe("1.1.0");
    expect(outcome.stdout).toMatch(/^[^\n]+\n$/);
  });

  test("does not read stdin, which a runtime may leave open", () => {
    let hasRead = () => true;
    const outcome = run(machine(), {
      command: "VERSION",
      wrap: (system) => {
        const faulty = withFault(system, { call: "read", nth: 1, failure: 5, forever: true });
        hasRead = faulty.fired;
        return faulty.system;
      },
    });
    expect(outcome.status).toBe(0);
    expect(hasRead()).toBe(false);
  });

  test("looks at no other variable", () => {
    const outcome = run(machine(), alone("VERSION", { CNI_CONTAINERID: "-x", CNI_IFNAME: "a/b" }));
    expect(outcome.status).toBe(0);
  });
});

test.each(["1", "true", "TRUE", "True"])(
  "CNI_NETNS_OVERRIDE=%s allows the plugin's own namespace",
  (CNI_NETNS_OVERRIDE) => {
    const sim = machine();
    const call = { netns: "/run/netns/host", env: { CNI_NETNS_OVERRIDE } };
    add(sim, {}, call);
    expect(sim.host.find("mv0")?.kind).toBe("macvlan");
    succeed(sim, "DEL", call);
    expect(sim.host.find("mv0")).toBeUndefined();
  },
);

test.each(["0", "yes", ""])("CNI_NETNS_OVERRIDE=%s allows nothing", (CNI_NETNS_OVERRIDE) => {
  const call = { netns: "/run/netns/host", env: { CNI_NETNS_OVERRIDE } };
  expect(refusal(machine(), call).code).toBe(8);
});

test.each(["STATUS", "GC"])("%s needs no container, and takes empty variables", (command) => {
  const env = { CNI_CONTAINERID: "", CNI_NETNS: "", CNI_IFNAME: "", CNI_ARGS: "" };
  succeed(machine(), command, { env });
});

test("keys are found whatever their case, the exact spelling first", () => {
  const sim = machine();
  sim.addMaster("eth1", { mtu: 1400 });
  const text = '{"CNIVERSION":"1.1.0","Name":"n","MASTER":"eth1","mtu":1300,"MTU":900}';
  const outcome = run(sim, { config: text });
  expect(outcome.json).toMatchObject({ interfaces: [{ mtu: 1300 }] });
});

test("of equal keys the last one counts, and null means unset", () => {
  const text = '{"cniVersion":"1.1.0","name":"n","master":"x","master":"eth0","mtu":null}';
  expect(run(machine(), { config: text }).status).toBe(0);
});
