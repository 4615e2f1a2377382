import { afterEach, describe, expect, test } from "vitest";
import { addAddress, Sim, uapi } from "../../host/sim/index.ts";
import { parseIp } from "../../host/sim/text.ts";
import { core } from "../core/core.ts";
import { staticIpam } from "../live/ipam.ts";
import { link } from "../live/kernel.ts";
import { ifname, master, needs, useSite } from "../live/site.ts";
import { framesFrom, Sniffer } from "../live/sniffer.ts";

// The same ADD on the simulated machine and on the real kernel: the frames that leave on the wire,
// and what is said of somebody who is there.

const site = useSite();
const mac = "02:00:00:00:00:77";
const containerId = "c1";
const PATIENCE = 5000;

const dual = staticIpam(["10.1.0.2/24", "10.1.0.3/24", "fd00:1::2/64"]);
/** What the kernel announces by itself, the simulated one does not. */
const sysctl = {
  "net.ipv4.conf.IFNAME.arp_notify": "0",
  "net.ipv6.conf.IFNAME.ndisc_notify": "0",
};
const common = { mac, sysctl, ...dual };
const conflictDetection = { probes: 2, interval: 50 };

/** Who has an address: a neighbour on the wire, or the master. */
interface Holder {
  readonly address: string;
  readonly isMaster?: boolean;
}

interface Seen {
  readonly status: number | null;
  readonly json: unknown;
  readonly frames: string[];
}

function simulate(path: string, config: object, holder?: Holder): Seen {
  const sim = new Sim();
  const lower = sim.addMaster(master);
  sim.addNetns(path);
  if (holder?.isMaster) {
    const bytes = parseIp(holder.address);
    const [family, prefixLength] = bytes.length === 4 ? [uapi.AF_INET, 24] : [uapi.AF_INET6, 64];
    addAddress(lower, { family, prefixLength, bytes, scope: uapi.RT_SCOPE_UNIVERSE, flags: 0 });
  } else if (holder) {
    lower.stations.add(holder.address, link(site.segment, "lan").address);
  }
  sim.kernel.clock.advance(PATIENCE);
  const { status, json } = sim.run(core, { netns: path, containerId, ifname, config });
  const sent = lower.frames.filter((frame) => frame.link !== lower);
  return {
    status,
    json,
    frames: framesFrom(
      mac,
      sent.map(({ bytes }) => bytes),
    ),
  };
}

async function play(path: string, config: object, holder?: Holder): Promise<Seen> {
  if (holder) {
    const { address, isMaster } = holder;
    const words = address.includes(":") ? [`${address}/64`, "nodad"] : [`${address}/24`];
    const [netns, dev] = isMaster ? [site.lab, master] : [site.segment, "lan"];
    netns.ip("addr", "add", ...words, "dev", dev);
  }
  const sniffer = await Sniffer.start(site);
  const call = { command: "ADD", netns: path, containerId, ifname, config };
  const { status, json } = site.lab.cni(call);
  return { status, json, frames: await sniffer.frames(mac) };
}

afterEach(() => {
  for (const [netns, dev] of [
    [site.lab, master],
    [site.segment, "lan"],
  ] as const) {
    netns.exec(["ip", "-4", "addr", "flush", "dev", dev]);
    netns.exec(["ip", "-6", "addr", "flush", "dev", dev, "scope", "global"]);
  }
});

describe("on both wires is seen the same:", () => {
  needs("tcpdump");
  needs("ping");

  test.each<[string, keys: object, frames: number, holder?: Holder]>([
    ["one announcement of each address", {}, 3],
    ["as many as were asked for", { announce: { count: 2, interval: 5, replies: true } }, 10],
    ["none", { announce: { count: 0 } }, 0],
    ["probes before", { conflictDetection }, 7],
    [
      "the first probes, of an address that is taken",
      { conflictDetection },
      2,
      { address: "10.1.0.3" },
    ],
    ["all probes, but no address of IPv6", { conflictDetection }, 4, { address: "fd00:1::2" }],
    [
      "nothing, if it is the master's",
      { conflictDetection },
      0,
      { address: "10.1.0.2", isMaster: true },
    ],
    [
      "nothing, if it is the master's of IPv6",
      { conflictDetection },
      0,
      { address: "fd00:1::2", isMaster: true },
    ],
  ])("%s", async (_, keys, frames, holder) => {
    const { path } = site.pod();
    const config = site.config({ ...common, ...keys });
    const real = await play(path, config, holder);
    expect(real.frames).toHaveLength(frames);
    expect(simulate(path, config, holder)).toEqual(real);
  });
});
