import { describe, expect, it } from "vitest";
import { staticIpam } from "./ipam.ts";
import { link, reaches } from "./kernel.ts";
import { ownFailure } from "./outcome.ts";
import { frozen, master, needs, useSite } from "./site.ts";

const site = useSite();

const MACS = ["02:00:00:00:00:61", "02:00:00:00:00:62"];
const EVERY = {
  mode: "source",
  nodst: true,
  sourceMacs: MACS,
  bcqueuelen: 3000,
  promisc: true,
  allmulti: true,
  txQLen: 500,
  group: 7,
  alias: "pod a, ünicode",
  sysctl: {
    "net.ipv4.conf.IFNAME.rp_filter": "2",
    "net.ipv4.conf.IFNAME.arp_ignore": "1",
    "net.ipv4.conf.IFNAME.arp_announce": "2",
    "net.ipv6.conf.IFNAME.autoconf": "0",
    "net.ipv4.neigh.IFNAME.mcast_solicit": "5",
  },
};

describe.each([
  ["layer 2", {}],
  ["with addresses", staticIpam(["10.1.0.2/24", "fd00:1::2/64"])],
])("%s", (_, ipam) => {
  it("every knob is as it was asked for, and CHECK finds it so", () => {
    const pod = site.pod();
    const prevResult = site.add(pod, { ...EVERY, ...ipam });
    const found = link(pod);
    expect(found).toMatchObject({ txqlen: 500, group: "7", ifalias: "pod a, ünicode" });
    expect(found.flags).toEqual(expect.arrayContaining(["PROMISC", "ALLMULTI", "UP"]));
    const { macaddr_data, ...data } = found.linkinfo?.info_data ?? {};
    expect(data).toMatchObject({ mode: "source", nodst: true, bcqueuelen: 3000 });
    expect([...(macaddr_data as string[])].sort()).toEqual(MACS);
    const values = Object.keys(EVERY.sysctl).map((key) => {
      const path = key.replaceAll(".", "/").replace("IFNAME", "eth0");
      return pod.run(["cat", `/proc/sys/${path}`]).trim();
    });
    expect(values).toEqual(Object.values(EVERY.sysctl));
    site.check(pod, { ...EVERY, ...ipam, prevResult });
  });
});

it("nopromisc leaves the master of a passthru as it is", () => {
  const promiscuity = () => link(site.lab, master).promiscuity;
  const before = promiscuity();
  const pod = site.pod();
  site.add(pod, { mode: "passthru", nopromisc: true });
  expect(link(pod).linkinfo?.info_data).toMatchObject({ mode: "passthru", nopromisc: true });
  expect(promiscuity()).toBe(before);
  site.del(pod);
  site.add(site.pod(), { mode: "passthru" });
  expect(promiscuity()).toBe((before ?? 0) + 1);
});

describe("bclim", () => {
  // ip(8) before 6.3 does not print it: CHECK tells what the kernel has.
  const told = (pod: ReturnType<typeof site.pod>, keys: object, prevResult: object) =>
    site.call("CHECK", pod, { ...keys, prevResult }, { containerId: "a" }).stderr;

  it.each([-1, 0, 5, 2147483647])("%i is what the kernel has, for the master", (bclim) => {
    const [a, b] = [site.pod(), site.pod()];
    const prevResult = site.add(a, { bclim }, { containerId: "a" });
    expect(told(a, { bclim }, prevResult)).toBe("");
    expect(told(a, { bclim: 77 }, prevResult)).toContain(`is ${bclim} now`);
    site.add(b, { bclim: 1 }, { containerId: "b" });
    expect(told(a, { bclim }, prevResult)).toContain("is 1 now, for all of its macvlans");
  });
});

it("a longer broadcast queue of a sibling is told of", () => {
  site.add(site.pod(), { bcqueuelen: 5000 }, { containerId: "a" });
  const { status, stderr } = site.call("ADD", site.pod(), { bcqueuelen: 2000 });
  expect(status).toBe(0);
  expect(stderr).toMatch(/broadcast queue of master "ens5" holds 5000 frames and not 2000/);
});

describe("mode source", () => {
  needs("ping");

  it("takes frames from the listed addresses alone", () => {
    const [listed] = site.segment.ipJson<{ address: string }>("link", "show", "dev", "lan");
    const address = staticIpam(["10.1.0.2/24"]);
    site.segment.ip("addr", "replace", "10.1.0.1/24", "dev", "lan");
    const pod = site.pod();
    site.add(pod, { mode: "source", sourceMacs: [listed?.address], ...address });
    expect(reaches(pod, "10.1.0.1")).toBe(true);
    site.del(pod);
    site.add(pod, { mode: "source", sourceMacs: MACS, ...address });
    expect(reaches(pod, "10.1.0.1")).toBe(false);
  });

  it("takes as many addresses as are allowed", () => {
    const hex = (number: number) => number.toString(16).padStart(2, "0");
    const sourceMacs = Array.from(
      { length: 1024 },
      (_, i) => `02:00:00:00:${hex(i >> 8)}:${hex(i & 255)}`,
    );
    const pod = site.pod();
    const keys = { mode: "source", sourceMacs };
    const prevResult = site.add(pod, keys);
    site.check(pod, { ...keys, prevResult });
    expect(link(pod).linkinfo?.info_data?.macaddr_count).toBe(1024);
    expect(
      ownFailure(site.call("CHECK", pod, { ...keys, sourceMacs: MACS, prevResult }), 107).msg,
    ).toContain("source MAC address");
  });
});

describe("sysctl", () => {
  it("goes before what the plugin sets by itself, and stays", () => {
    const sysctl = {
      "net.ipv4.conf.IFNAME.arp_notify": "0",
      "net.ipv6.conf.IFNAME.router_solicitation_delay": "3",
    };
    const pod = site.pod();
    site.add(pod, { sysctl, ...staticIpam(["10.1.0.2/24", "fd00:1::2/64"]) });
    const read = (path: string) => pod.run(["cat", `/proc/sys/net/${path}`]).trim();
    expect(read("ipv4/conf/eth0/arp_notify")).toBe("0");
    expect(read("ipv6/conf/eth0/router_solicitation_delay")).toBe("3");
  });

  describe("refused", () => {
    frozen(site);

    it.each([
      ["net.ipv4.conf.IFNAME.nonesuch", "1", [103], /ENOENT/],
      ["net.ipv4.conf.IFNAME.rp_filter", "99999999999", [103], /EINVAL/],
      ["net.ipv4.conf.all.rp_filter", "1", [7], /no sysctl of the interface/],
      ["net.ipv4.conf.IFNAME.../all/rp_filter", "1", [7], /no sysctl of the interface/],
    ])("%s = %s", (key, value, codes, words) => {
      for (const ipam of [{}, staticIpam(["10.1.0.2/24"])]) {
        const keys = { sysctl: { [key]: value }, ...ipam };
        expect(site.fail(site.pod(), keys, codes).msg).toMatch(words);
      }
    });
  });
});
