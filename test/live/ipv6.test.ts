import { afterEach, describe, expect, it } from "vitest";
import type { IpAddress } from "../../lab/iproute2.ts";
import type { Netns } from "../../lab/netns.ts";
import { staticIpam } from "./ipam.ts";
import { addresses, link, reaches } from "./kernel.ts";
import { silent } from "./outcome.ts";
import { master, needs, useSite } from "./site.ts";

const site = useSite();
const one = staticIpam(["fd00:1::2/64"]);

/** All addresses of the pod's interface that are still under detection. */
function tentative(pod: Netns): string[] {
  const [{ addr_info } = { addr_info: [] }] = pod.ipJson<IpAddress>("addr", "show", "dev", "eth0");
  return addr_info.filter((address) => address.tentative).map(({ local }) => local);
}

/** Switches IPv6 off in a pod as container runtimes do, its loopback included. */
function disableIpv6(pod: Netns): void {
  for (const name of ["all", "default"]) pod.setSysctl(`net/ipv6/conf/${name}/disable_ipv6`, 1);
}

afterEach(() => {
  site.segment.exec(["ip", "-6", "addr", "flush", "dev", "lan", "scope", "global"]);
});

describe("after ADD an IPv6 address", () => {
  it.each([
    ["without a gateway", one],
    ["with a gateway", staticIpam(["fd00:1::2/64 fd00:1::1"])],
    ["beside others", staticIpam(["10.1.0.2/24", "fd00:1::2/64", "fd00:2::2/64"])],
    ["of /128", staticIpam(["fd00:1::2/128"])],
  ])("%s is no longer tentative", (_, ipam) => {
    const pod = site.pod();
    site.add(pod, ipam);
    expect(tentative(pod)).toEqual([]);
    expect(addresses(pod).map(({ local }) => local)).toContain("fd00:1::2");
  });

  it("is there although the pod's link has the index of its master", () => {
    const pod = site.pod();
    const { ifindex } = link(site.lab, master);
    while (pod.ipJson("link").length < ifindex - 1) {
      const next = pod.ipJson("link").length;
      pod.ip("link", "add", `filler${next}`, "type", "bridge");
    }
    site.add(pod, one);
    expect(link(pod).ifindex).toBe(ifindex);
    expect(tentative(pod)).toEqual([]);
  });

  it("stays tentative where the master has no carrier, and ADD does not wait for that", () => {
    const pod = site.pod();
    site.segment.ip("link", "set", "lan", "down");
    const output = site.call("ADD", pod, one);
    site.segment.ip("link", "set", "lan", "up");
    expect(output).toMatchObject({ status: 0 });
    expect(output.stderr).toContain("carrier");
  });
});

describe("traffic", () => {
  needs("ping");

  it("to and from an IPv6 address flows as soon as ADD returns", () => {
    const pod = site.pod();
    site.segment.ip("addr", "add", "fd00:1::1/64", "dev", "lan", "nodad");
    site.add(pod, one);
    expect(reaches(pod, "fd00:1::1")).toBe(true);
    expect(reaches(site.segment, "fd00:1::2")).toBe(true);
  });
});

describe("a duplicate IPv6 address", () => {
  it("of a neighbour is refused with code 104 and its name, and all is undone", () => {
    site.segment.ip("addr", "add", "fd00:1::2/64", "dev", "lan", "nodad");
    const ipam = staticIpam(["10.1.0.2/24 10.1.0.1", "fd00:1::2/64"], [{ dst: "0.0.0.0/0" }]);
    expect(site.refuse(site.pod(), ipam, [104]).msg).toContain("fd00:1::2");
  });

  it("of another pod is refused", () => {
    site.add(site.pod(), one, { containerId: "a" });
    expect(site.refuse(site.pod(), one, [104]).msg).toContain("fd00:1::2");
  });

  it("as the second of two is refused", () => {
    site.segment.ip("addr", "add", "fd00:1::2/64", "dev", "lan", "nodad");
    const ipam = staticIpam(["fd00:1::7/64", "fd00:1::2/64"]);
    expect(site.refuse(site.pod(), ipam, [104]).msg).toContain("fd00:1::2");
  });

  it("is free again when its owner is gone", () => {
    const [a, b] = [site.pod(), site.pod()];
    site.add(a, one, { containerId: "a" });
    site.del(a, one, { containerId: "a" });
    site.add(b, one);
  });
});

