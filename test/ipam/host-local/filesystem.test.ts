import { describe, expect, test } from "vitest";
import { EOPNOTSUPP, EPERM } from "../../../assembly/linux/errno.ts";
import type { System } from "../../../host/imports.ts";
import { Pool } from "./pool.ts";
import type { Call } from "./process.ts";

// File systems that do less than others.

/** struct statx (linux/stat.h): where stx_mtime is, in bytes. */
const STX_MTIME = 112;
const SIZEOF_TIMESTAMP = 16;

/** A kernel whose clock ticks so slowly that no change of a file is seen in its time. */
function ticking(system: System): System {
  return {
    ...system,
    statx: (dirfd, path, flags, mask, buffer) => {
      const result = system.statx(dirfd, path, flags, mask, buffer);
      buffer.fill(1, STX_MTIME, STX_MTIME + SIZEOF_TIMESTAMP);
      return result;
    },
  };
}

describe("where times are coarse, as in kernels before 6.13,", () => {
  const call: Call = { wrap: ticking };

  /** What another implementation does at ADD. */
  function addOfAnother(pool: Pool, ip: string, containerId: string): void {
    pool.reserve(ip, containerId);
    pool.write("last_reserved_ip.0", ip);
  }

  test("another's ADD right after ours is seen by the next ADD of its container", () => {
    using pool = new Pool();
    pool.add("c1", call);
    addOfAnother(pool, "10.0.0.3", "c2");
    expect(pool.fail("ADD", "c2", call).msg).toContain("10.0.0.3 has been allocated to c2");
    expect(pool.leases()).toEqual(["10.0.0.2", "10.0.0.3"]);
  });

  test("DEL frees what another has added for a container of ours", () => {
    using pool = new Pool();
    pool.add("c1", call);
    addOfAnother(pool, "10.0.0.3", "c1");
    pool.succeed("DEL", "c1", call);
    expect(pool.leases()).toEqual([]);
  });

  test("DEL frees what another has added between two of ours", () => {
    using pool = new Pool();
    pool.add("c1", call);
    addOfAnother(pool, "10.0.0.3", "c9");
    pool.add("c2", call);
    pool.succeed("DEL", "c9", call);
    expect(pool.leases()).toEqual(["10.0.0.2", "10.0.0.4"]);
  });

  test("what another has freed is no longer anybody's", () => {
    using pool = new Pool();
    pool.add("c1", call);
    pool.remove("10.0.0.2");
    expect(pool.fail("CHECK", "c1", call).code).toBe(107);
    expect(pool.take("c1", call)).toEqual(["10.0.0.3"]);
    pool.succeed("DEL", "c1", call);
    expect(pool.leases()).toEqual([]);
  });
});

test("where there are no symbolic links, all works without an index", () => {
  using pool = new Pool();
  const call: Call = { wrap: (system) => ({ ...system, symlink: () => -EPERM }) };
  const prevResult = pool.add("c1", call);
  pool.add("c2", call);
  expect(pool.fail("ADD", "c1", call).msg).toContain("duplicate allocation");
  pool.succeed("CHECK", "c1", { ...call, config: pool.config({ prevResult }) });
  pool.succeed("DEL", "c1", call);
  expect(pool.leases()).toEqual(["10.0.0.3"]);
  pool.succeed("GC", "", { ...call, config: pool.config({ "cni.dev/valid-attachments": [] }) });
  expect(pool.leases()).toEqual([]);
});

test.each([
  ["EPERM", EPERM],
  ["EOPNOTSUPP", EOPNOTSUPP],
])("where hard links give %s, a lease is written in place", (_, errno) => {
  using pool = new Pool();
  const call: Call = { wrap: (system) => ({ ...system, link: () => -errno }) };
  pool.reserve("10.0.0.2", "other");
  expect(pool.run("ADD", "c1", call)).toMatchObject({
    status: 0,
    json: { ips: [{ address: "10.0.0.3/24" }] },
  });
  expect(pool.leases()).toEqual(["10.0.0.2", "10.0.0.3"]);
  expect(pool.read("10.0.0.3")).toBe("c1\r\neth0");
  expect(pool.fail("ADD", "c1", call).msg).toContain("duplicate allocation");
  pool.succeed("DEL", "c1", call);
  expect(pool.leases()).toEqual(["10.0.0.2"]);
});
