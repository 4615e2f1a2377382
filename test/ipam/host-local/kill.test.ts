import { type SpawnSyncReturns, spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { bundleProgram } from "../../host/program.ts";
import { type Keys, Pool } from "./pool.ts";

// What test/sweep does on a simulated machine, with real processes: each is killed at one of the
// calls that change something, and the kernel tidies up.

const program = bundleProgram("test/ipam/host-local/killed.ts");

/** More changes than any command makes here. */
const MOST_CHANGES = 100;

const dual = {
  ranges: [
    [{ subnet: "10.0.0.0/24", rangeStart: "10.0.0.10", rangeEnd: "10.0.0.10" }],
    [{ subnet: "fd00::/64", rangeStart: "fd00::10", rangeEnd: "fd00::10" }],
  ],
};

function start(pool: Pool, command: string, fatal: number, keys: Keys): SpawnSyncReturns<Buffer> {
  return spawnSync(process.execPath, [program, String(fatal)], {
    env: {
      CNI_COMMAND: command,
      CNI_CONTAINERID: "c1",
      CNI_IFNAME: "eth0",
      CNI_NETNS: "/run/netns/none",
    },
    input: JSON.stringify(pool.config(keys)),
  });
}

/** Runs a command that is killed at its first, second, ... change, until it comes to its end. */
function everyKill(command: string, keys: Keys, begin: (pool: Pool) => void): number {
  for (let fatal = 1; fatal < MOST_CHANGES; fatal++) {
    using pool = new Pool(dual);
    begin(pool);
    const { status, signal } = start(pool, command, fatal, keys);
    if (signal === null) {
      expect(status).toBe(0);
      return fatal - 1;
    }
    expect(signal).toBe("SIGKILL");
    pool.succeed("DEL", "c1");
    // each set has one address: it was not lost, nor is the lock held
    expect(pool.take("c2"), `killed at change ${fatal}`).toEqual(["10.0.0.10", "fd00::10"]);
    expect(pool.leases()).toEqual(["10.0.0.10", "fd00::10"]);
  }
  throw new Error(`more than ${MOST_CHANGES} changes`);
}

describe("killed at any change, it leaves nothing that DEL does not free:", () => {
  test("ADD", () => {
    expect(everyKill("ADD", {}, () => {})).toBeGreaterThan(15);
  }, 120_000);

  test.each(["DEL", "GC"])(
    "%s",
    (command) => {
      const keys = { "cni.dev/valid-attachments": [] };
      const killed = everyKill(command, keys, (pool) => pool.add("c1"));
      expect(killed).toBeGreaterThan(4);
    },
    120_000,
  );
});
