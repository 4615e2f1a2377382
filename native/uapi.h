// Numbers of linux/if.h, linux/netlink.h, linux/rtnetlink.h, linux/if_link.h; musl has few of them.
#ifndef UAPI_H
#define UAPI_H

enum {
  NETLINK_ROUTE = 0,
  NETLINK_ADD_MEMBERSHIP = 1,
  NETLINK_CAP_ACK = 10,
  NETLINK_EXT_ACK = 11,
  NETLINK_GET_STRICT_CHK = 12,

  NLM_F_EXCL = 0x200,
  NLM_F_CREATE = 0x400,
  NLA_TYPE_MASK = ~0xc000,

  IFF_UP = 1,

  RTM_NEWLINK = 16,
  RTM_DELLINK = 17,
  RTM_GETLINK = 18,
  RTM_SETLINK = 19,
  RTM_NEWADDR = 20,
  RTM_GETADDR = 22,
  RTM_NEWROUTE = 24,
  RTM_GETROUTE = 26,

  IFLA_ADDRESS = 1,
  IFLA_IFNAME = 3,
  IFLA_MTU = 4,
  IFLA_LINK = 5,
  IFLA_TXQLEN = 13,
  IFLA_LINKINFO = 18,
  IFLA_IFALIAS = 20,
  IFLA_GROUP = 27,
  IFLA_NET_NS_FD = 28,
  IFLA_EXT_MASK = 29,
  IFLA_ALT_IFNAME = 53,
  IFLA_INFO_KIND = 1,
};

#endif
