// What the kernel might read in another way than it is read here, a length that does not fit, is
// refused.
#include <net/if.h>

#include "attributes.h"
#include "policy.h"

enum { IFINFOMSG = 16 };

// What is known of a link's attributes, all of which are good ones.
typedef struct {
  bool has_namespace;
  bool has_kind;
} link_t;

// Attributes of links; of all those that name a namespace only the one by descriptor.
static bool is_link_attribute(int type) {
  switch (type) {
    case IFLA_ADDRESS:
    case IFLA_IFNAME:
    case IFLA_ALT_IFNAME:
    case IFLA_MTU:
    case IFLA_LINK:
    case IFLA_TXQLEN:
    case IFLA_LINKINFO:
    case IFLA_IFALIAS:
    case IFLA_GROUP:
    case IFLA_NET_NS_FD:
    case IFLA_EXT_MASK:
      return true;
    default:
      return false;
  }
}

bool is_macvlan(rest_t rest) {
  static const char KIND[] = "macvlan"; // with its NUL byte
  bool has_kind = false;
  while (rest.length > 0) {
    size_t length = attribute_length(rest);
    if (length == 0) return false;
    if (attribute_type(rest) == IFLA_INFO_KIND) {
      if (length != NLATTR + sizeof KIND) return false;
      if (memcmp(rest.at + NLATTR, KIND, sizeof KIND) != 0) return false;
      has_kind = true;
    }
    skip(&rest, length);
  }
  return has_kind;
}

// Whether all attributes are good: of one that is there twice the kernel takes the last.
static bool read_link(rest_t rest, link_t *link) {
  while (rest.length > 0) {
    size_t length = attribute_length(rest);
    if (length == 0) return false;
    int type = attribute_type(rest);
    const uint8_t *value = rest.at + NLATTR;
    if (!is_link_attribute(type)) return false;
    if (type == IFLA_LINKINFO) {
      if (!is_macvlan((rest_t){value, length - NLATTR})) return false;
      link->has_kind = true;
    }
    if (type == IFLA_NET_NS_FD) {
      bool is_number = length == NLATTR + sizeof(uint32_t);
      if (!is_number || held_as((int)get_u32(value)) != CONTAINER) return false;
      link->has_namespace = true;
    }
    skip(&rest, length);
  }
  return true;
}

// Whether a message about links is allowed; its header is at `bytes`.
static bool may_tell_of_link(const uint8_t *bytes, size_t length, bool is_host) {
  link_t link = {false, false};
  if (length < NLMSGHDR + IFINFOMSG) return false;
  size_t before = NLMSGHDR + IFINFOMSG;
  if (!read_link((rest_t){bytes + before, length - before}, &link)) return false;
  if (!is_host || get_u16(bytes + 4) != RTM_NEWLINK) return true;
  return (get_u16(bytes + 6) & NEW) == NEW && link.has_kind && link.has_namespace;
}

// Whether a message about a link sets it up, and does nothing else: struct ifinfomsg alone.
static bool is_raise(const uint8_t *bytes, size_t length) {
  const uint8_t *body = bytes + NLMSGHDR;
  return length == NLMSGHDR + IFINFOMSG && get_u32(body) == 0 && get_u32(body + 8) == IFF_UP &&
         get_u32(body + 12) == IFF_UP;
}

// Where it is told: in the host's namespace, with or without leave to set a link up, or in the
// container's.
typedef enum { HOST, HOST_WITH_UP, POD } place_t;

static bool may_tell(const uint8_t *bytes, size_t length, place_t place) {
  bool is_host = place != POD;
  switch (get_u16(bytes + 4)) {
    case RTM_GETLINK:
    case RTM_NEWLINK:
      return may_tell_of_link(bytes, length, is_host);
    case RTM_SETLINK:
      if (place == HOST_WITH_UP) return is_raise(bytes, length);
      return !is_host && may_tell_of_link(bytes, length, is_host);
    case RTM_DELLINK:
      return !is_host && may_tell_of_link(bytes, length, is_host);
    case RTM_GETADDR:
    case RTM_GETROUTE:
      return true;
    case RTM_NEWADDR:
    case RTM_DELADDR:
    case RTM_NEWROUTE:
    case RTM_NEWRULE:
    case RTM_DELRULE:
    case RTM_GETRULE:
    case RTM_NEWNEIGH:
    case RTM_GETNEIGH:
      return !is_host;
    default:
      return false;
  }
}

static bool may_tell_all(rest_t rest, place_t place) {
  while (rest.length > 0) {
    size_t length = rest.length >= NLMSGHDR ? get_u32(rest.at) : 0;
    if (length < NLMSGHDR || length > rest.length) return false;
    bool is_shims = place != POD && is_about_shim(rest.at, length);
    if (!is_shims && !may_tell(rest.at, length, place)) return false;
    skip(&rest, length);
  }
  return true;
}

bool may_tell_host(const uint8_t *bytes, size_t length, bool may_raise) {
  return may_tell_all((rest_t){bytes, length}, may_raise ? HOST_WITH_UP : HOST);
}

bool may_tell_container(const uint8_t *bytes, size_t length) {
  return may_tell_all((rest_t){bytes, length}, POD);
}
