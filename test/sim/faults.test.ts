import { expect, test } from "vitest";
import { Sim, withFault } from "../../host/sim/index.ts";
import { Process } from "../../host/sim/process.ts";
import * as U from "../../host/sim/uapi.ts";

function start(): Process {
  const { kernel, files, host: netns } = new Sim();
  files.write("/text", "hello");
  return new Process({ kernel, files, netns, path: "/p", env: {}, stdin: new Uint8Array(0) });
}

test("one call fails, the others are made", () => {
  const { system, fired } = withFault(start(), { call: "open", nth: 2, errno: U.EACCES });
  const results = [1, 2, 3].map(() => system.open("/text", 0, 0));
  expect(results).toEqual([3, -U.EACCES, 4]);
  expect(fired()).toBe(true);
});

test("nothing has fired where the call was not made so often", () => {
  const { system, fired } = withFault(start(), { call: "open", nth: 2, errno: U.EACCES });
  system.open("/text", 0, 0);
  system.read(0, new Uint8Array(1));
  expect(fired()).toBe(false);
});

test("a fault that lasts ends only with the patience", () => {
  const fault = { call: "read", nth: 1, errno: U.EAGAIN, forever: true } as const;
  const { system } = withFault(start(), fault);
  const attempt = () => system.read(0, new Uint8Array(1));
  for (let count = 0; count < 1000; count++) expect(attempt()).toBe(-U.EAGAIN);
  expect(() => {
    for (let count = 0; count < 20_000; count++) attempt();
  }).toThrow("in vain");
});

test("a descriptor is closed also by a close that fails", () => {
  const process = start();
  const { system } = withFault(process, { call: "close", nth: 1, errno: U.EINVAL });
  const fd = system.open("/text", 0, 0);
  expect(system.close(fd)).toBe(-U.EINVAL);
  expect(process.held).toBe(0);
});

test("a program that cannot be started has no output", () => {
  const { system } = withFault(start(), { call: "spawn", nth: 1, errno: U.EACCES });
  const { status, output, log } = system.spawn("/text", "ADD", new Uint8Array(0), 10, 10);
  expect([status, output.length, log.length]).toEqual([-U.EACCES, 0, 0]);
});
