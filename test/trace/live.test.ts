// A trace that was made on the real kernel is replayed, and the core says the same to the byte.
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readTrace, replay } from "../../host/replay.ts";
import type { CniOutput } from "../../lab/cni.ts";
import { Lab } from "../../lab/lab.ts";
import { config, core, staticIpam } from "../core/core.ts";
import { openLab } from "../prerequisites.ts";

let lab: Lab;
openLab(async () => {
  lab = await Lab.open();
  lab.addMaster("eth0");
  lab.addNetns("pod");
});
afterAll(() => lab?.close());

const ipam = staticIpam(["10.1.0.2/24", "2001:db8:1::2/64"], {
  routes: [{ dst: "0.0.0.0/0", gw: "10.1.0.1" }],
});

function call(command: string, target: string, keys: object = { ipam }): CniOutput {
  return lab.cni({
    command,
    containerId: "c1",
    netns: "/run/netns/pod",
    ifname: "mv0",
    config: config(keys as Record<string, unknown>),
    env: { CNI_MACVLAN_TRACE: target },
  });
}

function file(name: string): string {
  return join(lab.directory, name);
}

test("ADD, CHECK, DEL and a failure, all in one file", () => {
  const path = file("trace");
  const added = call("ADD", path);
  expect(added).toMatchObject({ status: 0, stderr: "" });
  const outputs = [
    added,
    call("CHECK", path, { ipam, prevResult: added.json }),
    call("ADD", path, { ipam, master: "none" }),
    call("DEL", path),
  ];
  expect(statSync(path).mode & 0o777).toBe(0o600);
  const runs = readTrace(readFileSync(path, "utf8"));
  const replayed = runs.map((entries) => replay(core, entries));
  expect(replayed.map(({ divergence }) => divergence)).toEqual(outputs.map(() => undefined));
  expect(replayed.map(({ status }) => status)).toEqual([0, 0, 1, 0]);
  const printed = replayed.map(({ stdout }) => Buffer.from(stdout).toString());
  expect(printed).toEqual(outputs.map(({ stdout }) => stdout));
});

test("host-local with its leases", () => {
  const path = file("leases-trace");
  const hostLocal = { type: "host-local", subnet: "10.2.0.0/24", dataDir: file("leases") };
  const output = call("ADD", path, { ipam: hostLocal });
  expect(output).toMatchObject({ status: 0, stderr: "" });
  call("DEL", path, { ipam: hostLocal });
  const runs = readTrace(readFileSync(path, "utf8"));
  expect(runs.map((entries) => replay(core, entries).divergence)).toEqual([undefined, undefined]);
  expect(runs.flat().map(({ call: name }) => name)).toContain("symlink");
});

test("for people, on standard error", () => {
  const added = call("ADD", "1");
  expect(added.status).toBe(0);
  const lines = added.stderr.trimEnd().split("\n");
  for (const line of lines) expect(line).toMatch(/ <\d+\.\d{3} ms>$/);
  const added4 = expect.stringMatching(/ip address add 10\.1\.0\.2\/24 broadcast \S+ dev mv0;/);
  expect(lines).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^send\(.*ip link add link eth0 name mv0 netns \d+ type macvlan mode/),
      expect.stringMatching(/^write\(\d+<sysctl net\/ipv6\/conf\/mv0\/ndisc_notify>, "1", 1\) = 1/),
      added4,
      expect.stringContaining("ip -4 route prepend default via 10.1.0.1 dev mv0"),
      expect.stringMatching(/^recvfrom\(.*#\d+ ok/),
    ]),
  );
  expect(call("DEL", "1").status).toBe(0);
});

test("a file that cannot be written keeps no container from its network", () => {
  for (const path of [file("none/trace"), lab.directory, "/dev/full"]) {
    const added = call("ADD", path);
    expect(added.status).toBe(0);
    expect(added.stderr).toMatch(/^the trace ends here: E\w+: /);
    expect(added.stderr.trimEnd().split("\n")).toHaveLength(1);
    expect(call("DEL", path).status).toBe(0);
  }
  expect(existsSync(file("none"))).toBe(false);
});
