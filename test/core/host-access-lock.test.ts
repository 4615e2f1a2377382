import { describe, expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import { confine } from "../../host/policy.ts";
import type { Sim } from "../../host/sim/index.ts";
import { add, config, failure, POD, refusal, run, staticIpam, succeed } from "./core.ts";
import { keys, near, records, shimOf, ways } from "./host-access.ts";

// hostAccess while another process holds the lock of the records.

const LOCK = "/run/cni-macvlan/.lock";
/** How long it is waited for, in milliseconds. */
const TIMEOUT = 30_000;

const GC = {
  command: "GC",
  config: config({ ...keys, "cni.dev/valid-attachments": [] }),
  env: { CNI_CONTAINERID: undefined, CNI_NETNS: undefined, CNI_IFNAME: undefined },
};

/** A machine on which the folder of the records is there. */
function prepare(): Sim {
  const sim = near();
  add(sim, keys);
  succeed(sim, "DEL", { config: config(keys) });
  return sim;
}

/** Another process takes the lock. @returns what gives it back. */
function hold(sim: Sim): () => void {
  const file = sim.files.get(LOCK);
  const holder = {};
  if (file.kind !== "file" || !file.lock.take(holder, true)) throw new Error("it is held already");
  return () => file.lock.release(holder);
}

/** How long something takes on the machine's clock, in milliseconds. */
function timed(sim: Sim, action: () => void): number {
  const before = sim.kernel.clock.now;
  action();
  return sim.kernel.clock.now - before;
}

describe("one that is given back is waited for", () => {
  test.each(["ADD", "DEL", "GC"])("by %s", (command) => {
    const sim = prepare();
    if (command !== "ADD") add(sim, keys);
    sim.kernel.clock.after(250, hold(sim));
    const call = command === "GC" ? GC : { command, config: config(keys) };
    const passed = timed(sim, () => expect(run(sim, call).status).toBe(0));
    expect(passed).toBeGreaterThanOrEqual(250);
    expect(ways(sim)).toHaveLength(command === "ADD" ? 2 : 0);
  });
});

describe("one that is never given back", () => {
  const error = {
    code: 11,
    msg: expect.stringContaining(`"${LOCK}" is locked by another process`),
  };
  const once = (passed: number) => {
    expect(passed).toBeGreaterThanOrEqual(TIMEOUT);
    expect(passed).toBeLessThan(TIMEOUT + 1000);
  };

  test("fails an ADD, which leaves nothing", () => {
    const sim = prepare();
    hold(sim);
    once(timed(sim, () => expect(refusal(sim, { config: config(keys) })).toMatchObject(error)));
  });

  test("fails a DEL, which does the rest; the next one does this", () => {
    const sim = prepare();
    add(sim, keys);
    const release = hold(sim);
    const call = { command: "DEL", config: config(keys) };
    once(timed(sim, () => expect(failure(run(sim, call))).toMatchObject(error)));
    expect(sim.netns(POD).find("mv0")).toBeUndefined();
    expect([ways(sim), records(sim)].map(({ length }) => length)).toEqual([2, 1]);
    release();
    succeed(sim, "DEL", call);
    expect([shimOf(sim), ways(sim), records(sim)]).toEqual([undefined, [], []]);
  });

  test("fails a GC of many attachments in the same time", () => {
    const sim = prepare();
    for (const index of [5, 6, 7]) {
      const netns = `/run/netns/pod${index}`;
      sim.addNetns(netns);
      const ipam = staticIpam([`10.0.0.${index}/24`]);
      add(sim, { hostAccess: true, ipam }, { containerId: `pod${index}`, netns });
    }
    const release = hold(sim);
    once(timed(sim, () => expect(failure(run(sim, GC))).toMatchObject(error)));
    expect([ways(sim), records(sim)].map(({ length }) => length)).toEqual([3, 3]);
    release();
    succeed(sim, "GC", GC);
    expect([shimOf(sim), ways(sim), records(sim)]).toEqual([undefined, [], []]);
  });

  test("does not concern those who have no hostAccess", () => {
    const sim = prepare();
    hold(sim);
    const passed = timed(sim, () => {
      add(sim, { ipam: keys.ipam });
      succeed(sim, "DEL", { config: config({ ipam: keys.ipam }) });
    });
    expect(passed).toBeLessThan(5000);
  });
});

test("an ADD that traps while it has the lock does not wait for itself", () => {
  const sim = prepare();
  let traps = 0;
  const wrap = (system: System): System => {
    const confined = confine(system);
    const send: System["send"] = (...words) => {
      if (ways(sim).length === 0 || traps++ > 0) return confined.send(...words);
      throw new Error("the machine stands still");
    };
    return { ...confined, send };
  };
  const passed = timed(sim, () =>
    expect(failure(run(sim, { config: config(keys), wrap })).code).toBe(108),
  );
  expect(traps).toBeGreaterThan(1);
  expect(passed).toBeLessThan(5000);
  expect([shimOf(sim), ways(sim), records(sim)]).toEqual([undefined, [], []]);
});
