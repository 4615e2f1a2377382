import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { macvlanProgram } from "../../lab/paths.ts";
import type { Netns } from "../../lab/netns.ts";
import { FakeIpam, lease, on, printed, staticIpam } from "./ipam.ts";
import { link } from "./kernel.ts";
import { result } from "./outcome.ts";
import { type Config, master, needs, useSite } from "./site.ts";
import { Sniffer } from "./sniffer.ts";

const site = useSite();
const other = "02:00:00:00:00:99";
const mac = "02:00:00:00:00:13";
const dual = staticIpam(["10.1.0.2/24", "fd00:1::2/64"]);
/** The kernel announces nothing by itself: what is seen is the plugin's. */
const silentKernel = {
  sysctl: { "net.ipv4.conf.IFNAME.arp_notify": "0", "net.ipv6.conf.IFNAME.ndisc_notify": "0" },
};

const families = [
  ["IPv4", "10.1.0.2", "10.1.0.1/24"],
  ["IPv6", "fd00:1::2", "fd00:1::1/64"],
] as const;

/** The neighbour gets an address, and for that of the pod the MAC address of somebody else. */
async function misinform(address: string, own: string): Promise<void> {
  const isIpv6 = address.includes(":");
  site.segment.ip("addr", "replace", own, "dev", "lan", ...(isIpv6 ? ["nodad"] : []));
  // The kernel joins the group of those that are asked for the address later, behind a lock.
  const groups = () => site.segment.ip("maddr", "show", "dev", "lan");
  if (isIpv6) await expect.poll(groups, { timeout: 10_000 }).toMatch(/ff02::1:ff00:1\b/);
  const words = ["neigh", "replace", address, "lladdr", other, "dev", "lan"];
  // as if it had been verified just now, which is what the kernel's locktime protects
  site.segment.ip(...words, "nud", "reachable");
}

/** What the neighbour knows. */
function cached(address: string): string {
  return site.segment.ip("neigh", "show", "to", address, "dev", "lan");
}

function firstPacket(address: string): boolean {
  return site.segment.exec(["ping", "-n", "-c1", "-W1", address]).status === 0;
}

/** An IPAM plugin that has set the interface up before it gives the addresses, as some do. */
function risingIpam(): FakeIpam {
  const up = 'nsenter --net="$CNI_NETNS" ip link set "$CNI_IFNAME" up';
  return new FakeIpam(site, [on("ADD", up), printed({ ...lease, routes: [] })], "rising");
}

describe("a neighbour that knows another MAC for the pod reaches it with the first packet", () => {
  needs("ping");

  it.each(families)("%s", async (_, address, own) => {
    await misinform(address, own);
    const pod = site.pod();
    site.add(pod, dual);
    expect(firstPacket(address)).toBe(true);
  });

  it.each(families)("%s, by the plugin alone", async (_, address, own) => {
    await misinform(address, own);
    site.add(site.pod(), { ...dual, ...silentKernel });
    expect(firstPacket(address)).toBe(true);
  });

  it.each(families)("%s, where nobody announces, it does not", async (_, address, own) => {
    await misinform(address, own);
    site.add(site.pod(), { ...dual, ...silentKernel, announce: { count: 0 } });
    expect(firstPacket(address)).toBe(false);
    expect(cached(address)).toContain(other);
  });

  it.each(families)("%s, where IPAM has set the link up", async (_, address, own) => {
    await misinform(address, own);
    const { keys, options } = risingIpam();
    site.add(site.pod(), { ...keys, ...silentKernel }, options);
    expect(firstPacket(address)).toBe(true);
  });

  it("IPv4, where IPAM has set the link up: the kernel alone does not do it", async () => {
    await misinform("10.1.0.2", "10.1.0.1/24");
    const { keys, options } = risingIpam();
    site.add(site.pod(), { ...keys, announce: { count: 0 } }, options);
    expect(cached("10.1.0.2")).toContain(other);
  });
});

const arp = (operation: 1 | 2) => {
  const own = mac.replaceAll(":", "");
  const target = operation === 1 ? "000000000000" : own;
  return `ffffffffffff${own}080600010800060400` + `0${operation}${own}0a010002${target}0a010002`;
};
const allNodes = "ff020000000000000000000000000001";
const ours = "fd000001000000000000000000000002";
const advertisement = new RegExp(
  `^33330000000102000000001386dd6000000000203aff${ours}${allNodes}8800....20000000${ours}` +
    "0201020000000013$",
);

describe("on the segment are seen", () => {
  needs("tcpdump");
  needs("ping");

  async function seen(keys: Config, pod: Netns = site.pod()): Promise<string[]> {
    const sniffer = await Sniffer.start(site);
    site.add(pod, { mac, ...silentKernel, ...keys });
    return sniffer.frames(mac);
  }

  it("one announcement of each address, byte for byte", async () => {
    const frames = await seen(dual);
    expect(frames).toEqual([arp(1), expect.stringMatching(advertisement)]);
  });

  it("as many as were asked for, with replies, in rounds", async () => {
    const frames = await seen({ ...dual, announce: { count: 2, interval: 5, replies: true } });
    const round = [arp(1), arp(2), expect.stringMatching(advertisement)];
    expect(frames).toEqual([...round, ...round]);
  });

  it("those of the kernel, which are the same, besides", async () => {
    const frames = await seen({ ...dual, sysctl: {} });
    expect(frames.filter((frame) => frame === arp(1))).toHaveLength(2);
    // it does so for every IPv6 address, the link-local one included, but not on every kernel
    const others = frames.filter((frame) => frame !== arp(1) && !frame.includes("fe80"));
    expect(new Set(others)).toEqual(new Set([expect.stringMatching(advertisement)]));
  });

  it("none where the count is 0", async () => {
    expect(await seen({ ...dual, announce: { count: 0 } })).toEqual([]);
  });

  it("none of a layer 2 interface", async () => {
    expect(await seen({})).toEqual([]);
  });
});

describe("announcing", () => {
  it("more than once takes the intervals between", () => {
    const announce = { count: 2, interval: 800 };
    const pod = site.pod();
    const quick = site.call("ADD", pod, { ...staticIpam(["10.1.0.2/24"]) });
    result(quick);
    site.del(pod, staticIpam(["10.1.0.2/24"]));
    const slow = site.call("ADD", pod, { ...staticIpam(["10.1.0.2/24"]), announce });
    result(slow);
    expect(slow.milliseconds).toBeGreaterThanOrEqual(800);
    expect(quick.milliseconds).toBeLessThan(800);
  });

  it("to nobody, for there is no carrier, is no failure", () => {
    site.segment.ip("link", "set", "lan", "down");
    const output = site.call("ADD", site.pod(), staticIpam(["10.1.0.2/24"]));
    site.segment.ip("link", "set", "lan", "up");
    result(output);
  });

  it("that is not permitted is no failure, but a line on standard error", () => {
    const weak = site.script("weak", 'exec setpriv --bounding-set -net_raw "$WEAK_PROGRAM"');
    const options = { program: join(weak, "weak"), env: { WEAK_PROGRAM: macvlanProgram } };
    const pod = site.pod();
    const output = site.call("ADD", pod, dual, options);
    expect(output.status).toBe(0);
    expect(output.stderr).toMatch(/^macvlan: cannot announce the addresses of "eth0": EPERM .*\n$/);
    site.check(pod, { ...dual, prevResult: output.json });
    expect(link(pod).link_index).toBe(link(site.lab, master).ifindex);
  });
});
