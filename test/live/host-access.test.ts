import { afterEach, describe, expect, it } from "vitest";
import type { IpRoute } from "../../lab/iproute2.ts";
import type { Netns, Running } from "../../lab/netns.ts";
import { difference } from "../../lab/snapshot.ts";
import { addressMaster, HOST, PROTOCOL, records, shim, shims, ways } from "./host-access.ts";
import { link, reaches } from "./kernel.ts";
import { ownFailure, silent } from "./outcome.ts";
import { type Config, containerId, frozen, ifname, master, needs, useSite } from "./site.ts";

// hostAccess on the real kernel, with real packets.

const site = useSite();

const POD = { 4: "198.51.100.7", 6: "2001:db8::7" };
const LAN = { 4: "198.51.100.9", 6: "2001:db8::9" };
const PORT = "8080";

const ipam = {
  type: "static",
  addresses: [{ address: `${POD[4]}/24` }, { address: `${POD[6]}/64` }],
};
const keys = { hostAccess: true, ipam };

const neighbours = (netns: Netns, dev: string) =>
  netns.ipJson<{ dst: string; lladdr?: string; state: string[] }>("neigh", "show", "dev", dev);

afterEach(() => {
  site.lab.ip("addr", "flush", "dev", master, "scope", "global");
  site.lab.run(["rm", "-rf", "/run/cni-macvlan"]);
});

function addressSegment(): void {
  site.segment.ip("addr", "replace", `${LAN[4]}/24`, "dev", "lan");
  site.segment.ip("-6", "addr", "replace", `${LAN[6]}/64`, "dev", "lan", "nodad");
}

/** A node whose address is on another interface. */
function addressElsewhere(): void {
  site.lab.ip("link", "add", "eth9", "type", "veth", "peer", "name", "eth9p");
  for (const name of ["eth9", "eth9p"]) site.lab.ip("link", "set", name, "up");
  site.lab.ip("addr", "add", "192.0.2.1/24", "dev", "eth9");
  site.lab.ip("-6", "addr", "add", "2001:db8:9::1/64", "dev", "eth9", "nodad");
}

const server = `
  require("node:net").createServer((socket) => socket.end(socket.remoteAddress))
    .listen(${PORT}, "::", () => console.log("listening"));
`;
const client = `
  const socket = require("node:net").connect(${PORT}, process.argv[1]);
  socket.setTimeout(3000, () => process.exit(2));
  socket.on("error", () => process.exit(1)).pipe(process.stdout);
`;

function serve(netns: Netns): Running {
  const running = netns.start([process.execPath, "-e", server]);
  const deadline = performance.now() + 10_000;
  while (netns.exec(["sh", "-c", `ss -tln 2>/dev/null | grep -q :${PORT}`]).status !== 0) {
    if (performance.now() > deadline) throw new Error("the server does not listen");
  }
  return running;
}

/** The address from which a server at `address` sees somebody, by TCP. */
function seenFrom(from: Netns, address: string): string {
  return from.run([process.execPath, "-e", client, address]).replace("::ffff:", "");
}

/** Host and pod talk to each other by TCP, in both families. */
async function talk(pod: Netns, host: { readonly 4: string; readonly 6: string }): Promise<void> {
  const servers = [serve(pod), serve(site.lab)];
  for (const family of [4, 6] as const) {
    expect(seenFrom(site.lab, POD[family])).toBe(host[family]);
    expect(seenFrom(pod, host[family])).toBe(POD[family]);
  }
  for (const running of servers) await running.stop("SIGKILL");
}

