// sys/file.h
export const LOCK_EX: i32 = 2;
export const LOCK_NB: i32 = 4;
