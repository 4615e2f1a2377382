import { expect, test } from "vitest";
import type { System } from "../../../host/imports.ts";
import { few, Pool } from "./pool.ts";
import type { Call } from "./process.ts";

// What a command costs is counted in system calls, which are the same on any machine. How long it
// takes is a matter of `npm run bench`.

/** How often each system call is made. */
class Count {
  readonly calls: Record<string, number> = {};

  readonly wrap = (system: System): System =>
    new Proxy(system, {
      get: (target, name) => {
        const call = Reflect.get(target, name, target) as (...args: unknown[]) => unknown;
        return (...args: unknown[]) => {
          this.calls[String(name)] = (this.calls[String(name)] ?? 0) + 1;
          return call.apply(target, args);
        };
      },
    });

  of(name: string): number {
    return this.calls[name] ?? 0;
  }

  get all(): number {
    return Object.values(this.calls).reduce((sum, count) => sum + count, 0);
  }
}

const wide = { ranges: [[{ subnet: "10.0.0.0/16" }]] };

/** `count` leases of other containers, far from where the round begins. */
function fill(pool: Pool, count: number): void {
  for (let i = 0; i < count; i++) pool.reserve(`10.0.${128 + (i >> 8)}.${i & 255}`, `other${i}`);
}

/** The calls that each command makes in a pool that is filled already. */
function cost(pool: Pool): Record<string, Record<string, number>> {
  pool.add("first");
  const costs: Record<string, Record<string, number>> = {};
  const run = (command: string, label: string, call: Call) => {
    const count = new Count();
    const outcome = pool.run(command, "c1", { ...call, wrap: count.wrap });
    expect(outcome).toMatchObject({ status: 0, stderr: "" });
    costs[label] = count.calls;
    return outcome.json;
  };
  const prevResult = run("ADD", "ADD", {});
  const checked = { config: pool.config({ prevResult }) };
  run("CHECK", "CHECK", checked);
  run("DEL", "DEL", checked);
  run("ADD", "ADD again", {});
  run("CHECK", "CHECK without a result", {});
  run("DEL", "DEL without a result", {});
  run("ADD", "ADD of an address", { args: "IP=10.0.7.7" });
  return costs;
}

test("2,000 leases cost not one call more than none", () => {
  using none = new Pool(wide);
  using many = new Pool(wide);
  fill(many, 2000);
  const [few, most] = [cost(none), cost(many)];
  expect(most).toEqual(few);
  for (const calls of Object.values(few)) {
    const sum = Object.values(calls).reduce((all, count) => all + count, 0);
    expect(sum).toBeLessThan(80);
  }
});

test.each([2, 18, 19, 1000])("the one free address of a /22, number %i, is soon found", (free) => {
  using pool = new Pool({ ranges: [[{ subnet: "10.0.0.0/22" }]] });
  const text = (n: number) => `10.0.${n >> 8}.${n & 255}`;
  for (let n = 2; n < 1023; n++) if (n !== free) pool.reserve(text(n), `other${n}`);
  pool.add("c1");
  pool.succeed("DEL", "c1");
  const count = new Count();
  expect(pool.take("c2", { wrap: count.wrap })).toEqual([text(free)]);
  expect(count.of("link")).toBeLessThan(20);
  expect(count.all).toBeLessThan(100);
});

test("a /64, a /8 and a /32 of IPv6 cost as little as a /30", () => {
  const subnets = ["10.0.0.0/30", "10.0.0.0/8", "fd00::/64", "fd00::/32", "::/3", "0.0.0.0/1"];
  const counts = subnets.map((subnet) => {
    using pool = new Pool({ ranges: [[{ subnet }]] });
    const count = new Count();
    pool.add("c1", { wrap: count.wrap });
    return count.all;
  });
  expect(new Set(counts).size).toBe(1);
});

test.each(["ADD", "STATUS"])("%s in an exhausted range tries no address twice", (command) => {
  using pool = new Pool(few(2, 254));
  for (let i = 2; i <= 254; i++) pool.reserve(`10.0.0.${i}`, "other");
  pool.run(command);
  const count = new Count();
  const { code } = pool.fail(command, "c1", { wrap: count.wrap });
  expect(code).toBe(command === "ADD" ? 110 : 50);
  expect(count.of("link")).toBeLessThan(20);
});
