// linux/sched.h
export const CLONE_NEWNET: i32 = 0x40000000;
