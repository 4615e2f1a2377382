#include "netlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>

enum { QUEUE = 64, DATAGRAM = 4096 };

static struct {
  uint8_t bytes[DATAGRAM];
  size_t length;
} queue[QUEUE];
static size_t first, count;

void netlink_reset(void) {
  first = count = 0;
}

static void put(const void *bytes, size_t length) {
  if (count == QUEUE) return;
  size_t at = (first + count++) % QUEUE;
  queue[at].length = length < DATAGRAM ? length : DATAGRAM;
  memcpy(queue[at].bytes, bytes, queue[at].length);
}

int netlink_receive(uint8_t *buffer, size_t room) {
  if (count == 0) return -EAGAIN;
  size_t length = queue[first].length;
  memcpy(buffer, queue[first].bytes, length < room ? length : room);
  first = (first + 1) % QUEUE;
  count--;
  return (int)length;
}

static void acknowledge(const struct nlmsghdr *request, int error) {
  struct {
    struct nlmsghdr header;
    struct nlmsgerr body;
  } answer = {
      .header = {sizeof answer, NLMSG_ERROR, NLM_F_CAPPED, request->nlmsg_seq, 1},
      .body = {-error, *request},
  };
  put(&answer, sizeof answer);
}

static void finish(const struct nlmsghdr *request) {
  struct {
    struct nlmsghdr header;
    int error;
  } done = {{sizeof done, NLMSG_DONE, NLM_F_MULTI, request->nlmsg_seq, 1}, 0};
  put(&done, sizeof done);
}

static size_t attribute(uint8_t *at, int type, const void *value, size_t length) {
  struct rtattr header = {(unsigned short)(RTA_LENGTH(length)), (unsigned short)type};
  memcpy(at, &header, sizeof header);
  memcpy(at + RTA_LENGTH(0), value, length);
  return RTA_SPACE(length);
}

// An Ethernet link that is up and has the name that was asked for; it passes for a macvlan as well.
static void describe(const struct nlmsghdr *request, const char *name) {
  static const uint8_t mac[] = {2, 0, 0, 0, 0, 1};
  static const uint8_t info[] = {12, 0, 1, 0,  'm', 'a', 'c', 'v', 'l', 'a', 'n', 0,
                                 12, 0, 2, 128, 8,  0,   1,   0,   4,   0,   0,   0};
  uint8_t bytes[512] = {0};
  uint32_t mtu = 1500, lower = 2;
  struct ifinfomsg link = {.ifi_type = 1, .ifi_index = 3, .ifi_flags = IFF_UP | 0x10000};
  size_t at = sizeof(struct nlmsghdr);
  memcpy(bytes + at, &link, sizeof link);
  at += sizeof link;
  at += attribute(bytes + at, IFLA_IFNAME, name, strlen(name) + 1);
  at += attribute(bytes + at, IFLA_MTU, &mtu, sizeof mtu);
  at += attribute(bytes + at, IFLA_ADDRESS, mac, sizeof mac);
  at += attribute(bytes + at, IFLA_LINK, &lower, sizeof lower);
  at += attribute(bytes + at, IFLA_LINKINFO, info, sizeof info);
  struct nlmsghdr header = {(uint32_t)at, RTM_NEWLINK, 0, request->nlmsg_seq, 1};
  memcpy(bytes, &header, sizeof header);
  put(bytes, at);
}

// Bytes of the story, with the request's number in them, or hardly anybody would listen.
static void retell(const struct nlmsghdr *request, span_t told) {
  uint8_t bytes[DATAGRAM];
  size_t length = told.length < DATAGRAM ? told.length : DATAGRAM;
  memcpy(bytes, told.bytes, length);
  for (size_t at = 0; at + sizeof(struct nlmsghdr) <= length;) {
    struct nlmsghdr header;
    memcpy(&header, bytes + at, sizeof header);
    header.nlmsg_seq = request->nlmsg_seq;
    memcpy(bytes + at, &header, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > length - at) break;
    at += NLMSG_ALIGN((size_t)header.nlmsg_len);
  }
  put(bytes, length);
}

static void answer(const struct nlmsghdr *request, span_t *story) {
  answer_t told = take_answer(story);
  int is_dump = (request->nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
  if (told.kind == FAILS) {
    acknowledge(request, take_u8(&told.span));
    return;
  }
  if (told.kind == RAW) retell(request, told.span);
  else if (request->nlmsg_type == RTM_GETLINK && !is_dump) describe(request, "eth0");
  if (is_dump) finish(request);
  else acknowledge(request, 0);
}

void netlink_send(const uint8_t *bytes, size_t length, span_t *story) {
  for (size_t at = 0; at + sizeof(struct nlmsghdr) <= length;) {
    struct nlmsghdr request;
    memcpy(&request, bytes + at, sizeof request);
    if (request.nlmsg_len < sizeof request || request.nlmsg_len > length - at) break;
    answer(&request, story);
    at += NLMSG_ALIGN((size_t)request.nlmsg_len);
  }
}
