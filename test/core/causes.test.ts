import { describe, expect, test } from "vitest";
import {
  createMacvlan,
  type MasterOptions,
  setUp,
  type Sim,
  uapi as U,
} from "../../host/sim/index.ts";
import { parseMac } from "../../host/sim/text.ts";
import { details, hidden, mac, neighbour } from "./causes.ts";
import { add, config, failure, machine, POD, refusal, run, staticIpam } from "./core.ts";

// After a refusal: what the matter is, what to do, and where to read of it. What this machine's
// kernel can bring about is played on it as well, in test/live/causes.test.ts.

/** Puts eth0 under a controller. */
function portOf(sim: Sim, name: string, options: MasterOptions): void {
  const eth0 = sim.host.find("eth0");
  if (eth0) eth0.controller = sim.addMaster(name, options);
}

describe("EBUSY says who has the master:", () => {
  test.each([
    ["br0", "bridge", /"eth0" is a port of bridge "br0": make "br0" .*#master-is-a-bridge-port$/],
    ["bond0", "bond", /"eth0" is a port of bond "bond0": make "bond0" .*#master-is-a-bond-port$/],
    ["team0", "team", /"eth0" is a port of team "team0": .*#master-is-a-bond-port$/],
    ["ovs-system", "openvswitch", /Open vSwitch \("ovs-system"\): .*#master-is-an-ovs-port$/],
  ])("%s, of kind %s", (name, kind, says) => {
    const sim = machine();
    portOf(sim, name, { kind });
    expect(details(sim)).toMatch(says);
  });

  test("a controller that cannot be looked up has its number", () => {
    const sim = machine();
    portOf(sim, "br0", { kind: "bridge" });
    sim.refuse({ type: U.RTM_GETLINK, skip: 2, errno: U.EIO });
    expect(details(sim)).toMatch(/is a port of bridge interface \d+: /);
  });

  test("not a VRF, whose ports carry macvlans", () => {
    const sim = machine();
    portOf(sim, "vrf0", { kind: "vrf" });
    add(sim);
  });

  test.each(["ipvlan", "ipvtap"])("an %s", (kind) => {
    const sim = machine();
    sim.addMaster("ipvl9", { kind, lower: sim.host.find("eth0") });
    const says = `"eth0" carries ${kind} "ipvl9", and cannot carry both`;
    expect(details(sim)).toMatch(says);
    expect(details(sim)).toMatch(/#master-carries-an-ipvlan$/);
  });

  test("an ipvlan in another container, which cannot be seen", () => {
    const sim = machine();
    const lower = sim.host.find("eth0");
    sim.addMaster("ipvl9", { kind: "ipvlan", lower }, sim.addNetns("/run/netns/other"));
    expect(details(sim)).toMatch(/out of sight .* "eth0": .*#master-is-taken-by-something$/);
  });

  test("an ipvlan of this container", () => {
    const sim = machine();
    sim.addMaster("ipvl9", { kind: "ipvlan", lower: sim.host.find("eth0") }, sim.netns(POD));
    expect(details(sim)).toContain('ipvlan "ipvl9" of this container');
  });
});

describe("EINVAL says", () => {
  test.each([
    [
      "who has the master for itself",
      "bridge",
      U.MACVLAN_MODE_PASSTHRU,
      "master-is-taken-by-passthru",
    ],
    ["who else is there", "passthru", U.MACVLAN_MODE_BRIDGE, "passthru-is-not-alone"],
  ])("%s", (_, mode, other, anchor) => {
    const sim = machine();
    neighbour(sim, other);
    const says = new RegExp(`macvlan "mv9": .*#${anchor}$`);
    for (const mtu of [undefined, 1500]) expect(details(sim, { mode, mtu })).toMatch(says);
    const lone = machine();
    hidden(lone, other);
    expect(details(lone, { mode })).toMatch(new RegExp(`out of sight: .*#${anchor}$`));
  });

  test("that it is another interface of this container", () => {
    const sim = machine();
    const lower = sim.host.find("eth0");
    createMacvlan(sim.netns(POD), { name: "net1", lower, mode: U.MACVLAN_MODE_PASSTHRU });
    expect(details(sim)).toContain('macvlan "net1" of this container');
  });

  test("the same inside the container, of a master that is there", () => {
    const sim = machine();
    const lower = sim.addMaster("eth9", {}, sim.netns(POD));
    createMacvlan(sim.netns(POD), { name: "net1", lower, mode: U.MACVLAN_MODE_PASSTHRU });
    const keys = { master: "eth9", linkInContainer: true };
    expect(details(sim, keys)).toContain('macvlan "net1" of this container');
  });

  test("that the MTU of the master was lowered meanwhile", () => {
    const sim = machine();
    const eth0 = sim.host.find("eth0");
    createMacvlan(sim.host, { name: "mv9", lower: eth0, mtu: 1500 }).up = true;
    if (eth0) eth0.mtu = 1300;
    const says = /"eth0" has MTU 1300, less than 1400: .*#mtu-above-the-masters$/;
    expect(details(sim, { master: "mv9", mtu: 1400 })).toMatch(says);
  });

  test("that nodst needs a newer kernel, where nobody has the master", () => {
    const sim = machine();
    sim.refuse({ type: U.RTM_NEWLINK, errno: U.EINVAL });
    const keys = { mode: "source", nodst: true, sourceMacs: [mac] };
    neighbour(sim, U.MACVLAN_MODE_BRIDGE);
    expect(details(sim, keys)).toMatch(/nodst needs Linux 5\.13.*#kernel-is-too-old$/);
    const taken = machine();
    neighbour(taken, U.MACVLAN_MODE_PASSTHRU);
    expect(details(taken, keys)).toMatch(/"mv9": .*#master-is-taken-by-passthru$/);
  });
});

describe("other refusals to make it", () => {
  test.each([
    [U.ENODEV, /"eth0" has gone .*#master-not-found$/],
    [U.EOPNOTSUPP, /modprobe macvlan.*#kernel-has-no-macvlan$/],
    [U.EADDRNOTAVAIL, /#mac-address-is-no-good$/],
  ])("errno %d", (errno, says) => {
    const sim = machine();
    sim.refuse({ type: U.RTM_NEWLINK, errno });
    expect(details(sim)).toMatch(says);
  });

  test("the name is taken: by what", () => {
    const sim = machine();
    sim.addMaster("mv0", { altNames: ["net1"] }, sim.netns(POD));
    expect(details(sim, {}, 102)).toMatch(/^it is of type veth: .*#name-is-taken$/);
    const error = refusal(sim, { config: config(), ifname: "net1" });
    expect(error.details).toMatch(/^it is another name of "mv0": /);
  });

  test("the name is taken by a card that was moved there", () => {
    const sim = machine();
    sim.addMaster("mv0", { kind: "" }, sim.netns(POD));
    expect(details(sim, {}, 102)).toMatch(/^it is a network card: /);
  });
});

describe("EPERM says which capability, and where:", () => {
  test("CAP_SYS_ADMIN to enter the namespace", () => {
    expect(details(machine({ privileged: false }), {}, 108)).toMatch(
      /no CAP_SYS_ADMIN where its own .*#no-cap_sys_admin$/,
    );
  });

  test("the namespace belongs to another user namespace", () => {
    const sim = machine();
    sim.netns(POD).sysAdmin = false;
    expect(details(sim, {}, 108)).toMatch(/#a-user-namespace-is-in-the-way$/);
  });

  test.each([
    ["the host's", true],
    ["the container's", false],
  ])("CAP_NET_ADMIN for %s network namespace", (whose, isHost) => {
    const sim = machine();
    (isHost ? sim.host : sim.netns(POD)).netAdmin = false;
    const says = `no CAP_NET_ADMIN in the user namespace that owns ${whose} network namespace`;
    expect(details(sim)).toMatch(new RegExp(`${says}.*#no-cap_net_admin$`));
  });
});

describe("a MAC address that is in use", () => {
  const layer3 = { mac, ipam: staticIpam(["10.0.0.5/24", "2001:db8::5/64"]) };

  test.each([{ mac }, layer3])("by the master, by name", (keys) => {
    const sim = machine();
    const eth0 = sim.host.find("eth0");
    if (eth0) eth0.mac = parseMac(mac);
    const says =
      /^MAC address 02:.*:77 is in use by master "eth0" itself: .*#mac-address-is-in-use$/;
    expect(details(sim, keys, 103)).toMatch(says);
  });

  test.each([{ mac }, layer3])("by a macvlan of the host, by name", (keys) => {
    const sim = machine();
    setUp(neighbour(sim, U.MACVLAN_MODE_BRIDGE), true);
    expect(details(sim, keys, 103)).toContain('in use by macvlan "mv9": ');
  });

  test("by another interface of this container, by name", () => {
    const sim = machine();
    add(sim, { mac }, { ifname: "net1" });
    expect(details(sim, { mac }, 103)).toContain('in use by macvlan "net1" of this container: ');
  });

  test("by another container, out of sight", () => {
    const sim = machine();
    hidden(sim, U.MACVLAN_MODE_BRIDGE);
    expect(details(sim, { mac }, 103)).toContain("in use by another container, out of sight");
  });

  test("is waited for about a second, in pauses that grow", () => {
    const sim = machine();
    hidden(sim, U.MACVLAN_MODE_BRIDGE);
    const before = sim.kernel.clock.now;
    failure(run(sim, { config: config({ mac }) }));
    expect(sim.kernel.clock.now - before).toBeGreaterThan(1000);
    expect(sim.kernel.clock.now - before).toBeLessThan(1200);
  });

  test.each([0.5, 5, 300, 900])("is free when a dying namespace has gone after %d ms", (delay) => {
    const sim = machine();
    hidden(sim, U.MACVLAN_MODE_BRIDGE);
    sim.removeNetns("/run/netns/other", delay);
    const routes = [{ dst: "0.0.0.0/0", gw: "10.0.0.1" }];
    const ips = ["10.0.0.5/24", "2001:db8::5/64"];
    const result = add(sim, { mac, ipam: staticIpam(ips, { routes }) });
    expect(result.interfaces?.[0]?.mac).toBe(mac);
    const link = sim.netns(POD).find("mv0");
    expect(link?.up).toBe(true);
    const own = link?.addresses.filter(({ flags }) => (flags & 0x40) === 0).map(({ text }) => text);
    expect(own).toEqual(expect.arrayContaining(["10.0.0.5", "2001:db8::5"]));
    expect(sim.netns(POD).routes.all.filter(({ dstLength }) => dstLength === 0)).toHaveLength(1);
  });

  test("EBUSY, as some kernels say, is waited for as well, and has the same cause", () => {
    const sim = machine();
    for (let i = 0; i < 3; i++) sim.refuse({ type: U.RTM_SETLINK, errno: U.EBUSY });
    add(sim, { mac });
    const lasting = machine();
    for (let i = 0; i < 99; i++) lasting.refuse({ type: U.RTM_SETLINK, errno: U.EBUSY });
    expect(details(lasting, { mac }, 103)).toMatch(/in use by .*#mac-address-is-in-use$/);
  });

  test("no other refusal is waited for", () => {
    const sim = machine();
    sim.refuse({ type: U.RTM_SETLINK, errno: U.EIO });
    expect(failure(run(sim, { config: config({ mac }) })).code).toBe(103);
    const second = machine();
    second.refuse({ type: U.RTM_NEWADDR, errno: U.EADDRINUSE });
    expect(failure(run(second, { config: config(layer3) })).code).toBe(103);
    expect(second.kernel.clock.now).toBeLessThan(1_006_000);
  });
});

describe("to configure it", () => {
  test.each([
    [U.RTM_NEWADDR, U.EEXIST, /#address-or-route-is-there-already$/],
    [U.RTM_NEWROUTE, U.ENETUNREACH, /#gateway-is-out-of-reach$/],
  ])("request %d, errno %d", (type, errno, says) => {
    const sim = machine();
    sim.refuse({ type, errno });
    const ipam = staticIpam(["10.0.0.5/24"], { routes: [{ dst: "10.9.0.0/16" }] });
    expect(details(sim, { ipam }, 103)).toMatch(says);
  });
});

describe("what the master is, before anything is asked for", () => {
  test.each([
    ["loopback", {}, "lo", /#master-is-a-loopback$/],
    ["InfiniBand", { hardware: U.ARPHRD_INFINIBAND }, "ib0", /ipoib.*#master-is-infiniband$/],
    ["no Ethernet", { hardware: 65534 }, "tun0", /#master-is-no-ethernet-device$/],
    ["down", { up: false }, "ens9", /ip link set dev ens9 up, or .*masterUp.*#master-is-down$/],
  ])("%s", (_, options, name, says) => {
    const sim = machine();
    if (name !== "lo") sim.addMaster(name, options);
    expect(details(sim, { master: name }, 100)).toMatch(says);
  });

  test("missing: what there is instead, some of it by name", () => {
    const sim = machine();
    expect(details(sim, { master: "gone" }, 100)).toBe(
      'the host has "lo", "eth0"; see docs/troubleshooting.md#master-not-found',
    );
    sim.addMaster("eth9", {}, sim.netns(POD));
    const inside = { master: "gone", linkInContainer: true };
    expect(details(sim, inside, 100)).toContain('the container has "lo", "eth9"; see');
    for (let i = 0; i < 20; i++) sim.addMaster(`ens${i}`);
    expect(details(sim, { master: "gone" }, 100)).toContain('"ens5" and 14 more; see');
  });

  test("in the other namespace", () => {
    const sim = machine();
    sim.addMaster("lan6", {}, sim.netns(POD));
    const anchor = "#master-in-another-namespace$";
    expect(details(sim, { master: "lan6" }, 100)).toMatch(
      new RegExp(`the container has .*"linkInContainer" to true.*${anchor}`),
    );
    expect(details(sim, { linkInContainer: true }, 100)).toMatch(
      new RegExp(`the host has .*"linkInContainer" to false.*${anchor}`),
    );
  });

  test("no default route; an MTU that it does not carry", () => {
    expect(details(machine(), { master: undefined }, 100)).toMatch(/#no-default-route$/);
    expect(details(machine(), { mtu: 9000 }, 7)).toMatch(/#mtu-above-the-masters$/);
  });
});

describe("a warning, and success, where the master is", () => {
  const warning = (options: MasterOptions, name = "bond0") => {
    const sim = machine();
    sim.addMaster(name, options);
    const outcome = run(sim, { config: config({ master: name }) });
    expect(outcome.status).toBe(0);
    return outcome.stderr;
  };

  test("a bond in mode balance-alb", () => {
    const says = /^macvlan: bond "bond0" is in mode balance-alb, .*#bond-in-mode-balance-alb\n$/;
    expect(warning({ kind: "bond", bondMode: U.BOND_MODE_ALB })).toMatch(says);
  });

  test("a Wi-Fi card, by its name", () => {
    expect(warning({ kind: "" }, "wlp3s0")).toMatch(/"wlp3s0" has the name of .*#wi-fi\n$/);
    expect(warning({ kind: "" }, "wlan0")).toContain("wlan0");
  });

  test("without a carrier, and there are IPv6 addresses to wait for", () => {
    const sim = machine();
    sim.addMaster("ens9", { cable: false });
    const ipam = staticIpam(["2001:db8::5/64"]);
    const { status, stderr } = run(sim, { config: config({ master: "ens9", ipam }) });
    expect(status).toBe(0);
    expect(stderr).toMatch(/"mv0" has no carrier: .*#master-has-no-carrier\n$/);
  });

  test.each([
    ["a bond of another mode", { kind: "bond", bondMode: 1 }, "bond0"],
    ["a veth with such a name", { kind: "veth" }, "wlan0"],
    ["a card", { kind: "" }, "ens5"],
  ])("not %s", (_, options, name) => expect(warning(options, name)).toBe(""));
});

test("a looking that fails leaves the kernel's error as it is", () => {
  const sim = machine();
  sim.refuse({ type: U.RTM_NEWLINK, errno: U.EBUSY });
  for (let i = 0; i < 3; i++) sim.refuse({ type: U.RTM_GETLINK, skip: 1, errno: U.EIO });
  const error = refusal(sim, { config: config() });
  expect(error.code).toBe(101);
  expect(error.msg).toContain("EBUSY");
});
