import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdirSync, openSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { EINTR } from "../../../assembly/linux/errno.ts";
import { LOCK_EX, LOCK_NB } from "../../../assembly/linux/file.ts";
import type { System } from "../../../host/imports.ts";
import { linux } from "../../../host/linux.ts";
import { Pool } from "./pool.ts";

const commands = ["ADD", "DEL", "CHECK", "STATUS", "GC"];

/** Takes the lock of the pool's network, as any other process would; closing it gives it back. */
function hold(pool: Pool): Disposable {
  mkdirSync(pool.directory, { recursive: true });
  const fd = openSync(pool.path("lock"), "w");
  expect(linux.flock(fd, LOCK_EX | LOCK_NB)).toBe(0);
  return { [Symbol.dispose]: () => closeSync(fd) };
}

/**
 * A system in which time passes only while somebody sleeps, at once; it says how much has passed.
 */
function hurrying(system: System): { system: System; passed: () => number } {
  let milliseconds = 0;
  const hurried: System = {
    ...system,
    poll: (_fds, timeout) => {
      milliseconds += timeout;
      return 0;
    },
    clock_gettime: (_clock, timespec) => {
      const view = new DataView(timespec.buffer, timespec.byteOffset, timespec.length);
      view.setBigInt64(0, BigInt(Math.floor(milliseconds / 1000)), true);
      view.setBigInt64(8, BigInt((milliseconds % 1000) * 1_000_000), true);
      return 0;
    },
  };
  return { system: hurried, passed: () => milliseconds };
}

/** A configuration with which every command has something to do. */
function config(pool: Pool): object {
  return pool.config({ "cni.dev/valid-attachments": [] });
}

describe("while another process holds the lock", () => {
  test.each(commands)("%s waits, a minute and no longer, and says who to look for", (command) => {
    using pool = new Pool();
    pool.reserve("10.0.0.9", command === "ADD" ? "c2" : "c1");
    using _lock = hold(pool);
    let passed = () => 0;
    const wrap = (system: System) => {
      const hurried = hurrying(system);
      passed = hurried.passed;
      return hurried.system;
    };
    const error = pool.fail(command, "c1", { config: config(pool), wrap });
    expect(error.code).toBe(command === "STATUS" ? 50 : 11);
    expect(error.msg).toContain(`"${pool.path("lock")}"`);
    expect(error.msg).toContain("locked by another process");
    expect(error.msg).toContain("60 s");
    expect(error.msg).toContain("lslocks");
    expect(passed()).toBeGreaterThanOrEqual(60_000);
    expect(passed()).toBeLessThan(61_000);
    expect(pool.leases()).toEqual(["10.0.0.9"]);
  });

  test.each(commands)("%s goes on when it is given back", async (command) => {
    using pool = new Pool();
    pool.reserve("10.0.0.9", command === "ADD" ? "c2" : "c1");
    mkdirSync(pool.directory, { recursive: true });
    const holder = spawn("flock", [pool.path("lock"), "sh", "-c", "echo held; sleep 0.3"]);
    await once(holder.stdout, "data");
    const begin = performance.now();
    const { status } = pool.run(command, "c1", { config: config(pool) });
    expect(status).toBe(0);
    const milliseconds = performance.now() - begin;
    expect(milliseconds).toBeGreaterThan(100);
    expect(milliseconds).toBeLessThan(20_000);
    if (holder.exitCode === null) await once(holder, "exit");
  });

  test("signals do not end the wait", () => {
    using pool = new Pool();
    let interrupted = 0;
    const wrap = (system: System): System => ({
      ...system,
      flock: (fd, operation) => {
        interrupted++;
        return interrupted <= 5 ? -EINTR : system.flock(fd, operation);
      },
    });
    expect(pool.take("c1", { wrap })).toEqual(["10.0.0.2"]);
    expect(interrupted).toBe(6);
  });

  test("the lock of another network does not matter", () => {
    using pool = new Pool();
    using _lock = hold(pool);
    const name = "net2";
    expect(pool.take("c1", { config: pool.config({ name }) })).toEqual(["10.0.0.2"]);
  });
});

test.each(commands)(
  "%s holds the lock while it looks at the leases and changes them",
  (command) => {
    using pool = new Pool();
    if (command !== "ADD") pool.add("c1");
    let [free, held] = [0, 0];
    const look = (path: string) => {
      if (!path.startsWith(pool.directory) || path.endsWith("/lock") || path === pool.directory)
        return;
      const fd = openSync(pool.path("lock"), "r");
      if (linux.flock(fd, LOCK_EX | LOCK_NB) === 0) free++;
      else held++;
      closeSync(fd);
    };
    const wrap = (system: System): System => ({
      ...system,
      open: (path, flags, mode) => {
        look(path);
        return system.open(path, flags, mode);
      },
      unlink: (path) => {
        look(path);
        return system.unlink(path);
      },
      link: (path, second) => {
        look(second);
        return system.link(path, second);
      },
    });
    expect(pool.run(command, "c1", { config: config(pool), wrap }).status).toBe(0);
    expect(free).toBe(0);
    expect(held).toBeGreaterThan(0);
  },
);

test.each(commands)("%s gives the lock back", (command) => {
  using pool = new Pool();
  if (command !== "ADD") pool.add("c1");
  pool.run(command, "c1", { config: config(pool) });
  expect(existsSync(pool.path("lock"))).toBe(true);
  using _lock = hold(pool);
});

test("a directory where the lock should be is told", () => {
  using pool = new Pool();
  mkdirSync(pool.path("lock"), { recursive: true });
  for (const command of commands) {
    const error = pool.fail(command, "c1", { config: config(pool) });
    expect(error.code).toBe(command === "STATUS" ? 50 : 5);
    expect(error.msg).toContain(`"${pool.path("lock")}"`);
    expect(error.msg).toContain("EISDIR");
  }
});
