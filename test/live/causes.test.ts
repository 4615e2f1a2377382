import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { CniError } from "../../host/schema/index.ts";
import { macvlanProgram } from "../../lab/paths.ts";
import { staticIpam } from "./ipam.ts";
import { link } from "./kernel.ts";
import { ownFailure } from "./outcome.ts";
import { type CallOptions, type Config, ifname, master, needs, useSite } from "./site.ts";

// What the kernel refuses, brought about, and what is said of it. What this kernel lacks is in
// test/core/causes.test.ts.

const site = useSite();
const mac = "02:00:00:00:00:77";

/** The details of an ADD that must fail, change nothing, and lead to this anchor. */
function details(
  anchor: string,
  keys: Config,
  code: number,
  options: CallOptions = {},
  pod = site.quietPod(),
): string {
  const error: CniError = site.refuse(pod, keys, [code], options);
  expect(error.details).toMatch(new RegExp(`; see docs/troubleshooting\\.md#${anchor}$`));
  return error.details ?? "";
}

const add = (...words: string[]) => site.lab.ip("link", "add", ...words);
const on = (name: string, mode: string) =>
  add(name, "address", mac, "link", master, "type", "macvlan", "mode", mode);

describe("a master that is", () => {
  it("missing: what there is", () => {
    const says = details("master-not-found", { master: "ens9" }, 100);
    expect(says).toContain(`the host has "lo", "${master}"`);
  });

  it("in the container, and the other way round", () => {
    const pod = site.quietPod();
    pod.ip("link", "add", "lan6", "type", "bridge");
    const anchor = "master-in-another-namespace";
    expect(details(anchor, { master: "lan6" }, 100, {}, pod)).toContain("the container has");
    const keys = { linkInContainer: true };
    expect(details(anchor, keys, 100)).toContain("the host has an interface of this name");
  });

  it("down", () => {
    site.lab.addMaster("lan6");
    site.lab.ip("link", "set", "lan6", "down");
    const cure = 'ip link set dev lan6 up, or the key "masterUp": true';
    expect(details("master-is-down", { master: "lan6" }, 100)).toContain(cure);
  });

  it("a loopback", () => void details("master-is-a-loopback", { master: "lo" }, 100));

  it("no Ethernet device", () => {
    site.lab.ip("tuntap", "add", "tun0", "mode", "tun");
    details("master-is-no-ethernet-device", { master: "tun0" }, 100);
  });

  it("too small", () => void details("mtu-above-the-masters", { mtu: 9000 }, 7));

  it("not to be found by a default route, or by a selection", () => {
    details("no-default-route", { master: undefined }, 100);
    details("no-interface-is-selected", { master: ["wan*"] }, 100);
  });

  it("the port of a bridge", () => {
    site.lab.addMaster("lan6");
    add("br0", "type", "bridge");
    site.lab.ip("link", "set", "lan6", "master", "br0");
    const says = details("master-is-a-bridge-port", { master: "lan6" }, 101);
    expect(says).toMatch(/^"lan6" is a port of bridge "br0": make "br0" the master, or: /);
    const config = site.config({ master: "lan6" });
    const status = ownFailure(site.lab.cni({ command: "STATUS", config }), 50);
    expect(status).toMatchObject({ msg: 'master "lan6" is a port of a bridge', details: says });
  });

  it("taken by passthru, in sight and out of it", () => {
    on("mv9", "passthru");
    const anchor = "master-is-taken-by-passthru";
    expect(details(anchor, {}, 101)).toContain('by macvlan "mv9"');
    site.lab.ip("link", "del", "mv9");
    const pod = site.quietPod();
    site.add(pod, { mode: "passthru" }, { containerId: "a" });
    expect(details(anchor, {}, 101)).toContain("by a container, out of sight");
    const inside = details(anchor, {}, 101, { ifname: "net1" }, pod);
    expect(inside).toContain(`by macvlan "${ifname}" of this container`);
  });

  it("not free for passthru, for a macvlan in sight and out of it", () => {
    const pod = site.quietPod();
    site.add(pod, {}, { containerId: "a" });
    const keys = { mode: "passthru" };
    const anchor = "passthru-is-not-alone";
    expect(details(anchor, keys, 101)).toContain("a macvlan of another container, out of sight");
    on("mv9", "bridge");
    const inside = details(anchor, keys, 101, { ifname: "net1" }, pod);
    expect(inside).toContain(`macvlan "mv9", macvlan "${ifname}" of this container`);
  });
});

