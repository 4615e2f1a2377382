import { describe, expect, it } from "vitest";
import type { Netns } from "../../lab/netns.ts";
import { staticIpam } from "./ipam.ts";
import { addresses, link, linkNames } from "./kernel.ts";
import { master, useSite } from "./site.ts";

const site = useSite();
const inside = { linkInContainer: true, master: "uplink" };

/** A pod that has the end of a cable in it, as a secondary network gives it. */
function podWithMaster(): Netns {
  const pod = site.pod();
  const far = site.lab.addNetns("far");
  site.lab.ip("link", "add", "uplink", "netns", pod.name, "type", "veth", "peer", "name", "x0");
  site.lab.ip("link", "set", "x0", "netns", far.name);
  for (const [netns, name] of [
    [pod, "uplink"],
    [far, "x0"],
  ] as const) {
    netns.setSysctl(`net/ipv6/conf/${name}/accept_dad`, 0);
    netns.ip("link", "set", name, "up");
  }
  pod.waitUp("uplink");
  return pod;
}

describe("linkInContainer", () => {
  it("looks the master up in the container, and leaves the host alone", () => {
    const pod = podWithMaster();
    const before = linkNames(site.lab);
    const made = site.add(pod, { ...inside, ...staticIpam(["10.1.0.2/24"]) });
    expect(link(pod)).toMatchObject({ link: "uplink", linkinfo: { info_kind: "macvlan" } });
    expect(made.interfaces).toMatchObject([{ name: "eth0", sandbox: pod.path }]);
    expect(addresses(pod)).toMatchObject([{ local: "10.1.0.2" }]);
    expect(linkNames(site.lab)).toEqual(before);
  });

  it("takes the container's default route where there is no master", () => {
    const pod = podWithMaster();
    pod.ip("route", "add", "default", "dev", "uplink");
    site.add(pod, { linkInContainer: true, master: undefined });
    expect(link(pod).link).toBe("uplink");
  });

  it("does not take its own interface for the master at CHECK", () => {
    const pod = podWithMaster();
    pod.ip("route", "add", "default", "dev", "uplink", "metric", "500");
    const ipam = staticIpam(["10.1.0.2/24 10.1.0.1"], [{ dst: "0.0.0.0/0" }]);
    const keys = { linkInContainer: true, master: undefined, ...ipam };
    const prevResult = site.add(pod, keys);
    site.check(pod, { ...keys, prevResult });
  });

  it("passes CHECK and DEL", () => {
    const pod = podWithMaster();
    const prevResult = site.add(pod, inside);
    site.check(pod, { ...inside, prevResult });
    site.del(pod, { ...inside, prevResult });
    expect(linkNames(pod)).toEqual(["uplink"]);
  });

  it("does not find a master of the host", () => {
    const keys = { linkInContainer: true, master };
    expect(site.refuse(site.pod(), keys, [100]).msg).toContain(master);
  });

  it("false, or null, means the host's", () => {
    const [a, b] = [site.pod(), site.pod()];
    site.add(a, { linkInContainer: false });
    site.add(b, { linkInContainer: null });
  });

  it.each(["yes", 1, "true", {}])("%j is no boolean: code 6", (linkInContainer) => {
    expect(site.refuse(site.pod(), { linkInContainer }, [6]).msg).toContain("linkInContainer");
  });

  it("undoes a failed ADD there", () => {
    const pod = podWithMaster();
    const ipam = staticIpam(["10.1.0.2/24"], [{ dst: "10.9.0.0/16", gw: "10.77.0.1" }]);
    site.refuse(pod, { ...inside, ...ipam }, [103]);
  });
});
