// linux/if_link.h
export const IFLA_ADDRESS: i32 = 1;
export const IFLA_IFNAME: i32 = 3;
export const IFLA_MTU: i32 = 4;
export const IFLA_LINK: i32 = 5;
export const IFLA_MASTER: i32 = 10;
export const IFLA_TXQLEN: i32 = 13;
export const IFLA_LINKINFO: i32 = 18;
export const IFLA_IFALIAS: i32 = 20;
export const IFLA_GROUP: i32 = 27;
export const IFLA_NET_NS_FD: i32 = 28;
export const IFLA_EXT_MASK: i32 = 29;
export const IFLA_LINK_NETNSID: i32 = 37;
export const IFLA_PROP_LIST: i32 = 52;
export const IFLA_ALT_IFNAME: i32 = 53;
export const IFLA_PERM_ADDRESS: i32 = 54;

export const IFLA_INFO_KIND: i32 = 1;
export const IFLA_INFO_DATA: i32 = 2;
export const IFLA_INFO_SLAVE_KIND: i32 = 4;

export const IFLA_BOND_MODE: i32 = 1;

export const IFLA_MACVLAN_MODE: i32 = 1;
export const IFLA_MACVLAN_FLAGS: i32 = 2;
export const IFLA_MACVLAN_MACADDR_MODE: i32 = 3;
export const IFLA_MACVLAN_MACADDR: i32 = 4;
export const IFLA_MACVLAN_MACADDR_DATA: i32 = 5;
export const IFLA_MACVLAN_BC_QUEUE_LEN: i32 = 7;
export const IFLA_MACVLAN_BC_QUEUE_LEN_USED: i32 = 8;
export const IFLA_MACVLAN_BC_CUTOFF: i32 = 9; // after IFLA_MACVLAN_MAX before Linux 6.4

export const MACVLAN_FLAG_NOPROMISC: i32 = 1;
export const MACVLAN_FLAG_NODST: i32 = 2;

export const MACVLAN_MACADDR_SET: u32 = 3;

export const MACVLAN_MODE_PRIVATE: u32 = 1;
export const MACVLAN_MODE_VEPA: u32 = 2;
export const MACVLAN_MODE_BRIDGE: u32 = 4;
export const MACVLAN_MODE_PASSTHRU: u32 = 8;
export const MACVLAN_MODE_SOURCE: u32 = 16;
