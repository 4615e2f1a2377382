import { expect, test } from "vitest";
import type { System } from "../../host/imports.ts";
import { runPlugin } from "../../host/run.ts";

/** A module that exports a memory and `run(): i32` with these instructions. */
function core(...instructions: number[]): WebAssembly.Module {
  const body = [0, ...instructions, 0x0b];
  const name = (text: string) => [text.length, ...new TextEncoder().encode(text)];
  return new WebAssembly.Module(
    Uint8Array.of(
      ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      ...[1, 5, 1, 0x60, 0, 1, 0x7f], // one type: () -> i32
      ...[3, 2, 1, 0], // one function of it
      ...[5, 3, 1, 0, 1], // one page of memory
      ...[7, 16, 2, ...name("memory"), 2, 0, ...name("run"), 0, 0],
      ...[10, body.length + 2, 1, body.length, ...body],
    ),
  );
}

/** A system that keeps what is written, at most `atOnce` bytes in a call. */
function writer(atOnce = 1 << 20) {
  const streams = ["", "", ""];
  const system = {
    write(fd: number, bytes: Uint8Array) {
      const taken = bytes.subarray(0, atOnce);
      streams[fd] += Buffer.from(taken).toString();
      return taken.length;
    },
  } as unknown as System;
  return { system, streams };
}

test("the exit status is what run returns", () => {
  expect(runPlugin(core(0x41, 3), writer().system)).toBe(3);
});

test.each([
  ["a trap", [0x00], /unreachable/],
  ["recursion without an end", [0x10, 0], /call stack/],
])("%s becomes one CNI error on standard output, and is told on standard error", (_, code, why) => {
  const { system, streams } = writer(7);
  expect(runPlugin(core(...code), system)).toBe(1);
  const [, output = "", log] = streams;
  expect(output.endsWith("}\n")).toBe(true);
  expect(JSON.parse(output)).toEqual({
    cniVersion: "1.1.0",
    code: 108,
    msg: expect.stringMatching(why),
  });
  expect(log).toMatch(why);
});

test("an error that nobody takes does not keep the plugin from ending", () => {
  const system = { write: () => -32 } as unknown as System;
  expect(runPlugin(core(0x00), system)).toBe(1);
});
