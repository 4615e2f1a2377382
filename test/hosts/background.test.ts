import { copyFileSync, readdirSync, readFileSync, readlinkSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { macvlanProgram } from "../../lab/paths.ts";
import { linkNames } from "../live/kernel.ts";
import { failure, silent } from "../live/outcome.ts";
import { type CallOptions, useSite } from "../live/site.ts";

// DEL leaves a process behind that waits for the kernel to free memory, and ADD one that waits for
// it to let go of a socket. They must be nobody's burden.

const site = useSite();
/** It lives for 10 to 20 ms, so it is not seen at every try. */
const tries = 50;

/** The executable under a name of its own, by which its processes are told from all others. */
function install(): { name: string; options: CallOptions } {
  const directory = site.directory("x");
  const name = basename(directory);
  const program = join(directory, name);
  copyFileSync(macvlanProgram, program);
  symlinkSync(name, join(directory, "host-local"));
  return { name, options: { program, path: directory } };
}

interface Process {
  readonly pid: string;
  readonly session: string;
  readonly terminal: string;
}

/** The processes with this name; not those that have ended, and that init has yet to reap. */
function processesOf(name: string): Process[] {
  return readdirSync("/proc")
    .filter((pid) => /^\d+$/.test(pid))
    .flatMap((pid) => {
      const stat = attempt(() => readFileSync(`/proc/${pid}/stat`, "utf8")) ?? "";
      const [, found, rest = ""] = /^\d+ \((.*)\) (.*)/s.exec(stat) ?? [];
      const [state = "", , , session = "", terminal = ""] = rest.split(" ");
      const isOne = found === name.slice(0, 15) && state !== "Z";
      return isOne ? [{ pid, session, terminal }] : [];
    });
}

/** What it returns; undefined where the process that it asks about has gone. */
function attempt<T>(ask: () => T): T | undefined {
  try {
    return ask();
  } catch {
    return undefined;
  }
}

/** Waits until there is none any more. */
async function gone(name: string): Promise<number> {
  const start = performance.now();
  while (processesOf(name).length > 0 && performance.now() - start < 5000) {
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  return performance.now() - start;
}

describe("the process that DEL leaves behind", () => {
  test("holds no descriptor, directory, session or terminal of the caller's", async () => {
    const { name, options } = install();
    const pod = site.pod();
    const seen: object[] = [];
    for (let i = 0; i < tries && seen.length === 0; i++) {
      site.add(pod, {}, options);
      silent(site.call("DEL", pod, {}, { ...options, cwd: site.lab.directory }));
      for (const { pid, session, terminal } of processesOf(name)) {
        const files = attempt(() => readdirSync(`/proc/${pid}/fd`));
        const links = files?.map((fd) => attempt(() => readlinkSync(`/proc/${pid}/fd/${fd}`)));
        const cwd = attempt(() => readlinkSync(`/proc/${pid}/cwd`));
        // it may end while it is looked at
        if (!links?.length || links.includes(undefined) || cwd === undefined) continue;
        seen.push({ kinds: links.map((link) => link?.replace(/:.*/, "")), cwd, terminal });
        expect(session).toBe(pid);
      }
      await gone(name);
    }
    expect(seen[0]).toEqual({ kinds: ["socket", "pipe"], cwd: "/", terminal: "0" });
  });

  test("is gone within a second", async () => {
    const { name, options } = install();
    const pod = site.pod();
    for (let i = 0; i < 10; i++) {
      site.add(pod, {}, options);
      site.del(pod, {}, options);
      expect(await gone(name)).toBeLessThan(1000);
    }
  });

  test("leaves nothing to a parent that reaps, as the first process of a system does", () => {
    const { name, options } = install();
    const pod = site.pod();
    site.add(pod, {}, options);
    // a system of its own, whose first process is this shell; who has not been reaped has a name
    const script = `"$0"; sleep 1; cat /proc/[0-9]*/comm >&2`;
    const words = `unshare --pid --fork --mount-proc sh -c '${script}' "$PROGRAM"`;
    const system = join(site.script("system", words), "system");
    const env = { PROGRAM: options.program };
    const { status, stderr } = site.call("DEL", pod, {}, { ...options, program: system, env });
    expect(status).toBe(0);
    expect(stderr.split("\n")).toContain("sh");
    expect(stderr.split("\n")).not.toContain(name.slice(0, 15));
  });

  test("keeps nobody waiting who reads the plugin's output to its end", async () => {
    const { name, options } = install();
    const pod = site.pod();
    let seen = 0;
    for (let i = 0; i < tries && seen === 0; i++) {
      site.add(pod, {}, options);
      const call = { containerId: "c1", ifname: "eth0", netns: pod.path, ...options };
      // which ends when both its pipes have come to their ends
      silent(await site.lab.cniStart({ ...call, command: "DEL", config: site.config() }));
      // one that still has files is not about to end
      const files = processesOf(name).map(({ pid }) =>
        attempt(() => readdirSync(`/proc/${pid}/fd`)),
      );
      seen = files.filter((list) => list?.length).length;
      await gone(name);
    }
    expect(seen).toBe(1);
  });

  test("is not there with synchronousDelete", () => {
    const { name, options } = install();
    const pod = site.pod();
    for (let i = 0; i < 10; i++) {
      site.add(pod, {}, options);
      site.del(pod, { synchronousDelete: true }, options);
      expect(processesOf(name)).toEqual([]);
    }
  });
});

test("the process that ADD leaves behind keeps nobody waiting, and is gone soon", async () => {
  const { name, options } = install();
  const pod = site.pod();
  const dataDir = site.directory("leases");
  const ipam = { type: "host-local", dataDir, ranges: [[{ subnet: "10.1.0.0/24" }]] };
  let seen = 0;
  for (let i = 0; i < tries && seen < 3; i++) {
    // which ends when both its pipes have come to their ends
    site.add(pod, { ipam }, options);
    seen += processesOf(name).length;
    expect(await gone(name)).toBeLessThan(1000);
    site.del(pod, { ipam }, options);
    await gone(name);
  }
  expect(seen).toBe(3);
});

test("a refusal by the kernel is reported, with nothing left behind", async () => {
  const { name, options } = install();
  const pod = site.pod();
  site.add(pod, {}, options);
  const weak = site.script("weak", 'exec setpriv --bounding-set -net_admin "$WEAK_PROGRAM"');
  const env = { WEAK_PROGRAM: options.program };
  const output = site.call("DEL", pod, {}, { ...options, program: join(weak, "weak"), env });
  expect(failure(output, 109).msg).toContain("EPERM");
  expect(await gone(name)).toBeLessThan(1000);
  site.del(pod, {}, options);
});

test("200 DELs at once leave nothing, and free every address", { timeout: 120_000 }, async () => {
  const { name, options } = install();
  const dataDir = site.directory("leases");
  const keys = { ipam: { type: "host-local", subnet: "10.9.0.0/16", dataDir } };
  const pods = Array.from({ length: 200 }, () => site.pod());
  const all = (command: string) =>
    Promise.all(
      pods.map((pod) => {
        const call = { containerId: pod.name, netns: pod.path, ifname: "eth0", ...options };
        return site.lab.cniStart({ ...call, command, config: site.config(keys) });
      }),
    );
  const leases = () => readdirSync(join(dataDir, "live")).filter((file) => file.startsWith("10."));
  for (const output of await all("ADD")) expect(output).toMatchObject({ status: 0, stderr: "" });
  expect(leases()).toHaveLength(200);
  for (const output of await all("DEL")) silent(output);
  expect(leases()).toEqual([]);
  for (const pod of pods) expect(linkNames(pod)).toEqual([]);
  expect(await gone(name)).toBeLessThan(1000);
});
