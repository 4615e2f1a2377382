/** The types of segments.mjs for the tests; it says what it does. */
export function joinSegments(wasm: Uint8Array): Uint8Array<ArrayBuffer>;
