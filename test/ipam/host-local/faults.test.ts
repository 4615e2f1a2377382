import { describe, expect, test } from "vitest";
import { EACCES, EINTR, EIO, ENOSPC } from "../../../assembly/linux/errno.ts";
import type { System } from "../../../host/imports.ts";
import { type Fault, withFault } from "../../../host/sim/index.ts";
import { failure, type Keys, Pool } from "./pool.ts";
import type { Outcome } from "./process.ts";

// Each system call fails once, at every place where it is made. The answer is one document; it
// says what failed; a failed ADD has reserved nothing, and a DEL that says nothing has freed all.

const ERRORS = { EIO, ENOSPC, EACCES, EINTR };
type Name = keyof typeof ERRORS;

/** What is called on a lease's way, and how it can fail. */
const CALLS: Readonly<Partial<Record<Fault["call"], readonly Name[]>>> = {
  open: ["EIO", "ENOSPC", "EACCES", "EINTR"],
  read: ["EIO", "EINTR"],
  write: ["EIO", "ENOSPC", "EINTR"],
  close: ["EIO", "EINTR"],
  statx: ["EIO", "EACCES"],
  mkdir: ["EIO", "ENOSPC", "EACCES"],
  unlink: ["EIO", "EACCES"],
  link: ["EIO", "ENOSPC", "EACCES"],
  symlink: ["EIO", "ENOSPC", "EACCES"],
  readlink: ["EIO", "EACCES"],
  flock: ["EIO", "EINTR"],
  getdents64: ["EIO"],
  clock_gettime: ["EIO"],
};

/** All of them but those of calls that a command never makes. */
function faults(...never: readonly Fault["call"][]): { call: Fault["call"]; name: Name }[] {
  return Object.entries(CALLS)
    .map(([call, names]) => ({ call: call as Fault["call"], names }))
    .filter(({ call }) => !never.includes(call))
    .flatMap(({ call, names }) => names.map((name) => ({ call, name })));
}

/** More calls of one name than any command makes here. */
const MOST_CALLS = 200;

const dual = { ranges: [[{ subnet: "10.0.0.0/24" }], [{ subnet: "fd00::/64" }]] };

/** Leases of another implementation. */
const others = ["10.0.0.2", "10.0.0.3"];
/** What ADD reserves beside them. */
const OWN = ["10.0.0.4", "fd00::2"];

function crowded(): Pool {
  const pool = new Pool(dual);
  for (const [i, ip] of others.entries()) pool.reserve(ip, `other${i}`);
  return pool;
}

const valid = others.map((_, i) => ({ containerID: `other${i}`, ifname: "eth0" }));
const GC = { "cni.dev/valid-attachments": valid };

interface Faulty {
  readonly pool: Pool;
  readonly outcome: Outcome;
  readonly fault: Fault;
}

/**
 * Runs a command with the first, second, ... call of a name failing, until none did; each time in
 * a new pool.
 */
function sweep(
  { call, name }: { call: Fault["call"]; name: Name },
  command: string,
  begin: (pool: Pool) => Keys,
  judge: (faulty: Faulty) => void,
): void {
  for (let nth = 1; nth <= MOST_CALLS; nth++) {
    using pool = crowded();
    const fault = { call, nth, failure: ERRORS[name] };
    const config = pool.config(begin(pool));
    let fired = () => false;
    const outcome = pool.run(command, "c1", {
      config,
      wrap: (system) => {
        const faulty = withFault(system, fault);
        fired = faulty.fired;
        return faulty.system;
      },
    });
    if (!fired()) {
      expect(nth, `${command} calls no ${call}`).toBeGreaterThan(1);
      return;
    }
    expectAnswer(outcome, fault, name);
    judge({ pool, outcome, fault });
    expect(others.map((ip) => pool.read(ip))).toEqual(others.map((_, i) => `other${i}\r\neth0`));
  }
  throw new Error(`more than ${MOST_CALLS} calls of ${call}`);
}

/** Success, or one error that names the reason; nothing only where nothing can be written. */
function expectAnswer(outcome: Outcome, { call, nth }: Fault, name: Name): void {
  if (outcome.status === 0) return;
  // who cannot write, cannot say so
  if (call === "write" && outcome.stdout === "") return;
  const { msg } = failure(outcome);
  expect(msg, `${call} number ${nth}`).toContain(name);
}

