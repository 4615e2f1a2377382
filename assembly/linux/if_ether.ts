// linux/if_ether.h
export const ETH_P_IP: i32 = 0x0800;
export const ETH_P_ARP: i32 = 0x0806;
export const ETH_P_IPV6: i32 = 0x86dd;
