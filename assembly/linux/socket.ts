// sys/socket.h
export const AF_UNSPEC: i32 = 0;
export const AF_INET: i32 = 2;
export const AF_INET6: i32 = 10;
export const AF_NETLINK: i32 = 16;
export const AF_PACKET: i32 = 17;
export const SOCK_RAW: i32 = 3;
export const SOCK_CLOEXEC: i32 = 0o2000000;
export const SOL_NETLINK: i32 = 270;
export const MSG_TRUNC: i32 = 0x20;
export const MSG_DONTWAIT: i32 = 0x40;
