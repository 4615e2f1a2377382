import { expect, test } from "vitest";
import { joinSegments } from "../../scripts/segments.mjs";

// Modules that are a memory of one page, exported as "m", and data.

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const MEMORY = [5, 3, 1, 0, 1];
const EXPORT = [7, 5, 1, 1, 0x6d, 2, 0];

/** An active segment at an offset below 8192, in two bytes of signed LEB128. */
function segment(offset: number, text: string): number[] {
  const bytes = [...new TextEncoder().encode(text)];
  return [0, 0x41, (offset & 0x7f) | 0x80, offset >>> 7, 0x0b, bytes.length, ...bytes];
}

function moduleOf(...segments: number[][]): Uint8Array<ArrayBuffer> {
  const data = [segments.length, ...segments.flat()];
  const count = [12, 1, segments.length];
  return Uint8Array.from([...HEADER, ...MEMORY, ...EXPORT, ...count, 11, data.length, ...data]);
}

function memoryOf(wasm: Uint8Array<ArrayBuffer>): Uint8Array {
  const instance = new WebAssembly.Instance(new WebAssembly.Module(wasm), {});
  return new Uint8Array((instance.exports.m as WebAssembly.Memory).buffer);
}

test.each([
  { title: "one after the other", segments: [segment(8, "abc"), segment(11, "def")] },
  { title: "with a gap", segments: [segment(64, "abc"), segment(4000, "def")] },
  { title: "not in order", segments: [segment(4000, "abc"), segment(1, "def")] },
  { title: "one over the other", segments: [segment(9, "abcdef"), segment(11, "XY")] },
  { title: "a single one", segments: [segment(63, "abc")] },
])("segments $title leave the same memory behind", ({ segments }) => {
  const joined = joinSegments(moduleOf(...segments));
  expect(memoryOf(joined)).toEqual(memoryOf(moduleOf(...segments)));
  // id and content of the section that counts segments
  expect(Buffer.from(joined).includes(Buffer.of(12, 1, 1))).toBe(true);
});

test("a segment that is not copied at the start is refused", () => {
  const passive = [1, 1, 0x61];
  expect(() => joinSegments(moduleOf(segment(8, "a"), passive))).toThrow("data segment 1");
});
