import { afterEach, describe, expect, it } from "vitest";
import type { CniError } from "../../host/schema/index.ts";
import type { Netns } from "../../lab/netns.ts";
import { FakeIpam, lease, on, printed, staticIpam } from "./ipam.ts";
import { addresses, link } from "./kernel.ts";
import { result } from "./outcome.ts";
import { type Config, master, needs, useSite } from "./site.ts";
import { Sniffer } from "./sniffer.ts";

const site = useSite();
const mac = "02:00:00:00:00:13";
const dual = staticIpam(["10.1.0.2/24", "fd00:1::2/64"]);
const detection = { conflictDetection: { probes: 2, interval: 60 } };
const again = { conflictDetection: { ...detection.conflictDetection, nextAddress: 3 } };

/** The neighbour on the segment takes an address. */
function take(...list: string[]): void {
  for (const address of list) {
    const words = address.includes(":") ? ["nodad"] : [];
    site.segment.ip("addr", "add", address, "dev", "lan", ...words);
  }
}

const macOfNeighbour = () => link(site.segment, "lan").address;

function hostLocal(dataDir: string, more: object = {}): Config {
  const v4 = { subnet: "10.1.0.0/24", rangeStart: "10.1.0.10", rangeEnd: "10.1.0.19", ...more };
  const v6 = { subnet: "fd00:1::/64", rangeStart: "fd00:1::10", rangeEnd: "fd00:1::19" };
  return { ipam: { type: "host-local", dataDir, ranges: [[v4], [v6]] } };
}

const given = (pod: Netns) => addresses(pod).map(({ local, prefixlen }) => `${local}/${prefixlen}`);

afterEach(() => {
  site.segment.exec(["ip", "-4", "addr", "flush", "dev", "lan"]);
  site.segment.exec(["ip", "-6", "addr", "flush", "dev", "lan", "scope", "global"]);
});

describe("an address that a neighbour has", () => {
  function refused(keys: Config): CniError {
    return site.refuse(site.pod(), { ...detection, ...keys }, [104]);
  }

  it.each([
    ["of IPv4", "10.1.0.2/24"],
    ["of IPv6", "fd00:1::2/64"],
  ])("%s fails ADD with its MAC address, and all is undone", (_, address) => {
    take(address);
    const { msg } = refused(dual);
    expect(msg).toContain(`address ${address.split("/")[0]} of "eth0"`);
    expect(msg).toContain(macOfNeighbour());
  });

  it("is found as one of several", () => {
    take("10.1.0.4/24");
    const { msg } = refused(staticIpam(["10.1.0.3/24", "10.1.0.4/24", "fd00:1::4/64"]));
    expect(msg).toContain("10.1.0.4");
  });

  it("is found in another pod on the master", () => {
    const pod = site.pod();
    site.add(pod, { ...dual, mac }, { containerId: "a" });
    expect(refused(staticIpam(["10.1.0.2/24"])).msg).toContain(`${mac} has it`);
    expect(refused(staticIpam(["fd00:1::2/64"])).msg).toContain(`${mac} has it`);
  });

  it.each(["10.1.0.2/24", "fd00:1::2/64"])("%s on the master itself is found", (address) => {
    site.lab.ip("addr", "add", address, "dev", master, ...(address.includes(":") ? ["nodad"] : []));
    try {
      const { msg } = refused(dual);
      expect(msg).toContain(`address ${address.split("/")[0]} of "eth0"`);
      expect(msg).toContain(`the master "${master}" of this node has it`);
    } finally {
      site.lab.ip("addr", "del", address, "dev", master);
    }
  });

  it("goes back to IPAM", () => {
    take("10.1.0.2/24");
    const ipam = new FakeIpam(site, [printed({ ...lease, routes: [] })]);
    site.fail(site.pod(), { ...detection, ...ipam.keys }, [104], ipam.options);
    expect(ipam.calls).toEqual(["ADD", "DEL"]);
  });

  it("of IPv4 is used where nobody asks", () => {
    take("10.1.0.2/24");
    site.add(site.pod(), staticIpam(["10.1.0.2/24"]));
  });

  it("is found where IPAM has set the link up", () => {
    take("10.1.0.2/24");
    const up = 'nsenter --net="$CNI_NETNS" ip link set "$CNI_IFNAME" up';
    const ipam = new FakeIpam(site, [on("ADD", up), printed({ ...lease, routes: [] })]);
    const { msg } = site.fail(site.pod(), { ...detection, ...ipam.keys }, [104], ipam.options);
    expect(msg).toContain(macOfNeighbour());
  });
});

