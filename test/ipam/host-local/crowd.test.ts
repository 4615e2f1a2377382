import { join } from "node:path";
import { expect, test } from "vitest";
import { Crowd } from "./crowd.ts";
import { type Keys, Pool } from "./pool.ts";
import type { Outcome } from "./process.ts";

// As many leases as a /16 has addresses, made by others, and an index that is out of date: each
// command reads them all, and has memory enough to.

const COUNT = 65_000;
const valid = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ containerID: Crowd.id(n), ifname: "eth0" }));

/** Runs a command on a directory with a crowd in it. */
function run(command: string, keys: Keys = {}, isOld = false): { outcome: Outcome; crowd: Crowd } {
  using pool = new Pool({ ranges: [[{ subnet: "10.0.0.0/16" }]] });
  pool.write("last_reserved_ip.0", "10.0.253.233");
  pool.reserve("10.0.255.7", "c7");
  const index = join(pool.dataDir, ".index", pool.network);
  const crowd = new Crowd(pool.directory, index, COUNT, isOld);
  const outcome = pool.run(command, "c1", {
    config: pool.config(keys),
    wrap: (system) => crowd.join(system),
  });
  return { outcome, crowd };
}

test.each([
  ["those", false],
  ["others", true],
])("ADD finds the next free address, with an index of %s", (_, isOld) => {
  const { outcome } = run("ADD", {}, isOld);
  expect(outcome).toMatchObject({ status: 0, json: { ips: [{ address: "10.0.253.234/16" }] } });
});

test("DEL and CHECK of an unknown container", () => {
  expect(run("DEL").outcome).toMatchObject({ status: 0, stdout: "" });
  expect(run("CHECK").outcome).toMatchObject({ status: 1, json: { code: 107 } });
});

test("STATUS", () => {
  expect(run("STATUS").outcome).toMatchObject({ status: 0, stdout: "" });
});

test("GC of all, of none and of one half", () => {
  for (const kept of [0, COUNT, COUNT / 2]) {
    const { outcome, crowd } = run("GC", { "cni.dev/valid-attachments": valid(kept) });
    expect(outcome).toMatchObject({ status: 0, stdout: "", stderr: "" });
    expect(crowd.removed.size).toBe(COUNT - kept);
  }
});
