// The data of a WebAssembly module as one segment.
//
// Binaryen cuts the initial memory apart at every few zero bytes, which makes nearly two thousand
// segments of ours: a smaller file, but wasm2c copies each of them by code of its own, and that is
// a seventh of the native executable.

/** Sections of a module, by their ids (WebAssembly core specification 2.0, section 5.5.2). */
const DATA = 11;
const DATA_COUNT = 12;
const HEADER = 8; // magic number, version

/** An active segment of memory 0, an offset by i32.const, the end of that expression. */
const ACTIVE = 0x00;
const I32_CONST = 0x41;
const END = 0x0b;

/**
 * @param {Uint8Array} wasm a module whose segments are all active ones of memory 0
 * @returns {Uint8Array} the same module, with one segment that has zeros where none was before
 * @throws {Error} if a segment is of another kind
 */
export function joinSegments(wasm) {
  const parts = [wasm.subarray(0, HEADER)];
  for (let at = HEADER; at < wasm.length; ) {
    const size = readUnsigned(wasm, at + 1);
    const end = size.end + size.value;
    if (wasm[at] === DATA) parts.push(section(DATA, joinedData(wasm, size.end)));
    else if (wasm[at] === DATA_COUNT) parts.push(section(DATA_COUNT, [1]));
    else parts.push(wasm.subarray(at, end));
    at = end;
  }
  return new Uint8Array(Buffer.concat(parts));
}

/** What the data section holds, from where its content begins. */
function joinedData(wasm, start) {
  const segments = readSegments(wasm, start);
  const first = Math.min(...segments.map(({ offset }) => offset));
  const last = Math.max(...segments.map(({ offset, bytes }) => offset + bytes.length));
  const memory = new Uint8Array(last - first);
  for (const { offset, bytes } of segments) memory.set(bytes, offset - first);
  const head = [1, ACTIVE, I32_CONST, ...signed(first), END, ...unsigned(memory.length)];
  return Buffer.concat([Uint8Array.from(head), memory]);
}

function readSegments(wasm, start) {
  const count = readUnsigned(wasm, start);
  const segments = [];
  let at = count.end;
  for (let i = 0; i < count.value; i++) {
    if (wasm[at] !== ACTIVE || wasm[at + 1] !== I32_CONST)
      throw new Error(`data segment ${i} is not an active one at a constant offset`);
    // Offsets are signed, but none of ours is in the upper half of the memory.
    const offset = readUnsigned(wasm, at + 2);
    const length = readUnsigned(wasm, offset.end + 1);
    at = length.end + length.value;
    segments.push({ offset: offset.value, bytes: wasm.subarray(length.end, at) });
  }
  return segments;
}

function section(id, content) {
  return Buffer.concat([Uint8Array.from([id, ...unsigned(content.length)]), Buffer.from(content)]);
}

/** LEB128, section 5.2.2: seven bits in a byte, the lowest first. */
function readUnsigned(bytes, start) {
  let value = 0;
  let at = start;
  for (let shift = 0; ; shift += 7) {
    value |= (bytes[at] & 0x7f) << shift;
    if ((bytes[at++] & 0x80) === 0) return { value: value >>> 0, end: at };
  }
}

function unsigned(value) {
  const bytes = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return [...bytes, rest];
    bytes.push((rest & 0x7f) | 0x80);
  }
}

/** The same for a number that has a sign, but is not negative: bit 6 of the last byte is clear. */
function signed(value) {
  const bytes = unsigned(value);
  const last = bytes.pop();
  return last < 0x40 ? [...bytes, last] : [...bytes, last | 0x80, 0];
}
