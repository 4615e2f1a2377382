import { describe, expect, it } from "vitest";
import { staticIpam } from "./ipam.ts";
import { link } from "./kernel.ts";
import { type Config, needs, useSite } from "./site.ts";

const site = useSite();
const stale = "02:00:00:00:00:99";

/** Waits until the neighbour's cache on the segment has this hardware address; at most 2 s. */
async function learnt(address: string, mac: string): Promise<string> {
  let seen = "";
  for (let left = 100; left > 0 && !seen.includes(mac); left--) {
    seen = site.segment.ip("neigh", "show", "to", address, "dev", "lan");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return seen;
}

describe("ADD announces", () => {
  // A pod that comes back with another hardware address: the neighbours still know the old one, and
  // nothing but the announcement of the new link tells them.
  it.each<[string, string, string, Config?]>([
    ["an IPv4 address by gratuitous ARP", "10.1.0.2", "10.1.0.2/24"],
    ["an IPv6 address by unsolicited neighbour advertisement", "fd00:1::2", "fd00:1::2/64"],
    ["an address without detection", "fd00:1::2", "fd00:1::2/64", { ipv6: { dad: "off" } }],
  ])("%s, so that neighbours learn where it is now", async (_, address, prefix, keys = {}) => {
    const words = ["neigh", "replace", address, "lladdr", stale, "dev", "lan", "nud", "stale"];
    site.segment.ip(...words);
    const pod = site.pod();
    site.add(pod, { ...keys, ...staticIpam([prefix]) });
    expect(await learnt(address, link(pod).address)).toContain(link(pod).address);
  });
});

describe("the announcement", () => {
  needs("tcpdump");

  it("is a frame that a sniffer on the segment sees", async () => {
    const sniffer = site.segment.start([
      "tcpdump",
      "-Z",
      "root",
      "-nn",
      "-l",
      "-e",
      "-c",
      "1",
      "-i",
      "lan",
      "arp",
    ]);
    await new Promise((resolve) => setTimeout(resolve, 500));
    const pod = site.pod();
    site.add(pod, staticIpam(["10.1.0.2/24"]));
    await Promise.race([sniffer.done, new Promise((resolve) => setTimeout(resolve, 3000))]);
    const { stdout } = await sniffer.stop();
    expect(stdout).toContain(link(pod).address);
    expect(stdout).toMatch(/who-has 10\.1\.0\.2 .*tell 10\.1\.0\.2|Reply 10\.1\.0\.2/);
  });
});
