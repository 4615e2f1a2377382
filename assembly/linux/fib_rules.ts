// linux/fib_rules.h
export const FRA_SRC: i32 = 2;
export const FRA_PRIORITY: i32 = 6;
export const FRA_TABLE: i32 = 15;
export const FRA_PROTOCOL: i32 = 21;
export const FR_ACT_TO_TBL: i32 = 1;
