import { describe, expect, it } from "vitest";
import type { Netns } from "../../lab/netns.ts";
import { staticIpam } from "./ipam.ts";
import { link, reaches } from "./kernel.ts";
import { ownFailure } from "./outcome.ts";
import { master, needs, useSite } from "./site.ts";

const site = useSite();

/** Two pods on one subnet, and an address of the neighbour on the segment. */
function pair(mode: string, on = master): [Netns, Netns] {
  const [a, b] = [site.pod(), site.pod()];
  const keys = { mode, master: on };
  site.add(a, { ...keys, ...staticIpam(["10.1.0.2/24", "fd00:1::2/64"]) }, { containerId: "a" });
  site.add(b, { ...keys, ...staticIpam(["10.1.0.3/24", "fd00:1::3/64"]) }, { containerId: "b" });
  site.segment.ip("addr", "replace", "10.1.0.1/24", "dev", "lan");
  return [a, b];
}

describe("mode", () => {
  it.each(["bridge", "private", "vepa", "passthru"])("%s is what the kernel has", (mode) => {
    const pod = site.pod();
    site.add(pod, { mode });
    expect(link(pod).linkinfo?.info_data).toMatchObject({ mode });
  });

  it.each([
    ["not given", {}],
    ["empty", { mode: "" }],
  ])("%s means bridge", (_, keys) => {
    const pod = site.pod();
    site.add(pod, keys);
    expect(link(pod).linkinfo?.info_data).toMatchObject({ mode: "bridge" });
  });

  it.each(["Source", "Bridge", "bridge ", "macvtap", "passthrough"])(
    '"%s" is refused: code 2 and a message with key and value',
    (mode) => {
      const { msg } = site.refuse(site.pod(), { mode }, [2]);
      expect(msg).toContain("mode");
      expect(msg).toContain(`"${mode}"`);
    },
  );

  it("of a wrong type is refused: code 6", () => {
    expect(site.refuse(site.pod(), { mode: 4 }, [6]).msg).toContain("mode");
  });
});

describe("traffic", () => {
  needs("ping");

  it("bridge: pods reach each other and the segment, but not the host", () => {
    const [a] = pair("bridge");
    expect(reaches(a, "10.1.0.3")).toBe(true);
    expect(reaches(a, "fd00:1::3")).toBe(true);
    expect(reaches(a, "10.1.0.1")).toBe(true);
    site.lab.ip("addr", "add", "10.1.0.9/24", "dev", master);
    expect(reaches(a, "10.1.0.9")).toBe(false);
    site.lab.ip("addr", "del", "10.1.0.9/24", "dev", master);
  });

  it("private: pods reach the segment, but not each other", () => {
    const [a] = pair("private");
    expect(reaches(a, "10.1.0.1")).toBe(true);
    expect(reaches(a, "10.1.0.3")).toBe(false);
  });

  it("vepa: pods reach each other only through a switch that sends frames back", () => {
    const segment = site.lab.addNetns("switch");
    site.lab.addMaster("lan6", { segment, peer: "port" });
    segment.ip("link", "add", "br0", "type", "bridge");
    segment.ip("link", "set", "port", "master", "br0");
    segment.ip("link", "set", "br0", "up");
    segment.waitUp("br0");
    const [a] = pair("vepa", "lan6");
    expect(reaches(a, "10.1.0.3")).toBe(false);
    segment.run(["bridge", "link", "set", "dev", "port", "hairpin", "on"]);
    expect(reaches(a, "10.1.0.3")).toBe(true);
  });

  it("passthru: the pod reaches the segment with the master's own address", () => {
    const pod = site.pod();
    site.segment.ip("addr", "replace", "10.1.0.1/24", "dev", "lan");
    const made = site.add(pod, { mode: "passthru", ...staticIpam(["10.1.0.2/24"]) });
    expect(made.interfaces?.[0]?.mac).toBe(link(site.lab, master).address);
    expect(reaches(pod, "10.1.0.1")).toBe(true);
  });
});

describe("passthru", () => {
  it("is for one: a second on the same master is refused, and leaves nothing", () => {
    site.add(site.quietPod(), { mode: "passthru" }, { containerId: "a" });
    const { msg } = site.refuse(site.pod(), { mode: "passthru" }, [101]);
    expect(msg).toContain(master);
    expect(msg).toMatch(/E(INVAL|BUSY)/);
  });

  it("refuses a macvlan of another mode beside it", () => {
    site.add(site.quietPod(), { mode: "passthru" }, { containerId: "a" });
    site.refuse(site.pod(), { mode: "bridge" }, [101]);
  });

  it("gives the master back with DEL", () => {
    const [a, b] = [site.pod(), site.pod()];
    site.add(a, { mode: "passthru" });
    site.del(a, { mode: "passthru" });
    site.add(b, { mode: "passthru" });
  });

  it("with a MAC address: never reports another than the kernel has", () => {
    const pod = site.pod();
    const keys = { mode: "passthru", mac: "02:00:00:00:00:07" };
    const output = site.call("ADD", pod, keys);
    if (output.status === 0) {
      expect(output.json).toMatchObject({ interfaces: [{ mac: link(pod).address }] });
    } else ownFailure(output, 7, 101);
  });
});
