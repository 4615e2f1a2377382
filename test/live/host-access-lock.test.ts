import { setTimeout } from "node:timers/promises";
import { afterEach, describe, expect, it } from "vitest";
import { cniExec, type CniOutput } from "../../lab/cni.ts";
import type { Netns, Output, Running } from "../../lab/netns.ts";
import { difference } from "../../lab/snapshot.ts";
import { addressMaster, records, shims, ways } from "./host-access.ts";
import { reaches } from "./kernel.ts";
import { result, silent } from "./outcome.ts";
import { ifname, master, useSite } from "./site.ts";

// hostAccess where several processes change the host's network at the same time.

const site = useSite();

const addressOf = (index: number) => `198.51.100.${100 + index}`;

/** One of several containers, each with an IPv4 address of its own. */
interface Pod {
  readonly netns: Netns;
  readonly call: (command: string) => Promise<CniOutput>;
  /** ADD and DEL, a dot for both, for some seconds: a failure ends them, and is printed. */
  readonly turns: () => Promise<Output>;
}

/** One shell makes all calls: they come as close together as they can. */
const turnsScript = `
  config=$(cat) end=$(($(date +%s) + 3))
  while
    for CNI_COMMAND in ADD DEL; do
      export CNI_COMMAND
      printed=$(printf %s "$config" | "$@" 2>&1) || { echo "$CNI_COMMAND: $printed"; exit 1; }
    done
    printf .
    [ "$(date +%s)" -lt "$end" ]
  do :; done
  echo
`;

function podOf(index: number): Pod {
  const netns = site.pod();
  const ipam = { type: "static", addresses: [{ address: `${addressOf(index)}/24` }] };
  const config = site.config({ hostAccess: true, ipam });
  const common = { containerId: `pod${index}`, netns: netns.path, ifname, config };
  const { argv, options } = cniExec(common);
  const turning = [...argv.slice(0, -1), "sh", "-c", turnsScript, "sh", ...argv.slice(-1)];
  return {
    netns,
    call: (command) => site.lab.cniStart({ ...common, command }),
    turns: () => site.lab.start(turning, options).done,
  };
}

const podsOf = (count: number) => Array.from({ length: count }, (_, index) => podOf(index));

afterEach(() => {
  site.lab.ip("addr", "flush", "dev", master, "scope", "global");
  site.lab.run(["rm", "-rf", "/run/cni-macvlan"]);
});

describe("many pods at the same time", () => {
  it("come, and go, and nothing is left", { timeout: 300_000 }, async () => {
    addressMaster(site.lab);
    const before = site.lab.snapshot();
    const pods = podsOf(50);
    const all = (command: string) => Promise.all(pods.map(({ call }) => call(command)));
    for (const outcome of await all("ADD")) result(outcome);
    expect(shims(site.lab)).toHaveLength(1);
    expect(ways(site.lab)).toHaveLength(50);
    expect(records(site.lab)).toHaveLength(50);
    for (const index of [0, 25, 49]) expect(reaches(site.lab, addressOf(index))).toBe(true);
    for (const outcome of await all("DEL")) silent(outcome);
    for (const { netns } of pods) site.lab.deleteNetns(netns.name);
    expect(difference(before, site.lab.snapshot())).toEqual([]);
    expect(records(site.lab)).toEqual([]);
  });

  it("come and go in turns, and the interface with them", { timeout: 300_000 }, async () => {
    addressMaster(site.lab);
    const pods = podsOf(6);
    const before = site.lab.snapshot();
    const outcomes = await Promise.all(pods.map(({ turns }) => turns()));
    for (const { status, stdout } of outcomes) {
      expect(status, stdout).toBe(0);
      expect(stdout).toMatch(/^\.+\n$/);
    }
    expect(difference(before, site.lab.snapshot())).toEqual([]);
    expect(records(site.lab)).toEqual([]);
  });
});

describe("while another process holds the lock", () => {
  const LOCK = "/run/cni-macvlan/.lock";

  /** The process that holds it, and does nothing else. */
  function hold(): Running {
    site.lab.run(["mkdir", "-p", "/run/cni-macvlan"]);
    const holder = site.lab.start(["flock", "--no-fork", LOCK, "sleep", "600"]);
    const deadline = performance.now() + 5000;
    while (site.lab.exec(["flock", "--nonblock", LOCK, "true"]).status === 0) {
      if (performance.now() > deadline) throw new Error(`${LOCK} is not held`);
    }
    return holder;
  }

  /** What a command says that has to wait for the holder to end. */
  async function waitFor(holder: Running, running: Promise<CniOutput>): Promise<CniOutput> {
    const first = await Promise.race([running, setTimeout(300, "nothing yet")]);
    expect(first).toBe("nothing yet");
    await holder.stop("SIGKILL");
    return running;
  }

  it("ADD and DEL wait, and then do their work", async () => {
    addressMaster(site.lab);
    const pod = podOf(0);
    const before = site.lab.snapshot();
    let holder = hold();
    const adding = pod.call("ADD");
    result(await waitFor(holder, adding));
    expect(ways(site.lab)).toHaveLength(1);
    holder = hold();
    const deleting = pod.call("DEL");
    silent(await waitFor(holder, deleting));
    expect(difference(before, site.lab.snapshot())).toEqual([]);
    expect(records(site.lab)).toEqual([]);
  });
});
