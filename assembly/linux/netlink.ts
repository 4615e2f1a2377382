// linux/netlink.h
export const NETLINK_ROUTE: i32 = 0;
export const NETLINK_ADD_MEMBERSHIP: i32 = 1;
export const NETLINK_CAP_ACK: i32 = 10;
export const NETLINK_EXT_ACK: i32 = 11;
export const NETLINK_GET_STRICT_CHK: i32 = 12;

export const NLM_F_REQUEST: i32 = 0x01;
export const NLM_F_ACK: i32 = 0x04;
export const NLM_F_DUMP_INTR: i32 = 0x10;
export const NLM_F_DUMP: i32 = 0x300;
export const NLM_F_REPLACE: i32 = 0x100;
export const NLM_F_EXCL: i32 = 0x200;
export const NLM_F_CREATE: i32 = 0x400;
export const NLM_F_CAPPED: i32 = 0x100;
export const NLM_F_ACK_TLVS: i32 = 0x200;

export const NLMSG_ERROR: i32 = 0x2;
export const NLMSG_DONE: i32 = 0x3;

export const NLA_F_NESTED: i32 = 0x8000;
export const NLA_TYPE_MASK: i32 = ~0xc000;

export const NLMSGERR_ATTR_MSG: i32 = 1;
