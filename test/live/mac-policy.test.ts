import { describe, expect, it } from "vitest";
import type { Netns } from "../../lab/netns.ts";
import { staticIpam } from "./ipam.ts";
import { link, linkNames, reaches } from "./kernel.ts";
import { type CallOptions, type Config, ifname, master, needs, useSite } from "./site.ts";

// The keys `macPolicy` and `macPrefix`, on the real kernel.

const site = useSite();
const pod0 = "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-0";
const stable = { macPolicy: "stable" };
const v4 = staticIpam(["10.1.0.2/24"]);
const v6 = staticIpam(["fd00:1::b0c:d0e/64"]);
const prefix = (ipam: Config) => ({ macPolicy: "prefix", macPrefix: "0a:58", ...ipam });

/** ADD: what the kernel has must be what is reported. */
function gets(pod: Netns, keys: Config, options: CallOptions = {}): string {
  const result = site.add(pod, keys, options);
  const { address } = link(pod);
  expect(result.interfaces?.at(-1)?.mac).toBe(address);
  site.check(pod, { ...keys, prevResult: result }, options);
  return address;
}

/** An ADD that may say something on standard error. */
function warned(pod: Netns, keys: Config, options: CallOptions): { mac: string; stderr: string } {
  const { status, stdout, stderr } = site.call("ADD", pod, keys, options);
  expect(status, stdout).toBe(0);
  return { mac: link(pod).address, stderr };
}

describe("stable", () => {
  it.each([
    ["layer 2", {}],
    ["IPv4", v4],
    ["IPv6", v6],
  ])("%s: a pod that is made again keeps it, whatever its container", (_, ipam) => {
    const [a, b, c] = [site.pod(), site.pod(), site.pod()];
    const keys = { ...stable, ...ipam };
    const first = gets(a, keys, { args: pod0, containerId: "a" });
    site.del(a, keys, { containerId: "a" });
    expect(gets(b, keys, { args: pod0, containerId: "b" })).toBe(first);
    site.del(b, keys, { containerId: "b" });
    const other = pod0.replace("web-0", "web-1");
    expect(gets(c, keys, { args: other, containerId: "c" })).not.toBe(first);
  });

  it("is what the documentation says", () => {
    // the upper 48 bits of FNV-1a of "live/shop/web-0/eth0", made a local unicast address
    expect(gets(site.pod(), stable, { args: pod0 })).toBe("fe:cf:51:b0:18:54");
    expect(fnvMac("live/shop/web-0/eth0")).toBe("fe:cf:51:b0:18:54");
    expect(gets(site.pod(), stable, { containerId: "x" })).toBe(fnvMac("live/x/eth0"));
  });

  it.each([
    ["layer 2", {}],
    ["with addresses and routes", staticIpam(["10.1.0.2/24 10.1.0.1"], [{ dst: "0.0.0.0/0" }])],
    ["with IPv6", v6],
  ])("%s: of two that are called the same, the second gets another one", (_, ipam) => {
    const [a, b] = [site.pod(), site.pod()];
    const keys = { ...stable, ...ipam };
    const first = gets(a, { ...stable }, { args: pod0, containerId: "a" });
    const { mac, stderr } = warned(b, keys, { args: pod0, containerId: "b" });
    expect(mac).toBe(fnvMac("1#live/shop/web-0/eth0"));
    expect(stderr).toBe(
      `macvlan: MAC address ${first} is in use on the master: "eth0" gets ${mac}\n`,
    );
    expect(link(b).flags).toContain("UP");
  });

  it("is not that of the master", () => {
    const { address } = link(site.lab, master);
    site.lab.ip("link", "set", "dev", master, "address", fnvMac("live/shop/web-0/eth0"));
    const { mac } = warned(site.pod(), stable, { args: pod0 });
    site.lab.ip("link", "set", "dev", master, "address", address);
    expect(mac).toBe(fnvMac("1#live/shop/web-0/eth0"));
  });

  it("gives up after eight, and leaves nothing", () => {
    for (let i = 0; i < 8; i++) {
      warned(site.quietPod(), stable, { args: pod0, containerId: `c${i}` });
    }
    const error = site.refuse(site.pod(), { ...stable, ...v4 }, [103], { args: pod0 });
    expect(error.msg).toContain(`MAC address ${fnvMac("7#live/shop/web-0/eth0")}: EADDRINUSE`);
    expect(error.details).toContain("the 7 that were tried before");
  });

  it("50 pods at the same time all have another one", { timeout: 60_000 }, async () => {
    const pods = Array.from({ length: 50 }, () => site.pod());
    const calls = pods.map((pod, index) =>
      site.lab.cniStart({
        ...{ command: "ADD", containerId: `c${index}`, netns: pod.path, ifname },
        // every second one is called as the one before it
        args: pod0.replace("web-0", `web-${index >> 1}`),
        config: site.config(stable),
      }),
    );
    for (const output of await Promise.all(calls)) expect(output.status, output.stdout).toBe(0);
    expect(new Set(pods.map((pod) => link(pod).address)).size).toBe(50);
  });
});