describe("host and pod talk to each other", () => {
  it("with an address of the host's on the master", async () => {
    addressMaster(site.lab);
    const before = site.lab.snapshot();
    const pod = site.pod();
    site.add(pod, keys);
    await talk(pod, HOST);
    expect(link(site.lab, shim(site.lab))).toMatchObject({
      ifindex: 1_000_000_000 + link(site.lab, master).ifindex,
      link: master,
      ifalias: `host access of cni-macvlan-wasm on ${master}`,
      linkinfo: { info_kind: "macvlan", info_data: { mode: "bridge" } },
    });
    site.del(pod, keys);
    site.lab.deleteNetns(pod.name);
    expect(difference(before, site.lab.snapshot())).toEqual([]);
    expect(records(site.lab)).toEqual([]);
  });

  it("with one on another interface, under a strict reverse path filter", async () => {
    addressElsewhere();
    site.lab.setSysctl("net/ipv4/conf/all/rp_filter", 1);
    const pod = site.pod();
    const prevResult = site.add(pod, keys);
    expect(prevResult.routes).toEqual([
      { dst: "192.0.2.1/32", scope: 253 },
      { dst: "2001:db8:9::1/128", scope: 253 },
    ]);
    await talk(pod, { 4: "192.0.2.1", 6: "2001:db8:9::1" });
    site.check(pod, { ...keys, prevResult });
    site.lab.setSysctl("net/ipv4/conf/all/rp_filter", 0);
  });

  it("where the host answers ARP for its addresses only on their interfaces (IPVS)", async () => {
    addressElsewhere();
    site.lab.setSysctl("net/ipv4/conf/all/arp_ignore", 1);
    site.lab.setSysctl("net/ipv4/conf/all/arp_announce", 2);
    const pod = site.pod();
    site.add(pod, keys);
    await talk(pod, { 4: "192.0.2.1", 6: "2001:db8:9::1" });
    for (const key of ["arp_ignore", "arp_announce"])
      site.lab.setSysctl(`net/ipv4/conf/all/${key}`, 0);
  });

  it("after the interface was made again, with the next pod", async () => {
    addressMaster(site.lab);
    const [first, second] = [site.pod(), site.pod()];
    site.add(first, keys);
    site.lab.ip("link", "del", shim(site.lab));
    const other = {
      hostAccess: true,
      ipam: { type: "static", addresses: [{ address: "198.51.100.8/24" }] },
    };
    site.add(second, other, { containerId: "c2" });
    site.del(first, keys);
    site.add(first, keys);
    await talk(first, HOST);
    expect(reaches(site.lab, "198.51.100.8")).toBe(true);
    site.del(first, keys);
    site.del(second, other, { containerId: "c2" });
    expect(shims(site.lab)).toEqual([]);
  });
});

describe("the LAN", () => {
  needs("tcpdump");

  it("reaches host and pod, and never hears of the host's own macvlan", async () => {
    addressMaster(site.lab);
    addressSegment();
    const dump = site.segment.start(["tcpdump", "-n", "-e", "-U", "-i", "lan"]);
    const pod = site.pod();
    site.add(pod, keys);
    const mac = link(site.lab, shim(site.lab)).address ?? "";
    for (const family of [4, 6] as const) {
      expect(reaches(site.segment, HOST[family])).toBe(true);
      expect(reaches(site.segment, POD[family])).toBe(true);
      expect(reaches(pod, LAN[family])).toBe(true);
      expect(reaches(site.lab, POD[family])).toBe(true);
    }
    // the pod forgets where the host is, and asks
    pod.ip("neigh", "del", HOST[4], "dev", ifname);
    expect(reaches(pod, HOST[4])).toBe(true);
    const macs = new Map(neighbours(site.segment, "lan").map(({ dst, lladdr }) => [dst, lladdr]));
    const ofMaster = link(site.lab, master).address;
    expect([macs.get(HOST[4]), macs.get(HOST[6])]).toEqual([ofMaster, ofMaster]);
    site.lab.ip("link", "del", shim(site.lab));
    const { stdout } = await dump.stop("SIGINT");
    expect(stdout).toContain(ofMaster);
    expect(stdout).not.toContain(mac);
  });
});

