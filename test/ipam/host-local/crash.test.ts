import { describe, expect, test } from "vitest";
import type { System } from "../../../host/imports.ts";
import { withDeath } from "../../../host/sim/index.ts";
import { failure, type Keys, Pool } from "./pool.ts";

// The process ends at a system call, at every one in turn: none of the calls after it is made. The
// kernel closes its descriptors and so gives back the lock; nothing else is tidied up.

/** More calls than any command makes here. */
const MOST_CALLS = 1000;

/** Two sets of two addresses each: whatever leaks is missing soon. */
const dual = {
  ranges: [
    [{ subnet: "10.0.0.0/24", rangeStart: "10.0.0.10", rangeEnd: "10.0.0.11" }],
    [{ subnet: "fd00::/64", rangeStart: "fd00::10", rangeEnd: "fd00::11" }],
  ],
};
const both = (last: number) => [`10.0.0.${last}`, `fd00::${last}`];

const GC = { "cni.dev/valid-attachments": [] };

/** What is there before the command. */
const beginnings: Readonly<Record<string, (pool: Pool) => void>> = {
  "an empty directory": () => {},
  "a directory that was in use, and where somebody died": (pool) => {
    pool.add("before");
    pool.succeed("DEL", "before");
    pool.write(".new-lease", "before\r\net");
  },
  "a directory of another implementation": (pool) => {
    pool.reserve("192.168.0.9", "other");
    pool.write("last_reserved_ip.0", "10.0.0.10");
  },
};

/**
 * Runs a command that dies at its first, second, ... call, until it comes to its end; each time in
 * a new pool.
 *
 * @param after what must be possible then.
 */
function everyDeath(
  begin: (pool: Pool) => void,
  command: string,
  keys: Keys,
  after: (pool: Pool) => void,
): void {
  for (let nth = 1; nth < MOST_CALLS; nth++) {
    using pool = new Pool(dual);
    begin(pool);
    let died = () => false;
    const wrap = (system: System) => {
      const mortal = withDeath(system, nth);
      died = mortal.died;
      return mortal.system;
    };
    pool.kill(command, "c1", { config: pool.config(keys), wrap });
    expectWholeLeases(pool, `${command} dead at call ${nth}`);
    after(pool);
    if (!died()) {
      expect(nth).toBeGreaterThan(10);
      return;
    }
  }
  throw new Error(`more than ${MOST_CALLS} calls`);
}

/** No lease file is empty or half-written. */
function expectWholeLeases(pool: Pool, when: string): void {
  for (const name of addresses(pool)) {
    expect(pool.read(name), `${name}, ${when}`).toMatch(/^(c1|other)\r\neth0$/);
  }
}

function addresses(pool: Pool): string[] {
  return pool.leases().filter((name) => /^[0-9a-f]+[.:]/.test(name));
}

/** Nobody but the other implementation has an address; both of each set can be had. */
function expectAllFree(pool: Pool): void {
  expect(addresses(pool).filter((ip) => ip !== "192.168.0.9")).toEqual([]);
  const taken = [...pool.take("c2"), ...pool.take("c3")];
  expect(taken.sort()).toEqual([...both(10), ...both(11)].sort());
  for (const id of ["c2", "c3"]) pool.succeed("CHECK", id);
  expect(pool.fail("ADD", "c4").code).toBe(110);
}

describe.each(Object.keys(beginnings))("an ADD that dies at any call, in %s:", (beginning) => {
  const begin = beginnings[beginning] ?? (() => {});

  test("DEL of the container frees all", () => {
    everyDeath(begin, "ADD", {}, (pool) => {
      pool.succeed("DEL", "c1");
      expectAllFree(pool);
    });
  });

  test("GC frees all", () => {
    everyDeath(begin, "ADD", {}, (pool) => {
      const valid = [{ containerID: "other", ifname: "eth0" }];
      pool.succeed("GC", "", { config: pool.config({ "cni.dev/valid-attachments": valid }) });
      expectAllFree(pool);
    });
  });

  test("the next ADD of it takes nothing that DEL does not free", () => {
    everyDeath(begin, "ADD", {}, (pool) => {
      const again = pool.run("ADD", "c1");
      if (again.status !== 0) expect(failure(again).msg).toContain("duplicate allocation");
      pool.succeed("DEL", "c1");
      expectAllFree(pool);
    });
  });

  test("containers that come after it and go leave DEL something to find", () => {
    everyDeath(begin, "ADD", {}, (pool) => {
      pool.add("c2");
      pool.succeed("DEL", "c2");
      pool.succeed("DEL", "c1");
      expectAllFree(pool);
    });
  });
});

describe.each(["DEL", "GC"])("a %s that dies at any call:", (command) => {
  const begin = (pool: Pool) => pool.add("c1");

  test.each(["DEL", "GC"])("%s frees the rest", (repair) => {
    everyDeath(begin, command, GC, (pool) => {
      pool.succeed(repair, "c1", { config: pool.config(GC) });
      expectAllFree(pool);
    });
  });
});

test("a CHECK or STATUS that dies at any call leaves the leases as they are", () => {
  for (const command of ["CHECK", "STATUS"]) {
    everyDeath(
      (pool) => pool.add("c1"),
      command,
      {},
      (pool) => {
        expect(addresses(pool)).toEqual(both(10));
        pool.succeed("CHECK", "c1");
        pool.succeed("DEL", "c1");
        expectAllFree(pool);
      },
    );
  }
});
