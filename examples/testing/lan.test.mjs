// Does lan.conflist do what we want of it? Answered by the real plugin on a simulated machine:
// no root, no Linux, nothing is changed on this computer. Run by `npm test`.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { beforeEach, test } from "node:test";
import {
  core,
  listAddresses,
  listLinks,
  listRoutes,
  Network,
  setCable,
  Sim,
  uapi,
} from "cni-macvlan-wasm/testing";

const list = readFileSync(new URL("lan.conflist", import.meta.url), "utf8");

let sim;
let lan;
let pods = 0;

/** A node as ours are: the card ens5 with its cable, jumbo frames. */
beforeEach(() => {
  sim = new Sim();
  sim.addMaster("ens5", { mtu: 9000 });
  lan = new Network(sim, core, list);
});

/** A new container, and what a runtime says to the plugins about its interface. */
function pod() {
  const containerId = `pod${++pods}`;
  const netns = `/run/netns/${containerId}`;
  sim.addNetns(netns);
  return { containerId, netns, ifname: "eth0" };
}

/** An ADD that must succeed; its result. */
function add(attachment) {
  const { status, stdout, json } = lan.add(attachment);
  assert.equal(status, 0, stdout);
  return json;
}

/** An error of the plugin. */
function error({ status, json }) {
  assert.equal(status, 1);
  return json;
}

test("a pod gets an interface with an address of each family, and the routes", () => {
  const attachment = pod();
  const result = add(attachment);
  assert.deepEqual(
    result.ips.map(({ address, gateway }) => `${address} via ${gateway}`),
    ["192.0.2.148/24 via 192.0.2.254", "2001:db8::2/64 via 2001:db8::1"],
  );

  const netns = sim.netns(attachment.netns);
  const eth0 = listLinks(netns).find(({ ifname }) => ifname === "eth0");
  assert.equal(eth0.mtu, 9000);
  assert.equal(eth0.linkinfo.info_data.mode, "bridge");
  assert.ok(eth0.flags.includes("LOWER_UP"));

  const [, { addr_info }] = listAddresses(netns);
  assert.ok(addr_info.some(({ local, tentative }) => local === "2001:db8::2" && !tentative));

  const routes = listRoutes(netns, 4);
  assert.equal(routes.find(({ dst }) => dst === "default").gateway, "192.0.2.254");
  assert.deepEqual(routes.find(({ dst }) => dst === "198.51.100.0/24").metrics, [{ mtu: 1400 }]);
});

test("a pod may choose its address", () => {
  const ips = ["192.0.2.150/24"];
  assert.equal(add({ ...pod(), capabilityArgs: { ips } }).ips[0].address, "192.0.2.150/24");
});

test("four pods fit, the fifth is told that the range is full", () => {
  const attachments = [pod(), pod(), pod(), pod()];
  const taken = attachments.map((attachment) => add(attachment).ips[0].address);
  assert.equal(new Set(taken).size, 4);
  const { code, msg } = error(lan.add(pod()));
  assert.equal(code, 110);
  assert.match(msg, /192\.0\.2\.148/);

  assert.equal(lan.del(attachments[1]).status, 0);
  assert.equal(add(pod()).ips[0].address, taken[1]);
});

test("CHECK notices an interface that somebody has removed", () => {
  const attachment = pod();
  add(attachment);
  assert.equal(lan.check(attachment).status, 0);
  sim.removeNetns(attachment.netns);
  sim.addNetns(attachment.netns);
  assert.equal(error(lan.check(attachment)).code, 107);
});

test("addresses of pods that went without a DEL come back by GC", () => {
  const kept = pod();
  add(kept);
  for (let i = 0; i < 3; i++) {
    // The runtime forgets this network, and the pods with it.
    const forgotten = new Network(sim, core, list);
    assert.equal(forgotten.add(pod()).status, 0);
  }
  assert.equal(error(lan.add(pod())).code, 110);
  assert.equal(lan.gc().status, 0);
  assert.equal(lan.check(kept).status, 0);
  add(pod());
});

test("a node without the card is not ready, and says so", () => {
  const other = new Sim();
  other.addMaster("eth0");
  const network = new Network(other, core, list);
  assert.equal(error(network.status()).code, 50);
  other.addNetns("/run/netns/pod");
  const { code, msg } = error(network.add());
  assert.equal(code, 100);
  assert.match(msg, /ens5/);
});

test("without its cable the pod starts, and has its addresses when it is plugged in", () => {
  setCable(sim.netns("/run/netns/host").find("ens5"), false);
  const attachment = pod();
  add(attachment);
  const detected = () => {
    const [, { addr_info }] = listAddresses(sim.netns(attachment.netns));
    return addr_info.every(({ tentative }) => !tentative);
  };
  assert.equal(detected(), false);
  setCable(sim.netns("/run/netns/host").find("ens5"), true);
  sim.kernel.clock.advance(3000);
  assert.equal(detected(), true);
});

test("an address that another machine has already is noticed, and nothing stays behind", () => {
  sim.netns("/run/netns/host").find("ens5").stations.add("2001:db8::2");
  const attachment = pod();
  assert.equal(error(lan.add(attachment)).code, 104);
  assert.deepEqual(
    listLinks(sim.netns(attachment.netns)).map(({ ifname }) => ifname),
    ["lo"],
  );
});

test("what the kernel refuses is told in its own words, and nothing stays behind", () => {
  const attachment = pod();
  const before = listRoutes(sim.netns(attachment.netns), 4);
  const extack = "Nexthop has invalid gateway";
  sim.refuse({ type: uapi.RTM_NEWROUTE, errno: uapi.ENETUNREACH, extack });
  const { code, msg } = error(lan.add(attachment));
  assert.equal(code, 103);
  assert.match(msg, /ENETUNREACH.*Nexthop has invalid gateway/);
  assert.deepEqual(listRoutes(sim.netns(attachment.netns), 4), before);
});
