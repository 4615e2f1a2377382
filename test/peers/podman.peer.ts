import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { IpLink } from "../../lab/iproute2.ts";
import { Lab } from "../../lab/lab.ts";
import { difference, type Snapshot } from "../../lab/snapshot.ts";
import { installOurs } from "./ours.ts";
import { Podman } from "./podman.ts";
import { requirePrograms } from "./requirements.ts";

const canRun = requirePrograms(["podman", "runc", "busybox", "/usr/lib/cni/host-local", "ip"]);

const leases = "/run/leases";
const network = (name: string, ipam: object) => ({
  cniVersion: "1.0.0",
  name,
  plugins: [{ type: "macvlan", master: "m0", capabilities: { mac: true, ips: true }, ipam }],
});
const networks = {
  "10-pool.conflist": network("pool", {
    type: "host-local",
    dataDir: leases,
    ranges: [[{ subnet: "10.9.0.0/24" }]],
  }),
  "20-fixed.conflist": network("fixed", {
    type: "static",
    addresses: [{ address: "10.9.0.77/24" }],
  }),
};
const mac = "02:ca:fe:00:00:09";

describe("podman with its CNI backend", () => {
  let lab: Lab;
  let podman: Podman;
  let before: Snapshot;

  beforeAll(async () => {
    if (!canRun) return;
    lab = await Lab.open();
    lab.addMaster("m0");
    podman = new Podman(lab, installOurs(lab), networks);
    podman.importImage("/bin/busybox", ["sh", "sleep", "ping", "ip"]);
    before = lab.snapshot();
  });

  afterAll(async () => {
    podman?.removeAll();
    await lab?.close();
  });

  test("starts containers on our macvlan", () => {
    podman.start("a", "--network", "pool");
    podman.start("b", "--network", "pool", "--ip", "10.9.0.42");
    podman.start("c", "--network", "fixed", "--mac-address", mac);
    for (const name of ["a", "b", "c"]) expect(link(name).linkinfo?.info_kind).toBe("macvlan");
    expect(link("c").address).toBe(mac);
    expect([address("a", "pool"), address("b", "pool")]).toEqual(["10.9.0.2", "10.9.0.42"]);
    expect(leaseFiles()).toContain("10.9.0.42");
  });

  test("they ping each other", () => {
    for (const [from, to] of [
      ["a", "10.9.0.42"],
      ["b", "10.9.0.77"],
      ["c", "10.9.0.2"],
    ] as const) {
      expect(podman.run("exec", from, "ping", "-c", "1", "-W", "5", to)).toContain(
        "1 packets received",
      );
    }
  });

  test("they stop, and nothing is left", () => {
    podman.run("stop", "--time", "0", "a", "b", "c");
    podman.run("rm", "a", "b", "c");
    expect(leaseFiles()).toEqual(["last_reserved_ip.0", "lock"]);
    expect(lab.run(["ls", "/var/lib/cni/results"])).toBe("");
    expect(difference(before, lab.snapshot())).toEqual([]);
  });

  /** The container's interface, as `ip` sees it in the namespace that podman made. */
  function link(name: string): IpLink {
    const netns = podman.inspect(name, ".NetworkSettings.SandboxKey");
    const text = lab.run(["nsenter", `--net=${netns}`, "ip", "-j", "-d", "link", "show", "eth0"]);
    return (JSON.parse(text) as [IpLink])[0];
  }

  function address(name: string, of: string): string {
    return podman.inspect(name, `.NetworkSettings.Networks.${of}.IPAddress`);
  }

  function leaseFiles(): string[] {
    return lab
      .run(["ls", join(leases, "pool")])
      .trim()
      .split("\n");
  }
});
