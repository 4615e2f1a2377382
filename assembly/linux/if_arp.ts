// linux/if_arp.h
export const ARPHRD_ETHER: i32 = 1;