describe("prefix", () => {
  it.each([
    ["an IPv4 address", v4, "0a:58:0a:01:00:02"],
    ["an IPv6 address alone", v6, "0a:58:0b:0c:0d:0e"],
    ["the IPv4 address of two", staticIpam(["fd00:1::5/64", "10.1.0.2/24"]), "0a:58:0a:01:00:02"],
  ])("goes before %s", (_, ipam, mac) => {
    const pod = site.pod();
    expect(gets(pod, prefix(ipam))).toBe(mac);
    if (ipam === v4) return;
    // made of the MAC address as it comes up
    expect(pod.ip("-6", "addr", "show", "dev", "eth0", "scope", "link")).toContain("fe80::858:");
  });

  it("clashes where the IP address does, and says so", () => {
    gets(site.quietPod(), prefix(v4), { containerId: "a" });
    const error = site.refuse(site.pod(), prefix(v4), [103]);
    expect(error.msg).toContain("0a:58:0a:01:00:02: EADDRINUSE");
    expect(error.details).toContain("has the same IP address, or one that ends alike");
  });

  describe("traffic", () => {
    needs("ping");

    it.each([
      ["IPv4", v4, "10.1.0.1/24", "10.1.0.2"],
      ["IPv6", v6, "fd00:1::1/64", "fd00:1::b0c:d0e"],
    ])("%s flows", (_, ipam, theirs, ours) => {
      const nodad = theirs.includes(":") ? ["nodad"] : [];
      site.segment.ip("addr", "add", theirs, "dev", "lan", ...nodad);
      const pod = site.pod();
      gets(pod, prefix(ipam));
      expect(reaches(pod, theirs.replace(/\/.*/, ""))).toBe(true);
      expect(reaches(site.segment, ours)).toBe(true);
      site.segment.ip("addr", "del", theirs, "dev", "lan");
    });
  });
});

it("an explicit address goes before a policy", () => {
  const mac = "02:00:00:00:00:31";
  expect(gets(site.pod(), { ...stable, mac })).toBe(mac);
  site.clear();
  expect(gets(site.pod(), { ...prefix(v4), runtimeConfig: { mac } })).toBe(mac);
});

it("in mode passthru a policy is refused, and nothing is made", () => {
  const pod = site.pod();
  expect(site.refuse(pod, { ...stable, mode: "passthru" }, [7]).msg).toContain("passthru");
  expect(linkNames(pod)).toEqual([]);
});

/** As docs/configuration.md says. */
function fnvMac(names: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of Buffer.from(names)) {
    hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  const bytes = [7n, 6n, 5n, 4n, 3n, 2n].map((at) => Number((hash >> (8n * at)) & 0xffn));
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 2;
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
