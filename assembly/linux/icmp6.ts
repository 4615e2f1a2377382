// netinet/icmp6.h
export const IPPROTO_ICMPV6: i32 = 58;
export const ND_NEIGHBOR_SOLICIT: i32 = 135;
export const ND_NEIGHBOR_ADVERT: i32 = 136;
export const ND_OPT_TARGET_LINKADDR: i32 = 2;
