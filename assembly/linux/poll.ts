// asm-generic/poll.h
export const POLLIN: i32 = 0x0001;
export const POLLOUT: i32 = 0x0004;
