// What `import ... from "cni-macvlan-wasm/testing"` gives: the simulated machine, and the core to
// run on it (docs/testing-your-network.md).
export * from "../sim/index.ts";
export { core } from "./core.ts";
