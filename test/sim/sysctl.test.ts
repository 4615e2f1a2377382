import { describe, expect, test } from "vitest";
import { addAddress, setUp, Sim } from "../../host/sim/index.ts";
import { Process } from "../../host/sim/process.ts";
import { parseIp } from "../../host/sim/text.ts";
import * as U from "../../host/sim/uapi.ts";

function start(sim: Sim): Process {
  const { kernel, files, host } = sim;
  return new Process({ kernel, files, netns: host, path: "/p", env: {}, stdin: new Uint8Array(0) });
}

function get(process: Process, key: string): string | number {
  const fd = process.open(`/proc/sys/net/${key}`, U.O_RDONLY, 0);
  if (fd < 0) return fd;
  const buffer = new Uint8Array(64);
  const text = new TextDecoder().decode(buffer.subarray(0, process.read(fd, buffer)));
  expect(process.read(fd, buffer)).toBe(0);
  process.close(fd);
  return text;
}

function set(process: Process, key: string, text: string): number {
  const fd = process.open(`/proc/sys/net/${key}`, U.O_WRONLY, 0);
  if (fd < 0) return fd;
  const result = process.write(fd, new TextEncoder().encode(text));
  process.close(fd);
  return result;
}

function machine(): Sim {
  const sim = new Sim();
  sim.addMaster("eth0.5");
  return sim;
}

test("a value is a number and a line feed, and can be written", () => {
  const process = start(machine());
  const key = "ipv6/neigh/eth0.5/retrans_time_ms";
  expect(get(process, key)).toBe("1000\n");
  expect(set(process, key, "50")).toBe(2);
  expect(get(process, key)).toBe("50\n");
  expect(get(process, "ipv6/neigh/default/retrans_time_ms")).toBe("1000\n");
});

test.each(["", "x", "1.5", "99999999999"])("%j is no value", (text) => {
  expect(set(start(machine()), "ipv4/conf/eth0.5/arp_notify", text)).toBe(-U.EINVAL);
});

test.each([
  "ipv6/conf/none/disable_ipv6",
  "ipv6/conf/eth0.5/none",
  "ipv6/conf/eth0.5",
  "ipv6/neigh/all/retrans_time_ms",
  "ipv5/conf/all/x",
  "core/somaxconn",
])("%s is not there", (key) => {
  expect(get(start(machine()), key)).toBe(-U.ENOENT);
});

test("what is opened for reading cannot be written, nor the other way round", () => {
  const process = start(machine());
  const path = "/proc/sys/net/ipv4/conf/all/forwarding";
  expect(process.write(process.open(path, U.O_RDONLY, 0), Uint8Array.of(49))).toBe(-U.EINVAL);
  expect(process.read(process.open(path, U.O_WRONLY, 0), new Uint8Array(4))).toBe(-U.EINVAL);
});

test("the files show the namespace that the process is in", () => {
  const sim = machine();
  sim.addNetns("/run/netns/pod");
  const process = start(sim);
  process.setns(process.open("/run/netns/pod", 0, 0), 0);
  expect(get(process, "ipv4/conf/eth0.5/arp_notify")).toBe(-U.ENOENT);
  expect(get(process, "ipv4/conf/lo/arp_notify")).toBe("0\n");
});

test("a new interface starts with the defaults of its namespace", () => {
  const sim = machine();
  set(start(sim), "ipv6/conf/default/dad_transmits", "3");
  sim.addMaster("eth1");
  expect(get(start(sim), "ipv6/conf/eth1/dad_transmits")).toBe("3\n");
  expect(get(start(sim), "ipv6/conf/eth0.5/dad_transmits")).toBe("1\n");
});

test("a kernel without IPv6 has no folder for it, nor has an interface of a small MTU", () => {
  const without = new Sim({ ipv6: false });
  expect(get(start(without), "ipv6/conf/all/disable_ipv6")).toBe(-U.ENOENT);
  const sim = machine();
  sim.addMaster("eth1", { mtu: 1279 });
  expect(get(start(sim), "ipv6/conf/eth1/disable_ipv6")).toBe(-U.ENOENT);
  expect(get(start(sim), "ipv4/conf/eth1/arp_notify")).toBe("0\n");
});

describe("disable_ipv6", () => {
  const addresses = (sim: Sim) => sim.host.find("eth0.5")?.addresses.map(({ text }) => text);

  test("takes the addresses away, and gives the link-local one back", () => {
    const sim = machine();
    const process = start(sim);
    expect(addresses(sim)).toEqual([expect.stringMatching(/^fe80::/)]);
    set(process, "ipv6/conf/eth0.5/disable_ipv6", "1");
    expect(addresses(sim)).toEqual([]);
    set(process, "ipv6/conf/eth0.5/disable_ipv6", "0");
    expect(addresses(sim)).toEqual([expect.stringMatching(/^fe80::/)]);
  });

  test("of all counts for every interface, and those to come", () => {
    const sim = machine();
    set(start(sim), "ipv6/conf/all/disable_ipv6", "1");
    expect(addresses(sim)).toEqual([]);
    expect(get(start(sim), "ipv6/conf/eth0.5/disable_ipv6")).toBe("1\n");
    expect(get(start(sim), "ipv6/conf/default/disable_ipv6")).toBe("1\n");
  });
});

test("keep_addr_on_down keeps global addresses over a moment of being down", () => {
  for (const [value, wanted] of [
    ["0", 0],
    ["1", 1],
  ] as const) {
    const sim = machine();
    const link = sim.host.find("eth0.5");
    if (!link) throw new Error("no link");
    const bytes = parseIp("2001:db8::5");
    addAddress(link, { family: 10, bytes, prefixLength: 64, scope: 0, flags: 0 });
    set(start(sim), "ipv6/conf/eth0.5/keep_addr_on_down", value);
    setUp(link, false);
    setUp(link, true);
    const kept = link.addresses.filter(({ text }) => text === "2001:db8::5");
    expect(kept).toHaveLength(wanted);
  }
});

test("without privileges nothing can be written", () => {
  const sim = new Sim({ privileged: false });
  expect(set(start(sim), "ipv4/conf/all/forwarding", "1")).toBe(-U.EACCES);
});
