import { afterAll, beforeAll, expect, test } from "vitest";
import { Lab } from "../../lab/lab.ts";
import type { Netns } from "../../lab/netns.ts";
import { macvlanProgram } from "../../lab/paths.ts";
import { difference } from "../../lab/snapshot.ts";
import { referenceDirectory, requirePrograms } from "./requirements.ts";

// The plugin sbr after ours in a chain: it moves the routes of main to a table of its own.

const canRun = requirePrograms(["/usr/lib/cni/sbr", "ip"]);

const ipam = {
  type: "static",
  addresses: [{ address: "10.4.0.2/24", gateway: "10.4.0.1" }],
  routes: [{ dst: "0.0.0.0/0" }],
};

let lab: Lab;
let pod: Netns;
beforeAll(async () => {
  if (!canRun) return;
  lab = await Lab.open();
  lab.addMaster("m0");
  pod = lab.addNetns("pod");
});
afterAll(() => lab?.close());

test.each([{}, { sourceRouting: true }])("sbr has its way with %j", (keys) => {
  const ours = { type: "macvlan", master: "m0", ipam, ...keys };
  const call = (command: string, program: string, conf: object) => {
    const config = { cniVersion: "1.0.0", name: "net1", ...conf };
    const options = { containerId: "c1", netns: pod.path, ifname: "net1" };
    const output = lab.cni({ command, program, config, ...options });
    expect(output.status, output.stdout + output.stderr).toBe(0);
    return output.json;
  };
  const sbr = `${referenceDirectory}/sbr`;
  const before = lab.snapshot();
  let prevResult = call("ADD", macvlanProgram, ours);
  prevResult = call("ADD", sbr, { type: "sbr", prevResult });
  const wayOut = (...words: string[]) => pod.ip("route", "get", "10.9.0.2", ...words);
  expect(pod.ip("route", "show", "default")).toBe("");
  expect(pod.ip("rule")).toContain("from 10.4.0.2 lookup 100");
  expect(wayOut("from", "10.4.0.2")).toContain("via 10.4.0.1 dev net1");
  call("DEL", sbr, { type: "sbr", prevResult });
  call("DEL", macvlanProgram, { ...ours, prevResult });
  expect(difference(before, lab.snapshot())).toEqual([]);
});
