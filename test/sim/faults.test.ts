import { expect, test } from "vitest";
import { createMacvlan, type Failure, Sim, withDeath, withFault } from "../../host/sim/index.ts";
import { Process } from "../../host/sim/process.ts";
import * as U from "../../host/sim/uapi.ts";
import { readMessages, Writer } from "../../host/sim/wire.ts";

function start({ kernel, files, host: netns } = new Sim()): Process {
  files.write("/text", "hello");
  return new Process({ kernel, files, netns, path: "/p", env: {}, stdin: new Uint8Array(0) });
}

test("one call fails, the others are made", () => {
  const { system, fired } = withFault(start(), { call: "open", nth: 2, failure: U.EACCES });
  const results = [1, 2, 3].map(() => system.open("/text", 0, 0));
  expect(results).toEqual([3, -U.EACCES, 4]);
  expect(fired()).toBe(true);
});

test("nothing has fired where the call was not made so often", () => {
  const { system, fired } = withFault(start(), { call: "open", nth: 2, failure: U.EACCES });
  system.open("/text", 0, 0);
  system.read(0, new Uint8Array(1));
  expect(fired()).toBe(false);
});

test("a fault that lasts ends only with the patience", () => {
  const fault = { call: "read", nth: 1, failure: U.EAGAIN, forever: true } as const;
  const { system } = withFault(start(), fault);
  const attempt = () => system.read(0, new Uint8Array(1));
  for (let count = 0; count < 1000; count++) expect(attempt()).toBe(-U.EAGAIN);
  expect(() => {
    for (let count = 0; count < 20_000; count++) attempt();
  }).toThrow("in vain");
});

test("a descriptor is closed also by a close that fails", () => {
  const process = start();
  const { system } = withFault(process, { call: "close", nth: 1, failure: U.EINVAL });
  const fd = system.open("/text", 0, 0);
  expect(system.close(fd)).toBe(-U.EINVAL);
  expect(process.held).toBe(0);
});

test("a program that cannot be started has no output", () => {
  const { system } = withFault(start(), { call: "spawn", nth: 1, failure: U.EACCES });
  const { status, output, log } = system.spawn("/text", "ADD", new Uint8Array(0), 10, 10);
  expect([status, output.length, log.length]).toEqual([-U.EACCES, 0, 0]);
});

test("a short call moves a part, and the rest is still to come", () => {
  const { system } = withFault(start(), { call: "read", nth: 1, failure: "short" });
  const fd = system.open("/text", U.O_RDONLY, 0);
  const buffer = new Uint8Array(10);
  expect(system.read(fd, buffer)).toBe(1);
  expect(system.read(fd, buffer)).toBe(4);
});

/** What the answer to a dump of links is, when receiving it goes wrong. */
function dump(failure: Failure): { length: number; flags: number[]; waiting: boolean } {
  const { system } = withFault(start(), { call: "recvfrom", nth: 1, failure });
  const fd = system.socket(U.AF_NETLINK, U.SOCK_RAW, U.NETLINK_ROUTE);
  const payload = new Uint8Array(16);
  const flags = U.NLM_F_REQUEST | U.NLM_F_DUMP;
  const request = new Writer().message(U.RTM_GETLINK, flags, 1, 0, payload).take();
  system.send(fd, request, 0);
  const buffer = new Uint8Array(8192);
  const receive = () => {
    const flags = U.MSG_DONTWAIT | U.MSG_TRUNC;
    return system.recvfrom(fd, buffer, flags, new Uint8Array(12), new Uint8Array(4));
  };
  const length = receive();
  const messages = readMessages(buffer.subarray(0, Math.max(0, Math.min(length, 8192))));
  return { length, flags: messages.map((message) => message.flags), waiting: receive() > 0 };
}

test("a datagram is lost, cut off, too long or marked as interrupted", () => {
  const { length, flags } = dump("interrupted");
  expect(flags).toEqual([0x12, 0x12]);
  expect(dump("cut")).toMatchObject({ length: length >> 1, waiting: false });
  expect(dump("truncated")).toMatchObject({ length: 8193, waiting: false });
  expect(dump("lost")).toMatchObject({ length: -U.ENOBUFS, waiting: false });
  expect(dump(U.ENOBUFS)).toMatchObject({ length: -U.ENOBUFS, waiting: true });
});

test("a program that is killed has done its work, and says nothing", () => {
  let runs = 0;
  const sim = new Sim();
  sim.files.install("/program", () => {
    runs++;
    return { stdout: "output" };
  });
  const { system } = withFault(start(sim), { call: "spawn", nth: 1, failure: "killed" });
  const { status, output } = system.spawn("/program", "ADD", new Uint8Array(0), 10, 10);
  expect([runs, status, output.length]).toEqual([1, 9, 0]);
});

test("a process that dies has written half, and does nothing more", () => {
  const process = start();
  const { system, died } = withDeath(process, 2);
  expect(system.open("/text", U.O_RDONLY, 0)).toBe(3);
  expect(died()).toBe(false);
  expect(() => system.write(1, Uint8Array.of(72, 105))).toThrow("died at write");
  expect(died()).toBe(true);
  expect(system.close(3)).toBeLessThan(0);
  expect([process.stdout.text, process.held]).toEqual(["H", 1]);
});

test("a namespace that ends takes its interfaces with it, and leaves the others", () => {
  const sim = new Sim();
  const pod = sim.addNetns("/run/netns/pod");
  const master = sim.addMaster("eth0");
  const before = sim.snapshot();
  sim.addNetns("/run/netns/second");
  createMacvlan(sim.netns("/run/netns/second"), { name: "mv0", lower: master });
  expect(master.uppers.size).toBe(1);
  sim.removeNetns("/run/netns/second");
  expect(master.uppers.size).toBe(0);
  expect(sim.snapshot()).toEqual(before);
  expect(sim.netns("/run/netns/pod")).toBe(pod);
  expect(() => sim.netns("/run/netns/second")).toThrow("no namespace");
});
