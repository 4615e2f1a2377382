// What goes out of a packet socket, and what it may be bound to (packet(7)).
#include "policy.h"

#include <net/if_arp.h>
#include <netinet/icmp6.h>
#include <netinet/if_ether.h>
#include <sys/socket.h>

enum {
  SOCKADDR_LL = 20,
  ARP_FRAME = 42,
  ADVERTISEMENT_FRAME = 86,
  // what is received of a frame at most: enough for ARP and for neighbour discovery
  HEARD_LENGTH = 256,
  MAC = 6,
  SOURCE = 6,
  TYPE = 12,
  PAYLOAD = 14,
  ARP_OPERATION = 21,
  ARP_SENDER_MAC = 22,
  ARP_SENDER_IP = 28,
  ARP_TARGET_MAC = 32,
  ARP_TARGET_IP = 38,
  SENDER = 22,
  DESTINATION = 38,
  ICMP = 54,
  FLAGS = 58,
  TARGET = 62,
  OPTION = 78,
};

static const uint8_t EVERYBODY[MAC] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
static const uint8_t NOBODY[MAC] = {0};
// What an ARP packet begins with: Ethernet, IPv4, and the lengths of both kinds of addresses.
static const uint8_t ARP_START[] = {0, ARPHRD_ETHER, ETH_P_IP >> 8, 0, 6, 4, 0};
static const uint8_t UNSPECIFIED[4] = {0};
// ff02::1 and its MAC address: all nodes.
static const uint8_t ALL_NODES[16] = {[0] = 0xff, [1] = 2, [15] = 1};
static const uint8_t ALL_NODES_MAC[MAC] = {0x33, 0x33, 0, 0, 0, 1};
// From the version to the hop limit, which says that nobody has routed it.
static const uint8_t IPV6_START[] = {0x60, 0, 0, 0, 0, 32, IPPROTO_ICMPV6, 255};
static const uint8_t ADVERTISEMENT[] = {ND_NEIGHBOR_ADVERT, 0};
static const uint8_t OVERRIDE[] = {0x20, 0, 0, 0};
static const uint8_t OPTION_START[] = {ND_OPT_TARGET_LINKADDR, 1};

#define HAS(frame, at, bytes) (memcmp((frame) + (at), (bytes), sizeof(bytes)) == 0)

static uint16_t get_be16(const uint8_t *at) {
  return (uint16_t)(at[0] << 8 | at[1]);
}

static bool is_same(const uint8_t *frame, int at, int other, size_t length) {
  return memcmp(frame + at, frame + other, length) == 0;
}

// To one interface, and for ARP, IPv6 or nothing; or to none, for nothing.
bool may_listen(const uint8_t *address, size_t length) {
  uint16_t family;
  int32_t index;
  if (length != SOCKADDR_LL) return false;
  memcpy(&family, address, sizeof family);
  memcpy(&index, address + 4, sizeof index);
  uint16_t protocol = get_be16(address + 2);
  bool is_heard = protocol == ETH_P_ARP || protocol == ETH_P_IPV6;
  return family == AF_PACKET && (protocol == 0 || (is_heard && index > 0));
}

bool may_hear(size_t length) {
  return length <= HEARD_LENGTH;
}

bool listens(const uint8_t *address) {
  return get_be16(address + 2) != 0;
}

// To everybody: a probe, which names no address as the sender's, or an announcement, which is a
// request to nobody or a reply to oneself.
static bool is_about_ipv4(const uint8_t *frame, size_t length) {
  if (length != ARP_FRAME) return false;
  bool is_request = frame[ARP_OPERATION] == ARPOP_REQUEST;
  bool is_probe = is_request && HAS(frame, ARP_SENDER_IP, UNSPECIFIED);
  return HAS(frame, 0, EVERYBODY) && HAS(frame, PAYLOAD, ARP_START) &&
         (is_request || frame[ARP_OPERATION] == ARPOP_REPLY) &&
         is_same(frame, SOURCE, ARP_SENDER_MAC, MAC) &&
         (is_probe || is_same(frame, ARP_SENDER_IP, ARP_TARGET_IP, sizeof UNSPECIFIED)) &&
         (is_request ? HAS(frame, ARP_TARGET_MAC, NOBODY)
                     : is_same(frame, SOURCE, ARP_TARGET_MAC, MAC));
}

// To all nodes: an unsolicited neighbour advertisement of the sender's own address.
static bool is_about_ipv6(const uint8_t *frame, size_t length) {
  return length == ADVERTISEMENT_FRAME && HAS(frame, 0, ALL_NODES_MAC) &&
         HAS(frame, PAYLOAD, IPV6_START) && HAS(frame, DESTINATION, ALL_NODES) &&
         HAS(frame, ICMP, ADVERTISEMENT) && HAS(frame, FLAGS, OVERRIDE) &&
         is_same(frame, SENDER, TARGET, sizeof ALL_NODES) && HAS(frame, OPTION, OPTION_START) &&
         is_same(frame, SOURCE, OPTION + 2, MAC);
}

bool is_frame_of_ours(const uint8_t *frame, size_t length) {
  // the sender is one interface, and no group of them
  if (length < PAYLOAD || (frame[SOURCE] & 1) != 0) return false;
  uint16_t type = get_be16(frame + TYPE);
  if (type == ETH_P_ARP) return is_about_ipv4(frame, length);
  return type == ETH_P_IPV6 && is_about_ipv6(frame, length);
}