it("two that take one address at the same time do not both get it", async () => {
  const keys = { ...staticIpam(["10.1.0.2/24"]), conflictDetection: { probes: 3, interval: 200 } };
  const calls = ["a", "b"].map((containerId) => {
    const { path } = site.pod();
    const call = { command: "ADD", containerId, netns: path, ifname: "eth0" };
    return site.lab.cniStart({ ...call, config: site.config(keys) });
  });
  const outputs = await Promise.all(calls);
  expect(outputs.filter(({ status }) => status === 0).length).toBeLessThan(2);
  const failures = outputs.filter(({ status }) => status !== 0).map(({ json }) => json as CniError);
  expect(failures[0]?.msg).toMatch(/has it|is about to take it as well/);
});

describe("an address that is free", () => {
  it("is configured as ever, with routes, and CHECK and DEL find it", () => {
    const ipam = staticIpam(["10.1.0.2/24 10.1.0.1", "fd00:1::2/64"], [{ dst: "0.0.0.0/0" }]);
    const pod = site.pod();
    const prevResult = site.add(pod, { ...ipam, ...detection });
    expect(given(pod).sort()).toEqual(["10.1.0.2/24", "fd00:1::2/64"]);
    site.check(pod, { ...ipam, ...detection, prevResult });
    site.del(pod, { ...ipam, ...detection });
  });

  it("takes ADD the time that it is asked for, and not much more", () => {
    const quick = site.call("ADD", site.pod(), { ...dual });
    const pod = site.pod();
    const slow = site.call("ADD", pod, {
      ...staticIpam(["10.1.0.3/24", "10.1.0.4/24"]),
      conflictDetection: { probes: 3, interval: 100 },
    });
    result(slow);
    expect(slow.milliseconds).toBeGreaterThanOrEqual(300);
    expect(slow.milliseconds).toBeLessThan(300 + quick.milliseconds + 400);
  });

  it("where there is no carrier fails ADD: nobody can be asked", () => {
    site.segment.ip("link", "set", "lan", "down");
    try {
      const { msg } = site.refuse(site.pod(), { ...dual, ...detection }, [11]);
      expect(msg).toContain("no carrier");
    } finally {
      site.segment.ip("link", "set", "lan", "up");
    }
  });
});

describe("on the segment are seen", () => {
  needs("tcpdump");
  needs("ping");

  it("the probes, then the announcement", async () => {
    const sniffer = await Sniffer.start(site);
    site.add(site.pod(), { mac, ...staticIpam(["10.1.0.2/24"]), ...detection });
    const own = mac.replaceAll(":", "");
    const start = `ffffffffffff${own}08060001080006040001${own}`;
    const probe = `${start}000000000000000000000a010002`;
    const announcement = `${start}0a0100020000000000000a010002`;
    expect(await sniffer.frames(mac)).toEqual([probe, probe, announcement]);
  });
});

describe("nextAddress", () => {
  it("goes on to the next address, in both families", () => {
    take("10.1.0.10/24", "fd00:1::11/64");
    const pod = site.pod();
    const keys = { ...hostLocal(site.directory("leases")), ...again };
    const output = site.call("ADD", pod, keys);
    expect(output.status).toBe(0);
    expect(output.stderr.match(/trying the next address/g)).toHaveLength(2);
    expect(output.stderr).toContain(macOfNeighbour());
    expect(given(pod).sort()).toEqual(["10.1.0.12/24", "fd00:1::12/64"]);
    site.check(pod, { ...keys, prevResult: output.json });
    site.del(pod, keys);
  });

  it("fails after so many, with all of them", () => {
    const taken = ["10.1.0.10", "10.1.0.11", "10.1.0.12", "10.1.0.13"];
    take(...taken.map((address) => `${address}/24`));
    const keys = { ...hostLocal(site.directory("leases")), ...again };
    const { msg, details } = site.refuse(site.pod(), keys, [104]);
    expect(msg).toContain("10.1.0.13");
    for (const address of taken.slice(0, 3)) expect(details).toContain(`address ${address} `);
  });

  it("fails at once where IPAM has no other", () => {
    take("10.1.0.2/24");
    const { details } = site.refuse(site.pod(), { ...dual, ...again }, [104]);
    expect(details).toContain("gave it again");
  });

  it("fails where the range is used up", () => {
    take("10.1.0.10/24");
    const keys = hostLocal(site.directory("leases"), { rangeEnd: "10.1.0.10" });
    site.refuse(site.pod(), { ...keys, ...again }, [104]);
  });
});
