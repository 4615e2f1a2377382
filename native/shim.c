// Messages about the host's own macvlans, the shims, which the key hostAccess asks for.
#define _GNU_SOURCE
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>

#include "attributes.h"
#include "policy.h"

// The index of a shim is that of its master and this; routes through it are of that protocol.
enum { INDEX_BASE = 1000000000, PROTOCOL = 193 };

// The attributes of a message that it may have, each once at most.
enum { ATTRIBUTES = 32 };
typedef struct {
  rest_t values[ATTRIBUTES]; // `at` is NULL for one that is not there
} attributes_t;

// Whether there are no others than those of `allowed`, a bit for each type.
static bool read_attributes(rest_t rest, uint32_t allowed, attributes_t *attributes) {
  memset(attributes, 0, sizeof *attributes);
  while (rest.length > 0) {
    size_t length = attribute_length(rest);
    if (length == 0) return false;
    int type = attribute_type(rest);
    if (type >= ATTRIBUTES || !(allowed >> type & 1) || attributes->values[type].at) return false;
    attributes->values[type] = (rest_t){rest.at + NLATTR, length - NLATTR};
    skip(&rest, length);
  }
  return true;
}

static bool is_shim(uint32_t index) {
  return index > INDEX_BASE && index < 2u * INDEX_BASE;
}

// A number of 32 bits; 0 for what is none.
static uint32_t number_of(rest_t value) {
  return value.length == sizeof(uint32_t) ? get_u32(value.at) : 0;
}

// A macvlan on the master that its index and its name say.
static bool is_new_link(uint32_t index, int flags, rest_t rest) {
  attributes_t attributes;
  uint32_t allowed = 1 << IFLA_ADDRESS | 1 << IFLA_IFNAME | 1 << IFLA_LINK | 1 << IFLA_LINKINFO;
  if ((flags & NEW) != NEW || !read_attributes(rest, allowed, &attributes)) return false;
  char name[IFNAMSIZ];
  int length = snprintf(name, sizeof name, "mvhost%u", index - INDEX_BASE);
  rest_t found = attributes.values[IFLA_IFNAME];
  rest_t info = attributes.values[IFLA_LINKINFO];
  return found.length == (size_t)length + 1 && memcmp(found.at, name, found.length) == 0 &&
         number_of(attributes.values[IFLA_LINK]) == index - INDEX_BASE && is_macvlan(info);
}

// It is made, set up with an alias, or removed.
static bool is_link(int type, int flags, const uint8_t *header, rest_t rest) {
  attributes_t attributes;
  uint32_t index = get_u32(header + 4);
  if (!is_shim(index)) return false;
  if (type == RTM_NEWLINK) return is_new_link(index, flags, rest);
  if (type == RTM_DELLINK) return rest.length == 0;
  return get_u32(header + 8) == IFF_UP && get_u32(header + 12) == IFF_UP &&
         read_attributes(rest, 1 << IFLA_IFALIAS, &attributes);
}

// A route to one address through a shim, in the main table, marked as ours.
static bool is_route(const uint8_t *header, rest_t rest) {
  attributes_t attributes;
  uint32_t allowed = 1 << RTA_DST | 1 << RTA_OIF | 1 << RTA_PRIORITY | 1 << RTA_PREFSRC;
  size_t length = header[0] == AF_INET ? 4 : header[0] == AF_INET6 ? 16 : 0;
  const uint8_t expected[12] = {header[0],     8 * length, 0,             0,
                                RT_TABLE_MAIN, PROTOCOL,   RT_SCOPE_LINK, RTN_UNICAST};
  return length > 0 && memcmp(header, expected, sizeof expected) == 0 &&
         read_attributes(rest, allowed, &attributes) &&
         attributes.values[RTA_DST].length == length &&
         is_shim(number_of(attributes.values[RTA_OIF]));
}

// A neighbour behind a shim; not one that the host answers for (NTF_PROXY).
static bool is_neighbour(const uint8_t *header, rest_t rest) {
  attributes_t attributes;
  return is_shim(get_u32(header + 4)) && header[10] == 0 &&
         read_attributes(rest, 1 << NDA_DST | 1 << NDA_LLADDR, &attributes);
}

// Which neighbours, of whatever family, there are behind a shim.
static bool is_question(rest_t rest) {
  attributes_t attributes;
  return read_attributes(rest, 1 << NDA_IFINDEX, &attributes) &&
         is_shim(number_of(attributes.values[NDA_IFINDEX]));
}

bool is_about_shim(const uint8_t *bytes, size_t length) {
  int type = get_u16(bytes + 4);
  bool is_link_type = type == RTM_NEWLINK || type == RTM_SETLINK || type == RTM_DELLINK;
  bool closes = type == RTM_DELLINK || type == RTM_DELROUTE || type == RTM_DELNEIGH;
  size_t size = NLMSGHDR + (is_link_type ? 16 : 12);
  if (length < size) return false;
  const uint8_t *header = bytes + NLMSGHDR;
  rest_t rest = {bytes + size, length - size};
  if (type == RTM_GETNEIGH) return is_question(rest);
  if (!(closes ? closes_host() : opens_host())) return false;
  switch (type) {
    case RTM_NEWLINK:
    case RTM_SETLINK:
    case RTM_DELLINK:
      return is_link(type, get_u16(bytes + 6), header, rest);
    case RTM_NEWROUTE:
    case RTM_DELROUTE:
      return is_route(header, rest);
    case RTM_NEWNEIGH:
    case RTM_DELNEIGH:
      return is_neighbour(header, rest);
    default:
      return false;
  }
}