describe("a name that is taken", () => {
  it("by a macvlan", () => {
    const pod = site.quietPod();
    site.add(pod);
    expect(details("name-is-taken", {}, 102, {}, pod)).toContain("it is of type macvlan: ");
  });

  it("by a veth", () => {
    const pod = site.quietPod();
    pod.ip("link", "add", ifname, "type", "veth", "peer", "name", "far");
    expect(details("name-is-taken", {}, 102, {}, pod)).toContain("it is of type veth: ");
  });

  it("as another name of an interface", () => {
    const pod = site.quietPod();
    pod.ip("link", "add", "net0", "type", "bridge");
    pod.ip("link", "property", "add", "dev", "net0", "altname", ifname);
    expect(details("name-is-taken", {}, 102, {}, pod)).toContain('another name of "net0"');
  });
});

describe("a MAC address", () => {
  const anchor = "mac-address-is-in-use";

  it("of the master", () => {
    const { address } = link(site.lab, master);
    const says = `MAC address ${address} is in use by master "${master}" itself`;
    expect(details(anchor, { mac: address }, 103)).toContain(says);
    const ipam = staticIpam(["10.1.0.2/24", "fd00:1::2/64"]);
    expect(details(anchor, { mac: address, ...ipam }, 103)).toContain(says);
  });

  it("of a macvlan of the host", () => {
    on("mv9", "bridge");
    site.lab.ip("link", "set", "mv9", "up");
    expect(details(anchor, { mac }, 103)).toContain('in use by macvlan "mv9"');
  });

  it("of another container, and of the same one", () => {
    const pod = site.quietPod();
    site.add(pod, { mac }, { containerId: "a" });
    expect(details(anchor, { mac }, 103)).toContain("another container, out of sight");
    const inside = details(anchor, { mac }, 103, { ifname: "net1" }, pod);
    expect(inside).toContain(`in use by macvlan "${ifname}" of this container`);
  });

  it("of a namespace that is dying is waited for", async () => {
    const old = site.pod();
    site.add(old, { mac }, { containerId: "old" });
    // a process holds the namespace for a while after its name has gone
    const start = performance.now();
    const held = join(site.directory("held"), "since");
    const hold = ["sh", "-c", `touch ${held}; sleep 0.7`];
    const holding = site.lab.start(["nsenter", `--net=${old.path}`, ...hold]);
    await expect.poll(() => existsSync(held), { interval: 5 }).toBe(true);
    site.lab.deleteNetns(old.name);
    const pod = site.pod();
    site.add(pod, {
      mac,
      ...staticIpam(["10.1.0.2/24", "fd00:1::2/64"], [{ dst: "10.9.0.0/16" }]),
    });
    expect(performance.now() - start).toBeGreaterThan(700);
    expect(link(pod)).toMatchObject({ address: mac });
    expect(link(pod).flags).toContain("UP");
    expect((await holding.done).status).toBe(0);
  });

  it("of a namespace that was deleted just now is free", () => {
    for (let i = 0; i < 5; i++) {
      const old = site.pod();
      site.add(old, { mac }, { containerId: "old" });
      site.lab.deleteNetns(old.name);
      const pod = site.pod();
      site.add(pod, { mac });
      site.del(pod, { mac });
    }
  });
});

describe("without a capability", () => {
  needs("setpriv");

  /** The plugin without some capabilities of root's. */
  function without(...names: string[]): CallOptions {
    const list = names.map((name) => `-${name}`).join(",");
    const words = `--bounding-set ${list} --inh-caps ${list} ${macvlanProgram}`;
    return { program: `${site.script("macvlan", `exec setpriv ${words}`)}/macvlan` };
  }

  it("CAP_NET_ADMIN", () => {
    const says = details("no-cap_net_admin", {}, 101, without("net_admin"));
    expect(says).toContain("no CAP_NET_ADMIN in the user namespace that owns the container's");
  });

  it("CAP_NET_RAW", () => {
    const keys = { ...staticIpam(["10.1.0.2/24"]), conflictDetection: { probes: 1 } };
    const says = details("no-cap_net_raw", keys, 103, without("net_raw"));
    expect(says).toContain("no CAP_NET_RAW in the user namespace that owns the container's");
  });

  it("CAP_SYS_ADMIN", () => void details("no-cap_sys_admin", {}, 108, without("sys_admin")));

  it("because CNI_NETNS belongs to another user namespace", () => {
    const inside = `unshare --user --map-root-user --net ${macvlanProgram}`;
    const program = `${site.script("macvlan", `exec ${inside}`)}/macvlan`;
    details("a-user-namespace-is-in-the-way", {}, 108, { program });
  });
});

describe("addresses and routes", () => {
  it("that are there already", () => {
    const ipam = staticIpam(["10.1.0.2/24", "10.1.0.2/24"]);
    details("address-or-route-is-there-already", ipam, 103);
  });

  it("whose gateway is out of reach", () => {
    const ipam = staticIpam(["10.1.0.2/24"], [{ dst: "10.9.0.0/16", gw: "10.77.0.1" }]);
    details("gateway-is-out-of-reach", ipam, 103);
  });
});