describe("DEL and GC take it away", () => {
  frozen(site);

  it.each<[string, Config, object]>([
    ["without the namespace", keys, { netns: undefined }],
    ["without the key", { ipam }, {}],
    ["without prevResult, ipam and master", { master: "gone" }, {}],
  ])("DEL %s", (_, changed, options) => {
    addressMaster(site.lab);
    const pod = site.pod();
    site.add(pod, keys);
    site.del(pod, changed, options);
    expect([shims(site.lab), ways(site.lab), records(site.lab)]).toEqual([[], [], []]);
  });

  it("DEL of a dying pod leaves what the next one with its address has", () => {
    addressMaster(site.lab);
    const [first, second] = [site.pod(), site.pod()];
    site.add(first, keys);
    first.ip("link", "del", ifname);
    site.add(second, keys, { containerId: "c2" });
    expect(ways(site.lab)).toHaveLength(4);
    site.del(first, keys);
    expect(ways(site.lab)).toHaveLength(2);
    expect(reaches(site.lab, POD[4])).toBe(true);
    expect(reaches(site.lab, POD[6])).toBe(true);
    site.del(second, keys, { containerId: "c2" });
    expect([shims(site.lab), records(site.lab)]).toEqual([[], []]);
  });

  it("GC after containers have vanished without a DEL", () => {
    addressMaster(site.lab);
    const pods = [site.pod(), site.pod()];
    const keysOf = (index: number) => ({
      hostAccess: true,
      ipam: { type: "static", addresses: [{ address: `198.51.100.${20 + index}/24` }] },
    });
    pods.forEach(
      (pod, index) => void site.add(pod, keysOf(index), { containerId: `gone${index}` }),
    );
    for (const pod of pods) pod.ip("link", "del", ifname);
    const gc = (valid: readonly object[]) =>
      silent(
        site.lab.cni({
          command: "GC",
          config: site.config({ "cni.dev/valid-attachments": valid }),
        }),
      );
    gc([{ containerID: "gone1", ifname }]);
    expect(ways(site.lab).map(({ dst }) => dst)).toEqual(["198.51.100.21"]);
    expect(neighbours(site.lab, shim(site.lab)).map(({ dst }) => dst)).toEqual(["198.51.100.21"]);
    gc([]);
    expect([shims(site.lab), records(site.lab)]).toEqual([[], []]);
  });
});

describe("it is refused", () => {
  frozen(site);

  it.each<[string, Config, string]>([
    ["in another mode", { mode: "private" }, "in mode bridge, not in mode private"],
    ["with linkInContainer", { linkInContainer: true }, "linkInContainer"],
    ["without addresses", { ipam: undefined }, "ipam"],
  ])("%s", (_, more, words) => {
    const error = site.refuse(site.pod(), { ...keys, ...more }, [7]);
    expect(error.msg).toContain(words);
  });

  it("where an interface of the host has the name", () => {
    addressMaster(site.lab);
    const name = shim(site.lab);
    site.lab.ip("link", "add", name, "link", master, "type", "macvlan", "mode", "private");
    const error = site.refuse(site.pod(), keys, [111]);
    expect(error.details).toBe(`rename or remove it: ip -d link show ${name}`);
    site.lab.ip("link", "del", name);
  });

  it("where the host has no address of the pod's families", () => {
    expect(site.refuse(site.pod(), keys, [111]).msg).toContain("the host has no address");
  });
});

describe("CHECK", () => {
  it.each<[string, (pod: Netns) => void, string]>([
    ["the interface", () => site.lab.ip("link", "del", shim(site.lab)), "no interface"],
    ["that it is up", () => site.lab.ip("link", "set", shim(site.lab), "down"), "which is down"],
    [
      "a route",
      () => site.lab.ip("-6", "route", "flush", "proto", PROTOCOL),
      `no route to ${POD[6]}`,
    ],
    [
      "the pod among the host's neighbours",
      () => site.lab.ip("neigh", "del", POD[6], "dev", shim(site.lab)),
      `the host has no permanent neighbour ${POD[6]} lladdr `,
    ],
    [
      "the host among the pod's neighbours",
      (pod) => pod.ip("neigh", "del", HOST[4], "dev", ifname),
      `the container has no permanent neighbour ${HOST[4]} lladdr `,
    ],
    [
      "that the pod's neighbour is permanent",
      (pod) => pod.ip("neigh", "change", HOST[6], "nud", "stale", "dev", ifname),
      `the container has no permanent neighbour ${HOST[6]} lladdr `,
    ],
  ])("misses %s", (_, damage, words) => {
    addressMaster(site.lab);
    const pod = site.pod();
    const prevResult = site.add(pod, keys);
    site.check(pod, { ...keys, prevResult });
    damage(pod);
    const error = ownFailure(site.call("CHECK", pod, { ...keys, prevResult }), 107);
    expect(error.msg).toContain(words);
    expect(error.details).toContain("#the-way-to-the-host-is-broken");
    site.del(pod, keys, { containerId });
  });
});

it("routes are seen by their protocol, and have a metric of their own", () => {
  addressMaster(site.lab);
  const pod = site.pod();
  site.add(pod, keys);
  const shown = site.lab.ipJson<IpRoute>("-4", "route", "show", "proto", PROTOCOL);
  expect(shown).toMatchObject([{ dst: POD[4], dev: shim(site.lab), prefsrc: HOST[4] }]);
  site.del(pod, keys);
});
