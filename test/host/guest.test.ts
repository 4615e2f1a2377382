import { beforeEach, describe, expect, test } from "vitest";
import { EFAULT, EINVAL, ENAMETOOLONG, ENOENT } from "../../assembly/linux/errno.ts";
import { bindImports, type HostImports } from "../../host/guest.ts";
import type { SpawnResult, System } from "../../host/imports.ts";

const PAGE = 65536;
const HELLO = new TextEncoder().encode("hello");

let memory: { buffer: ArrayBuffer };
let calls: unknown[][];
let answers: Partial<Record<keyof System, unknown>>;
let host: HostImports;

beforeEach(() => {
  memory = { buffer: new ArrayBuffer(PAGE) };
  calls = [];
  answers = {};
  const system = new Proxy({} as System, {
    get:
      (_, name: keyof System) =>
      (...args: unknown[]) => {
        calls.push([name, ...args]);
        return name in answers ? answers[name] : 0;
      },
  });
  host = bindImports(system, () => memory);
});

const bytes = (pointer: number, length: number) => new Uint8Array(memory.buffer, pointer, length);
/** An argument that the system was called with. */
const argument = (index: number) => calls[0]?.[index + 1];
const view = (index: number) => argument(index) as Uint8Array;
const setU32 = (pointer: number, value: number) =>
  new DataView(memory.buffer).setUint32(pointer, value, true);
const getU32 = (pointer: number) => new DataView(memory.buffer).getUint32(pointer, true);

/** Puts a text into memory: its pointer and length. */
function put(pointer: number, text: string | Uint8Array): [number, number] {
  const encoded = typeof text === "string" ? new TextEncoder().encode(text) : text;
  bytes(pointer, encoded.length).set(encoded);
  return [pointer, encoded.length];
}

describe("a range", () => {
  test.each([
    ["all of memory", 0, PAGE],
    ["its last bytes", PAGE - 4, 4],
    ["nothing, at its end", PAGE, 0],
    ["nothing, at 0", 0, 0],
  ])("%s is handed on as a view of memory itself", (_, pointer, length) => {
    expect(host.write(1, pointer, length)).toBe(0);
    const { buffer, byteOffset, length: size } = view(1);
    expect([buffer, byteOffset, size]).toEqual([memory.buffer, pointer, length]);
  });

  test.each([
    ["one byte too long", PAGE - 4, 5, EFAULT],
    ["one byte beyond", PAGE, 1, EFAULT],
    ["nothing, beyond the end", PAGE + 1, 0, EFAULT],
    ["a pointer in the upper half, as the signed number wasm gives", -16, 4, EFAULT],
    ["an end that would wrap around 2^32 into memory", -16, 32, EFAULT],
    ["the longest length", 16, 0x7fffffff, EFAULT],
    ["a negative length", 16, -1, EINVAL],
    ["the most negative length", 0, -0x80000000, EINVAL],
  ])("%s is refused before the system is asked", (_, pointer, length, errno) => {
    expect(host.read(0, pointer, length)).toBe(-errno);
    expect(calls).toEqual([]);
  });

  test("is looked up anew at each call, since memory grows", () => {
    expect(host.read(0, PAGE, 8)).toBe(-EFAULT);
    memory = { buffer: new ArrayBuffer(2 * PAGE) };
    expect(host.read(0, PAGE, 8)).toBe(0);
    expect(view(1).buffer).toBe(memory.buffer);
  });
});

describe("a path", () => {
  test("is decoded from UTF-8, a byte order mark included", () => {
    host.open(...put(100, "\ufeff/tmp/ä€😀"), 1, 2);
    expect(calls).toEqual([["open", "\ufeff/tmp/ä€😀", 1, 2]]);
  });

  test("may have 4095 bytes", () => {
    host.open(...put(0, "x".repeat(4095)), 0, 0);
    expect(calls).toHaveLength(1);
    expect(host.open(...put(0, "x".repeat(4096)), 0, 0)).toBe(-ENAMETOOLONG);
    expect(calls).toHaveLength(1);
  });

  test.each([
    ["a NUL byte", Uint8Array.of(0x2f, 0, 0x2f)],
    ["a NUL byte at its end", Uint8Array.of(0x2f, 0)],
    ["a byte that starts nothing", Uint8Array.of(0x2f, 0xff)],
    ["a sequence cut short", Uint8Array.of(0x2f, 0xe2, 0x82)],
    ["a surrogate", Uint8Array.of(0xed, 0xa0, 0x80)],
  ])("with %s is EINVAL", (_, path) => {
    expect(host.open(...put(0, path), 0, 0)).toBe(-EINVAL);
    expect(calls).toEqual([]);
  });

  test("outside memory is EFAULT even if it is too long", () => {
    expect(host.open(PAGE - 10, 5000, 0, 0)).toBe(-EFAULT);
  });
});

