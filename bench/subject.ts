import type { Process } from "./launch.ts";
import type { Plugin } from "./plugin.ts";

/** Processes that are started at once, nearly always one. */
export interface Step {
  /** What the table calls it; none where it only prepares the next one. */
  readonly label: string;
  readonly processes: readonly Process[];
  /** Whether each gets the result of its ADD, as `prevResult`. */
  readonly takesResult?: boolean;
  /** Throws if the step did not do what it should have done; asked once. */
  readonly prove?: () => void;
}

/** Steps that belong together, because each finds what the one before it left: ADD, then DEL. */
export interface Subject {
  readonly plugin: Plugin["name"] | "bare";
  readonly steps: readonly Step[];
  /** At most so many rounds, where one takes seconds. */
  readonly rounds?: number;
}
