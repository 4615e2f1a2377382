// fcntl.h
export const O_RDONLY: i32 = 0;
export const O_WRONLY: i32 = 1;
export const O_CREAT: i32 = 0o100;
export const O_EXCL: i32 = 0o200;
export const O_TRUNC: i32 = 0o1000;
export const O_NONBLOCK: i32 = 0o4000;
export const O_CLOEXEC: i32 = 0o2000000;
export const AT_FDCWD: i32 = -100;
export const AT_EMPTY_PATH: i32 = 0x1000;
