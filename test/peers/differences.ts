import type { Step } from "../play/case.ts";
import type { Scalar } from "../play/observe.ts";

type Value = Scalar | undefined;

/** One way in which we differ from the reference on purpose. */
export interface Difference {
  /** Of the fact, as `observe` and `play` name it. */
  readonly path: RegExp;
  /** Names of cases; all without it. */
  readonly cases?: RegExp;
  readonly steps?: readonly Step[];
  readonly versions?: readonly string[];
  /** What the two sides may say; anything else is no intended difference. */
  readonly accepts: (reference: Value, ours: Value) => boolean;
  readonly reason: string;
}

/** One value there, one here. */
const exactly =
  (reference: Value, ours: Value) =>
  (...[theirs, own]: readonly [Value, Value]) =>
    theirs === reference && own === ours;

/** One side succeeds and the other fails: exit status, output, calls. */
const succeedsOnly =
  (side: "reference" | "ours") =>
  (...values: readonly [Value, Value]) => {
    const [good, bad] = side === "ours" ? [values[1], values[0]] : values;
    // 0 against 1; the output and the state of success against none; no code against a code.
    return good === 0 ? bad === 1 || bad === undefined : good === undefined || bad === undefined;
  };

/** Every intended difference. One that no case needs any more fails the tests. */
export const differences: readonly Difference[] = [
  // What is printed.
  {
    path: /^stdout\.cniVersion$/,
    versions: ["1.1.0"],
    accepts: exactly("1.0.0", "1.1.0"),
    reason:
      "the reference of this age ends at 1.0.0; what it says there is compared with our 1.1.0",
  },
  {
    path: /^stdout\.dns$/,
    versions: ["1.0.0", "1.1.0"],
    accepts: exactly("{}", undefined),
    reason: "since 1.0.0 an empty dns is left out; the reference did so only later",
  },
  {
    path: /^stdout\.interfaces\[0\]\.mtu$/,
    versions: ["1.1.0"],
    accepts: (reference, ours) => reference === undefined && typeof ours === "number",
    reason: "1.1.0 has an mtu for interfaces",
  },
  {
    path: /^stdout\.cniVersion$/,
    accepts: (reference, ours) => reference === undefined && typeof ours === "string",
    reason: "the specification lists cniVersion among the keys of an error; the reference has none",
  },
  {
    path: /^stdout\.code$/,
    accepts: (reference, ours) => reference === 999 && typeof ours === "number" && ours !== 999,
    reason: "a specific code, which each case names, where the reference says 999 for nearly all",
  },
  {
    path: /^stdout\.code$/,
    cases: /^ipam (fails|killed)/,
    accepts: exactly(0, 105),
    reason: "an IPAM plugin that dies without a word leaves code 0 in the reference",
  },
  {
    path: /^stdout\.dns(\.|$)/,
    cases: /^ipam dns$/,
    accepts: (reference, ours) => reference === undefined || (reference === "{}" && !ours),
    reason: "the DNS of the IPAM plugin is kept; the reference drops it",
  },
  {
    path: /^(exit|stdout.*)$/,
    cases: /^(layer 2 only|static, no addresses)/,
    steps: ["ADD"],
    versions: ["0.1.0", "0.2.0"],
    accepts: succeedsOnly("ours"),
    reason: "a result without addresses is one; the reference fails, and leaves the link",
  },
  {
    path: /^stdout\.(interfaces|ips)/,
    cases: /^prevResult of an earlier plugin$/,
    steps: ["ADD"],
    // The lists are shifted, which no single fact shows: test/live/chain.test.ts sees them whole.
    accepts: () => true,
    reason: "what came before in the chain is passed on, as the specification demands",
  },
  // What is done to the link.
  {
    path: /^pod\.link\.[\w.]+\.txqlen$/,
    accepts: exactly(undefined, 1000),
    reason: "the kernel's default; the reference of this age asks for a queue of length 0",
  },
  {
    path: /^pod\.file\.ipv6\/conf\/[\w.]+\/ndisc_notify$/,
    accepts: exactly("0", "1"),
    reason: "neighbours are told of a new IPv6 address at once; newer references do it too",
  },
  {
    path: /^pod\.file\.ipv6\/conf\/[\w.]+\/keep_addr_on_down$/,
    accepts: exactly("0", "1"),
    reason: "static IPv6 addresses survive a link that goes down; newer references do it too",
  },
  {
    path: /^pod\.link\.mv0\.linkinfo\.info_data\.(used)?bcqueuelen$/,
    cases: /^bcqueuelen$/,
    accepts: exactly(1000, 500),
    reason: "the reference of this age does not know the key",
  },
  {
    path: /^pod\.route4\.unicast 10\.8\.0\.0\/16 /,
    cases: /^two routes to one v4 destination$/,
    accepts: (reference, ours) => reference === undefined || ours === undefined,
    reason: "one multipath route; the reference adds two, of which the kernel uses the later",
  },
  {
    path: /^(exit|stdout.*|call)$/,
    cases: /^the same route twice$/,
    accepts: succeedsOnly("ours"),
    reason: "asking twice for one route is no contradiction",
  },
  {
    path: /^(pod\.link\.mv0|lab\.link\.m0\.promiscuity)$/,
    steps: ["ADD"],
    cases: /^(no address|address|gateway|route|the same|ipam|duplicate)/,
    accepts: (reference, ours) =>
      (reference === "there" && ours === undefined) || (reference === 1 && ours === 0),
    reason: "an ADD that failed leaves nothing; the reference leaves the link",
  },
  {
    path: /^(exit|stdout.*|pod\.link\.mv0|call)$/,
    cases: /^master down$/,
    accepts: succeedsOnly("reference"),
    reason: "a pod on a master that is down has no network: ADD says so instead of succeeding",
  },
  {
    path: /^(exit|stdout.*|pod\.link\.mv0|call)$/,
    cases: /^duplicate IPv6 address/,
    accepts: succeedsOnly("reference"),
    reason:
      "a duplicate address is an error; the reference of this age waits 10 s and says success",
  },
  {
    path: /^(exit|stdout.*|lab\.link\.(mv0|m0\.promiscuity)|call)$/,
    cases: /^netns of the plugin itself$/,
    accepts: (reference, ours) =>
      (reference === 1 && ours === 0) || succeedsOnly("reference")(reference, ours),
    reason: "nothing is made in the host's namespace; the reference of this age does not look",
  },
  // CHECK.
  {
    path: /^(exit|stdout\.code)$/,
    steps: ["CHECK"],
    cases: /^(v4 \/32|v4 with routes|two routes to one v6 destination)$/,
    accepts: succeedsOnly("ours"),
    reason: "no false alarms: what ADD made is there",
  },
  {
    path: /^(exit|stdout\.c.*)$/,
    steps: ["CHECK"],
    cases: /^(CHECK, mtu changed|static, CHECK of an address)/,
    accepts: succeedsOnly("reference"),
    reason: "CHECK looks at more: the MTU of the configuration, the addresses of static",
  },
  // DEL.
  {
    path: /^(exit|stdout\.code)$/,
    steps: ["DEL", "DEL again"],
    accepts: succeedsOnly("ours"),
    cases: /^(mtu|master|mode|mac|dns|runtimeConfig|CNI_ARGS|netns no namespace)/,
    reason: "DEL needs none of it; a configuration that ADD refused must not block it",
  },
  {
    path: /^pod\.link\.mv0$/,
    steps: ["DEL", "DEL again"],
    cases: /^ipam (refuses|fails|killed|type)/,
    accepts: exactly("there", undefined),
    reason: "a failing IPAM plugin does not keep DEL from removing the link",
  },
  {
    path: /^pod\.link\.mv0p?$/,
    steps: ["DEL", "DEL again"],
    cases: /(another kind of link|replaced by a veth)$/,
    accepts: exactly(undefined, "there"),
    reason: "DEL removes only what a macvlan plugin made; the reference any link of that name",
  },
];
