// linux/if_arp.h
export const ARPHRD_ETHER: i32 = 1;
export const ARPHRD_INFINIBAND: i32 = 32;
export const ARPOP_REQUEST: i32 = 1;
export const ARPOP_REPLY: i32 = 2;
