import { existsSync, readlinkSync, writeFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Lab } from "../../lab/lab.ts";
import { difference } from "../../lab/snapshot.ts";
import { linkNames } from "./kernel.ts";
import { inhabitants } from "../../lab/processes.ts";
import { useSite } from "./site.ts";

const site = useSite();

describe("a lab", () => {
  it("is not in the machine's namespaces", () => {
    for (const kind of ["net", "mnt"]) {
      const inside = site.lab.run(["readlink", `/proc/self/ns/${kind}`]).trim();
      expect(inside).not.toBe(readlinkSync(`/proc/self/ns/${kind}`));
    }
    expect(linkNames(site.lab)).toEqual(["ens5"]);
  });

  it("runs programs in the namespace that was asked for", () => {
    const pod = site.pod();
    const inside = pod.run(["readlink", "/proc/self/ns/net"]);
    expect(inside).not.toBe(site.lab.run(["readlink", "/proc/self/ns/net"]));
    expect(pod.run(["pwd"], { cwd: "/usr" })).toBe("/usr\n");
    expect(pod.run(["cat"], { input: "in" })).toBe("in");
    expect(pod.run(["/usr/bin/env"], { env: { A: "b", PATH: "/usr/bin" } })).toContain("A=b\n");
    expect(pod.exec(["sh", "-c", "echo out; echo err >&2; exit 3"])).toMatchObject({
      status: 3,
      stdout: "out\n",
      stderr: "err\n",
    });
  });

  it("says which program is missing", () => {
    expect(() => site.pod().exec(["no-such-tool"])).toThrow(
      /^(no-such-tool is missing|cannot run no-such-tool: .*denied)$/,
    );
  });

  it("takes its files and the programs that still run in it with it", async () => {
    const lab = await Lab.open();
    const pod = lab.addNetns("pod");
    writeFileSync(`${lab.directory}/file`, "text");
    expect(pod.run(["cat", `${lab.directory}/file`])).toBe("text");
    const running = [lab.start(["sleep", "600"]), pod.start(["sh", "-c", "sleep 600; true"])];
    const namespace = lab.run(["readlink", "/proc/self/ns/mnt"]).trim();
    expect(inhabitants(namespace).length).toBeGreaterThanOrEqual(3);
    await lab.close();
    for (const { done } of running) expect((await done).signal).toBe("SIGKILL");
    expect(inhabitants(namespace)).toEqual([]);
    expect(existsSync(lab.directory)).toBe(false);
  });
});

describe("the difference of two snapshots", () => {
  it.each([
    ["a link", "link add br0 type bridge", "br0"],
    ["a flag of a link", "link set lo down", "lo"],
    ["an address", "addr add 10.1.0.2/24 dev lo", "10.1.0.2/24"],
    ["an IPv4 route", "route add 10.2.0.0/16 dev lo", "10.2.0.0/16"],
    ["an IPv6 route in a table", "-6 route add fd00:2::/32 dev lo table 77", "table 77"],
    ["a rule", "rule add from 10.1.0.2 table 77", "from 10.1.0.2"],
  ])("shows %s", (_, command, says) => {
    const pod = site.pod();
    const before = site.lab.snapshot();
    pod.ip(...command.split(" "));
    expect(difference(before, site.lab.snapshot()).join("\n")).toContain(says);
  });

  it("shows a sysctl", () => {
    const pod = site.pod();
    const before = site.lab.snapshot();
    pod.setSysctl("net/ipv4/conf/lo/arp_notify", 1);
    const file = "/proc/sys/net/ipv4/conf/lo/arp_notify";
    expect(difference(before, site.lab.snapshot())).toEqual([
      `- ${pod.name}: ${file}:0`,
      `+ ${pod.name}: ${file}:1`,
    ]);
  });

  it("shows a namespace", () => {
    const before = site.lab.snapshot();
    const pod = site.pod();
    const lines = difference(before, site.lab.snapshot());
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) expect(line.startsWith(`+ ${pod.name}: `)).toBe(true);
  });

  it("is empty where nothing was changed", () => {
    site.pod();
    expect(difference(site.lab.snapshot(), site.lab.snapshot())).toEqual([]);
  });
});
