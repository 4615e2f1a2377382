// linux/rtnetlink.h
export const RTM_NEWLINK: i32 = 16;
export const RTM_DELLINK: i32 = 17;
export const RTM_GETLINK: i32 = 18;
export const RTM_SETLINK: i32 = 19;
export const RTM_NEWADDR: i32 = 20;
export const RTM_DELADDR: i32 = 21;
export const RTM_GETADDR: i32 = 22;
export const RTM_NEWROUTE: i32 = 24;
export const RTM_DELROUTE: i32 = 25;
export const RTM_GETROUTE: i32 = 26;
export const RTM_NEWNEIGH: i32 = 28;
export const RTM_DELNEIGH: i32 = 29;
export const RTM_GETNEIGH: i32 = 30;
export const RTM_NEWRULE: i32 = 32;
export const RTM_DELRULE: i32 = 33;
export const RTM_GETRULE: i32 = 34;

export const RTN_UNICAST: i32 = 1;
export const RTN_LOCAL: i32 = 2;
export const RTPROT_BOOT: i32 = 3;
export const RT_SCOPE_UNIVERSE: i32 = 0;
export const RT_SCOPE_LINK: i32 = 253;
export const RT_TABLE_DEFAULT: i32 = 253;
export const RT_TABLE_MAIN: i32 = 254;
export const RT_TABLE_LOCAL: i32 = 255;

export const RTA_DST: i32 = 1;
export const RTA_OIF: i32 = 4;
export const RTA_GATEWAY: i32 = 5;
export const RTA_PRIORITY: i32 = 6;
export const RTA_PREFSRC: i32 = 7;
export const RTA_METRICS: i32 = 8;
export const RTA_MULTIPATH: i32 = 9;
export const RTA_TABLE: i32 = 15;

export const RTAX_MTU: i32 = 2;
export const RTAX_ADVMSS: i32 = 8;

export const RTEXT_FILTER_SKIP_STATS: u32 = 8;

export const RTNLGRP_LINK: i32 = 1;
export const RTNLGRP_IPV6_IFADDR: i32 = 9;
