// linux/time.h
export const CLOCK_MONOTONIC: i32 = 1;
