import type { Lab } from "../../lab/lab.ts";
import type { Netns } from "../../lab/netns.ts";

/** The calls a runtime makes for one attachment, in their order. */
export const steps = ["ADD", "CHECK", "DEL", "DEL again"] as const;
export type Step = (typeof steps)[number];

/** Of the specification. 1.1.0 is compared with what the older reference does at 1.0.0. */
export const everyVersion = [
  "0.1.0",
  "0.2.0",
  "0.3.0",
  "0.3.1",
  "0.4.0",
  "1.0.0",
  "1.1.0",
] as const;

/** Where a case is played: the same names on both sides. */
export interface Place {
  /** The "host": masters `m0` (MTU 1500, default route), `m1` (MTU 1400), `m2` (down). */
  readonly lab: Lab;
  /** The namespace of the container. */
  readonly pod: Netns;
}

/** A configuration, and what is special about its calls. */
export interface PeerCase {
  readonly name: string;
  /** The plugin that is called: `macvlan` by default. */
  readonly plugin?: "macvlan" | "static";
  /** Keys beside `cniVersion`, `name` and `type`; or all of standard input for a version. */
  readonly config: object | ((version: string) => string);
  /** CNI_ARGS. */
  readonly args?: string;
  readonly ifname?: string;
  /** Further variables; undefined leaves one out. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Where it differs from the others of its kind: see `cases/all.ts`. */
  readonly versions?: readonly string[];
  /** Before ADD. */
  readonly prepare?: (place: Place) => void;
  /** Between ADD and CHECK: what CHECK shall find. */
  readonly tamper?: (place: Place) => void;
  /** The steps in which ours must fail, with the error code. All others must succeed. */
  readonly fails?: Readonly<Partial<Record<Step, number>>>;
  /** The MAC is not random, so it is compared. */
  readonly fixedMac?: true;
  /** With duplicate address detection, as in a container; elsewhere without: it takes seconds. */
  readonly dad?: true;
  /** What CHECK and DEL get instead of ADD's result; null: nothing. */
  readonly prevResult?: object | null;
}
