import * as host from "./host";
import { CLOCK_MONOTONIC } from "../linux/time";

/** Milliseconds of CLOCK_MONOTONIC (clock_gettime(2)); only differences mean something. */
export function monotonicMs(): i64 {
  const timespec = changetype<usize>(new ArrayBuffer(16));
  host.clock_gettime(CLOCK_MONOTONIC, timespec);
  return load<i64>(timespec) * 1000 + load<i64>(timespec + 8) / 1_000_000;
}

/** Sleeps by a poll(2) of nothing; a signal may end it early. */
export function sleepMs(milliseconds: i32): void {
  host.poll(0, 0, milliseconds);
}