test("statx takes its mask unsigned", () => {
  host.statx(-100, ...put(0, "/"), 0, -1, 512, 256);
  expect([0, 1, 2, 3].map(argument)).toEqual([-100, "/", 0, 0xffffffff]);
});

describe("poll", () => {
  test("hands on the structs of all descriptors", () => {
    host.poll(8, 3, -1);
    expect([view(0).byteOffset, view(0).length, argument(1)]).toEqual([8, 24, -1]);
  });

  test("refuses a negative count, and one whose size goes beyond memory", () => {
    expect(host.poll(0, -1, 0)).toBe(-EINVAL);
    expect(host.poll(0, 0x20000001, 0)).toBe(-EFAULT);
    expect(calls).toEqual([]);
  });
});

describe("getenv", () => {
  const getenv = (capacity: number) => host.getenv(...put(0, "NAME"), 200, capacity);

  test("gives the value if it fits, and its length", () => {
    answers.getenv = HELLO;
    expect(getenv(5)).toBe(5);
    expect(bytes(200, 6)).toEqual(Uint8Array.of(...HELLO, 0));
  });

  test("gives only the length if it does not", () => {
    answers.getenv = HELLO;
    expect(getenv(4)).toBe(5);
    expect(bytes(200, 5)).toEqual(new Uint8Array(5));
  });

  test("tells unset from empty", () => {
    answers.getenv = undefined;
    expect(getenv(5)).toBe(-ENOENT);
    answers.getenv = new Uint8Array(0);
    expect(getenv(5)).toBe(0);
  });
});

describe("recvfrom", () => {
  test("reads the capacity from memory and lets the system write the length", () => {
    setU32(40, 12);
    host.recvfrom(3, 100, 50, 0, 20, 40);
    expect([argument(0), view(1).byteOffset, view(1).length, argument(2)]).toEqual([3, 100, 50, 0]);
    expect([view(3).byteOffset, view(3).length]).toEqual([20, 12]);
    expect([view(4).byteOffset, view(4).length]).toEqual([40, 4]);
  });

  test.each([
    ["a capacity beyond memory", 100, 20, 40, PAGE],
    ["a capacity that is negative as an i32", 100, 20, 40, 0xffffffff],
    ["an address beyond memory", 100, PAGE - 4, 40, 12],
    ["a length pointer beyond memory", 100, 20, PAGE - 3, 0],
    ["a buffer beyond memory", PAGE - 1, 20, 40, 12],
  ])("refuses %s", (_, buffer, address, addressLength, capacity) => {
    setU32(40, capacity);
    expect(host.recvfrom(3, buffer, 50, 0, address, addressLength)).toBe(-EFAULT);
    expect(calls).toEqual([]);
  });
});

describe("spawn", () => {
  const PATH = 0;
  const COMMAND = 2;
  const INPUT = 4;
  const OUTPUT = 6;
  const OUTPUT_LENGTH = 7;
  const LOG = 8;
  const LOG_LENGTH = 9;

  function args(): Parameters<HostImports["spawn"]> {
    setU32(500, 100);
    setU32(504, 10);
    return [
      ...put(0, "/bin/x"),
      ...put(20, "ADD"),
      ...put(30, HELLO),
      ...([1000, 500, 2000, 504] as const),
    ];
  }

  test("hands on its arguments and gives back both streams with their lengths", () => {
    const result: SpawnResult = { status: 256, output: HELLO, log: Uint8Array.of(1, 2) };
    answers.spawn = result;
    expect(host.spawn(...args())).toBe(256);
    expect(calls).toEqual([["spawn", "/bin/x", "ADD", HELLO, 100, 10]]);
    expect([getU32(500), getU32(504)]).toEqual([5, 2]);
    expect(bytes(1000, 5)).toEqual(HELLO);
    expect(bytes(2000, 2)).toEqual(Uint8Array.of(1, 2));
  });

  test.each([
    ["path", PATH],
    ["command", COMMAND],
    ["input", INPUT],
    ["output", OUTPUT],
    ["output length", OUTPUT_LENGTH],
    ["log", LOG],
    ["log length", LOG_LENGTH],
  ])("refuses a bad pointer to its %s before anything is run", (_, index) => {
    const bad = args();
    bad[index] = PAGE - 1;
    expect(host.spawn(...bad)).toBe(-EFAULT);
    expect(calls).toEqual([]);
  });

  test("refuses a command with a NUL byte", () => {
    const bad = args();
    bytes(20, 3)[1] = 0;
    expect(host.spawn(...bad)).toBe(-EINVAL);
    expect(calls).toEqual([]);
  });
});

test("an error of the system that is no errno is not swallowed", () => {
  const system = {
    close: () => {
      throw new TypeError("a mistake in the host");
    },
  } as unknown as System;
  expect(() => bindImports(system, () => memory).close(3)).toThrow("a mistake in the host");
});
