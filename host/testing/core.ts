import { readFileSync } from "node:fs";

/** The core of this package, compiled: this file lies in build/testing/ when it runs. */
export const core: WebAssembly.Module = new WebAssembly.Module(
  readFileSync(new URL("../macvlan.wasm", import.meta.url)),
);