describe("sysctls", () => {
  it("of detection are back at what they were", () => {
    const pod = site.pod();
    pod.setSysctl("net/ipv6/conf/default/router_solicitation_delay", 3);
    site.add(pod, one);
    expect(pod.sysctl("net/ipv6/conf/eth0/router_solicitation_delay")).toBe("3");
    const untouched = pod.sysctl("net/ipv6/neigh/lo/retrans_time_ms");
    expect(pod.sysctl("net/ipv6/neigh/eth0/retrans_time_ms")).toBe(untouched);
    expect(pod.sysctl("net/ipv6/conf/eth0/dad_transmits")).toBe("1");
    expect(pod.sysctl("net/ipv6/conf/eth0/accept_dad")).toBe("1");
  });

  it("announce the addresses when the link comes up", () => {
    const pod = site.pod();
    site.add(pod, staticIpam(["10.1.0.2/24", "fd00:1::2/64"]));
    expect(pod.sysctl("net/ipv4/conf/eth0/arp_notify")).toBe("1");
    expect(pod.sysctl("net/ipv6/conf/eth0/ndisc_notify")).toBe("1");
  });

  it("of interfaces with dots in their names are found", () => {
    const pod = site.pod();
    site.add(pod, one, { ifname: "net.1.x" });
    expect(pod.sysctl("net/ipv6/conf/net.1.x/ndisc_notify")).toBe("1");
  });

  it("keep the addresses while the link is down", () => {
    const pod = site.pod();
    site.add(pod, one);
    pod.ip("link", "set", "eth0", "down");
    expect(addresses(pod).map(({ local }) => local)).toContain("fd00:1::2");
  });

  it("switch IPv6 on where it was off and is asked for", () => {
    const pod = site.pod();
    disableIpv6(pod);
    site.add(pod, one);
    expect(pod.sysctl("net/ipv6/conf/eth0/disable_ipv6")).toBe("0");
    expect(pod.sysctl("net/ipv6/conf/lo/disable_ipv6")).toBe("0");
    expect(addresses(pod).map(({ local }) => local)).toEqual(["fd00:1::2"]);
  });

  it("leave IPv6 off where only IPv4 is asked for", () => {
    const pod = site.pod();
    disableIpv6(pod);
    site.add(pod, staticIpam(["10.1.0.2/24"]));
    expect(pod.sysctl("net/ipv6/conf/eth0/disable_ipv6")).toBe("1");
    expect(pod.sysctl("net/ipv6/conf/lo/disable_ipv6")).toBe("1");
  });

  it("are all as before after an ADD that switched IPv6 on and failed", () => {
    const pod = site.pod();
    disableIpv6(pod);
    site.segment.ip("addr", "add", "fd00:1::2/64", "dev", "lan", "nodad");
    site.refuse(pod, one, [104]);
  });

  it("of the container's other interfaces are left alone", () => {
    const pod = site.pod();
    site.add(pod, staticIpam(["fd00:2::2/64"]), { ifname: "net0" });
    const all = () => pod.exec(["grep", "-rs", ".", "/proc/sys/net/ipv6/conf/net0"]).stdout;
    const before = all();
    expect(before).toContain("accept_dad:1");
    site.add(pod, one);
    expect(all()).toBe(before);
  });
});

describe("IPv4 only", () => {
  it("leaves the IPv6 sysctls alone, but for the announcement", () => {
    const pod = site.pod();
    pod.setSysctl("net/ipv6/conf/default/keep_addr_on_down", 0);
    site.add(pod, staticIpam(["10.1.0.2/24"]));
    expect(pod.sysctl("net/ipv6/conf/eth0/keep_addr_on_down")).toBe("0");
    silent(site.call("DEL", pod, staticIpam(["10.1.0.2/24"])));
  });
});
