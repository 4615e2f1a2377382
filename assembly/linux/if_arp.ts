// linux/if_arp.h
export const ARPHRD_ETHER: i32 = 1;
export const ARPHRD_INFINIBAND: i32 = 32;