function ownLeases(pool: Pool): string[] {
  return pool.leases().filter((name) => !others.includes(name));
}

describe("ADD reserves all or nothing when one call fails:", () => {
  test.each(faults())("$call with $name", (kind) => {
    sweep(
      kind,
      "ADD",
      () => ({}),
      ({ pool, outcome, fault }) => {
        const where = `${fault.call} number ${fault.nth}: ${outcome.stdout}`;
        const left = ownLeases(pool).filter((name) => name !== ".new-lease");
        expect(left, where).toEqual(outcome.status === 0 ? OWN : []);
        if (outcome.status === 0) {
          pool.succeed("CHECK", "c1", { config: pool.config({ prevResult: outcome.json }) });
          pool.succeed("DEL", "c1");
        }
        expect(pool.run("ADD", "c2").status, where).toBe(0);
        pool.succeed("DEL", "c2");
        expect(ownLeases(pool), where).toEqual([]);
      },
    );
  });
});

const begins = {
  "the index": (pool: Pool) => {
    pool.add("c1");
    return {};
  },
  "the result of ADD": (pool: Pool) => {
    const prevResult = pool.add("c1");
    pool.removeIndex();
    return { prevResult };
  },
  nothing: (pool: Pool) => {
    pool.add("c1");
    pool.removeIndex();
    return {};
  },
};

describe.each([
  ["the index", faults("write", "link", "getdents64")],
  ["the result of ADD", faults("write", "link", "symlink", "getdents64")],
  ["nothing", faults("write", "link", "symlink")],
] as const)("with %s to go by, DEL says that it failed when it did:", (hint, kinds) => {
  test.each(kinds)("$call with $name", (kind) => {
    sweep(kind, "DEL", begins[hint], ({ pool, outcome, fault }) => {
      if (outcome.status === 0) {
        expect(ownLeases(pool), `${fault.call} number ${fault.nth}`).toEqual([]);
      }
      pool.succeed("DEL", "c1");
      expect(ownLeases(pool)).toEqual([]);
    });
  });
});

describe("GC says that it failed when it did:", () => {
  test.each(faults("write", "link"))("$call with $name", (kind) => {
    const begin = (pool: Pool) => {
      pool.add("c1");
      return GC;
    };
    sweep(kind, "GC", begin, ({ pool, outcome, fault }) => {
      if (outcome.status === 0) {
        expect(ownLeases(pool), `${fault.call} number ${fault.nth}`).toEqual([]);
      }
      pool.succeed("GC", "", { config: pool.config(GC) });
      expect(ownLeases(pool)).toEqual([]);
    });
  });
});

const writing = ["write", "unlink", "link", "symlink"] as const;

describe.each([
  ["CHECK", faults(...writing, "readlink", "getdents64")],
  ["STATUS", faults("link", "symlink", "readlink", "statx")],
] as const)("%s raises no false alarm, and changes nothing:", (command, kinds) => {
  test.each(kinds)("$call with $name", (kind) => {
    const begin = (pool: Pool) => ({ prevResult: pool.add("c1") });
    sweep(kind, command, begin, ({ pool, outcome }) => {
      if (outcome.status !== 0) expect(failure(outcome).code).not.toBe(107);
      expect(ownLeases(pool).filter((name) => name !== ".new-lease")).toEqual(OWN);
    });
  });
});

describe("a directory that cannot be listed, where many addresses in a row are taken:", () => {
  const many = Array.from({ length: 20 }, (_, i) => `10.0.0.${i + 2}`);

  test.each(["ADD", "STATUS"])("%s says so", (command) => {
    let failed = 0;
    for (let nth = 1; nth <= 6; nth++) {
      using pool = new Pool();
      for (const ip of many) pool.reserve(ip, `of-${ip}`);
      const fault = { call: "getdents64", nth, failure: EIO } as const;
      const wrap = (system: System) => withFault(system, fault).system;
      const outcome = pool.run(command, "c1", { wrap });
      if (outcome.status !== 0) {
        failed++;
        expect(failure(outcome).msg).toContain("EIO");
        expect(pool.leases()).toEqual([...many].sort());
      }
    }
    expect(failed).toBeGreaterThan(0);
  });
});
