import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { CniOutput } from "../../lab/cni.ts";
import type { IpAddress } from "../../lab/iproute2.ts";
import { Lab } from "../../lab/lab.ts";
import type { Netns } from "../../lab/netns.ts";
import { macvlanProgram, nodeDirectory, programDirectory } from "../../lab/paths.ts";
import { referenceDirectory, requirePrograms } from "./requirements.ts";

// host-local under main plugins: ours under the reference's, and either under ours.

const canRun = requirePrograms(["/usr/lib/cni/macvlan", "/usr/lib/cni/host-local", "ip"]);

const DATA_DIR = "/run/leases";
const ipam = {
  type: "host-local",
  dataDir: DATA_DIR,
  ranges: [[{ subnet: "10.4.0.0/24" }], [{ subnet: "fd04::/64" }]],
  routes: [{ dst: "0.0.0.0/0" }],
};
const ADDRESSES = [
  ["10.4.0.2/24", "fd04::2/64"],
  ["10.4.0.3/24", "fd04::3/64"],
] as const;

let lab: Lab;
let pods: Netns[];

beforeAll(async () => {
  if (!canRun) return;
  lab = await Lab.open();
  lab.addMaster("m0");
  pods = ["pod1", "pod2"].map((name) => lab.addNetns(name));
  for (const pod of pods) pod.setSysctl("net/ipv6/conf/default/accept_dad", 0);
});
beforeEach(() => {
  if (canRun) lab.run(["rm", "-rf", DATA_DIR]);
});
afterAll(() => lab?.close());

/** The variables and the input of a call for a pod. */
function words(command: string, program: string, path: string, conf: object, pod: Netns) {
  const config = { cniVersion: "1.0.0", name: "net1", ...conf, ipam };
  const netns = pod.path;
  return { command, program, path, config, containerId: pod.name, netns, ifname: "eth0" };
}

/** ADD for both pods, a look at what they got, CHECK and DEL; gives back the results. */
function attachBoth(program: string, path: string, conf: object): unknown[] {
  const call = (command: string, pod: Netns, more: object = {}) => {
    const output = lab.cni(words(command, program, path, { ...conf, ...more }, pod));
    expect(output.status, output.stdout + output.stderr).toBe(0);
    return output;
  };
  const results = pods.map((pod) => call("ADD", pod).json as Record<string, unknown>);
  expect(pods.map(addresses)).toEqual(ADDRESSES);
  expect(leases()).toEqual(["10.4.0.2", "10.4.0.3", "fd04::2", "fd04::3"]);
  pods.forEach((pod, i) => {
    call("CHECK", pod, { prevResult: results[i] });
    call("DEL", pod, { prevResult: results[i] });
  });
  expect(leases()).toEqual([]);
  return results.map(({ ips, routes }) => ({ ips, routes }));
}

function addresses(pod: Netns): string[] {
  const links = pod.ipJson<IpAddress>("addr", "show", "eth0");
  return links
    .flatMap(({ addr_info }) => addr_info)
    .filter(({ scope }) => scope === "global")
    .map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}

function leases(): string[] {
  const names = lab
    .run(["ls", join(DATA_DIR, "net1")])
    .trim()
    .split("\n");
  return names.filter((name) => /^[0-9a-f]+[.:]/.test(name)).sort();
}

/** Whether ours was at work. */
function hasIndex(): boolean {
  return lab.exec(["test", "-d", join(DATA_DIR, ".index")]).status === 0;
}

describe("under the reference's main plugins ours gives what the reference's gives:", () => {
  test.each([
    ["bridge", { bridge: "br0", isGateway: true }],
    ["ptp", {}],
  ] as const)("%s", (type, main) => {
    const program = join(referenceDirectory, type);
    const conf = { ...main, type };
    const expected = attachBoth(program, referenceDirectory, conf);
    expect(hasIndex()).toBe(false);
    lab.run(["rm", "-rf", DATA_DIR]);
    expect(attachBoth(program, `${programDirectory}:${referenceDirectory}`, conf)).toEqual(
      expected,
    );
    expect(hasIndex()).toBe(true);
  });

  test("and pods on one bridge reach each other", () => {
    const program = join(referenceDirectory, "bridge");
    const path = `${programDirectory}:${referenceDirectory}`;
    const conf = { type: "bridge", bridge: "br0", isGateway: true };
    const call = (command: string, pod: Netns) =>
      expect(lab.cni(words(command, program, path, conf, pod)).status).toBe(0);
    for (const pod of pods) call("ADD", pod);
    expect(pods[0]?.exec(["ping", "-c", "1", "-W", "5", "10.4.0.3"]).status).toBe(0);
    for (const pod of pods) call("DEL", pod);
  });
});

describe("under our macvlan", () => {
  const conf = { type: "macvlan", master: "m0" };

  /** ADD and DEL. */
  function attach(path: string, env: Readonly<Record<string, string>> = {}): CniOutput {
    const call = { ...words("ADD", macvlanProgram, path, conf, pods[0] as Netns), env };
    const output = lab.cni(call);
    expect(output).toMatchObject({ status: 0, json: { ips: [{ address: "10.4.0.2/24" }, {}] } });
    lab.cni({ ...call, command: "DEL" });
    return output;
  }

  test.each([
    ["ours", programDirectory, true],
    ["the reference's", `${referenceDirectory}:${programDirectory}`, false],
  ])("%s is at work, where it is the first on CNI_PATH", (_, path, isOurs) => {
    attach(path);
    expect(hasIndex()).toBe(isOurs);
  });

  // CNI_MACVLAN_TRACE is of the Node host alone.
  if (programDirectory === nodeDirectory) {
    test.each([
      ["ours runs in the same process", programDirectory, 0],
      ["the reference's is executed", referenceDirectory, 1],
    ])("%s", (_, path, count) => {
      const trace = attach(path, { CNI_MACVLAN_TRACE: "1" }).stderr.split("\n");
      const spawned = trace.filter((line) => line.includes("spawn("));
      expect(spawned).toHaveLength(count);
      for (const line of spawned) expect(line).toContain(`${path}/host-local`);
    });
  }

  test("both give the same", () => {
    const expected = attachBoth(macvlanProgram, referenceDirectory, conf);
    lab.run(["rm", "-rf", DATA_DIR]);
    expect(attachBoth(macvlanProgram, programDirectory, conf)).toEqual(expected);
  });

  test("one frees what the other has reserved", () => {
    const pod = pods[0] as Netns;
    for (const paths of [
      [programDirectory, referenceDirectory],
      [referenceDirectory, programDirectory],
    ] as const) {
      for (const [i, command] of ["ADD", "DEL"].entries()) {
        const { status } = lab.cni(words(command, macvlanProgram, paths[i] ?? "", conf, pod));
        expect(status).toBe(0);
        expect(leases().length).toBe(command === "ADD" ? 2 : 0);
      }
    }
  });
});
