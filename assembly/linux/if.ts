// linux/if.h
export const IFNAMSIZ: i32 = 16;
export const IFALIASZ: i32 = 256;
export const IFF_UP: u32 = 1 << 0;
export const IFF_LOOPBACK: u32 = 1 << 3;
export const IFF_PROMISC: u32 = 1 << 8;
export const IFF_ALLMULTI: u32 = 1 << 9;
export const IFF_LOWER_UP: u32 = 1 << 16;
