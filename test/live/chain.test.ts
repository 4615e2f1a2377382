import { describe, expect, it } from "vitest";
import { CNI_VERSIONS } from "../../host/schema/index.ts";
import { staticIpam } from "./ipam.ts";
import { addresses, link, linkNames } from "./kernel.ts";
import { ifname, useSite } from "./site.ts";

const site = useSite();
const ipam = staticIpam(["10.1.0.2/24 10.1.0.1"], [{ dst: "10.9.0.0/16" }]);

/** What a plugin before ours in the chain has brought about. */
const previous = {
  cniVersion: "1.1.0",
  interfaces: [
    { name: "veth1", mac: "02:00:00:00:00:11" },
    { name: "net0", mac: "02:00:00:00:00:12", sandbox: "/run/netns/x", mtu: 1400 },
  ],
  ips: [{ interface: 1, address: "10.5.0.2/24", gateway: "10.5.0.1" }],
  routes: [{ dst: "0.0.0.0/0", gw: "10.5.0.1" }],
  dns: { nameservers: ["10.5.0.53"], search: ["before.test"] },
};

describe("prevResult at ADD", () => {
  it("goes through, and ours is added to it", () => {
    const pod = site.pod();
    const made = site.add(pod, { ...ipam, prevResult: previous });
    const own = { name: ifname, mac: link(pod).address, mtu: 1500, sandbox: pod.path };
    expect(made).toEqual({
      cniVersion: "1.1.0",
      interfaces: [...previous.interfaces, own],
      ips: [...previous.ips, { interface: 2, address: "10.1.0.2/24", gateway: "10.1.0.1" }],
      routes: [...previous.routes, { dst: "10.9.0.0/16" }],
      dns: previous.dns,
    });
  });

  it("goes through with layer 2 only", () => {
    const made = site.add(site.pod(), { prevResult: previous });
    expect(made.ips).toEqual(previous.ips);
    expect(made.interfaces).toHaveLength(3);
  });

  it("is not carried out again: only our own addresses and routes are made", () => {
    const pod = site.pod();
    site.add(pod, { ...ipam, prevResult: previous });
    expect(linkNames(pod)).toEqual([ifname]);
    expect(addresses(pod).map(({ local }) => local)).toEqual(["10.1.0.2"]);
    expect(pod.ip("route", "show", "default")).toBe("");
  });

  it("may be of another version than the configuration", () => {
    const old = {
      cniVersion: "0.4.0",
      interfaces: [{ name: "net0" }],
      ips: [{ version: "4", interface: 0, address: "10.5.0.2/24" }],
      dns: {},
    };
    const made = site.add(site.pod(), { ...ipam, prevResult: old });
    expect(made.ips).toHaveLength(2);
    expect(made.ips?.[0]).toEqual({ interface: 0, address: "10.5.0.2/24" });
  });

  it.each(CNI_VERSIONS)("comes out as version %s says", (cniVersion) => {
    const made = site.add(site.pod(), { ...ipam, cniVersion, prevResult: previous });
    expect(JSON.stringify(made)).toContain("10.5.0.2/24");
  });

  it("passes CHECK afterwards", () => {
    const pod = site.pod();
    pod.ip("link", "add", "net0", "type", "bridge");
    const before = { ...previous, routes: [] };
    const made = site.add(pod, { ...ipam, prevResult: before });
    site.check(pod, { ...ipam, prevResult: made });
  });

  it.each([
    ["is of a version that nobody knows", { cniVersion: "9.9.9" }],
    ["has an address without prefix", { cniVersion: "1.1.0", ips: [{ address: "10.5.0.2" }] }],
    ["has a list where an object belongs", []],
    ["is a text", "text"],
    ["has a wrong type", { cniVersion: "1.1.0", interfaces: "none" }],
  ])("is refused if it %s", (_, prevResult) => {
    expect(site.refuse(site.pod(), { ...ipam, prevResult }, [6, 7]).msg).toContain("prevResult");
  });
});
