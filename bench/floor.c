// The kernel floor: a macvlan plugin of nothing but the system calls that cannot be left out. It
// takes no notice of its configuration, and its one network is written down here. What a plugin
// takes more than this program is the plugin's own.
//
//     floor MASTER DIRECTORY, with CNI_COMMAND, CNI_CONTAINERID, CNI_NETNS and CNI_IFNAME
//
// DIRECTORY has a lease as host-local makes it and, in place of an index, a symbolic link from the
// container's id to its address.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <unistd.h>

static const char network[] = "10.4.0.0", gateway[] = "10.4.0.1";
enum { PREFIX = 16 };

static void die(const char *what) {
  dprintf(2, "floor: %s: %s\n", what, strerror(errno));
  exit(1);
}

static int must(int result, const char *what) {
  if (result < 0) die(what);
  return result;
}

// Messages of rtnetlink(7), one after the other in a buffer.

static _Alignas(4) char request[1024], answer[16384];
static size_t length;
static struct nlmsghdr *message;

static void *append(const void *data, size_t size) {
  void *at = memcpy(request + length, data, size);
  message->nlmsg_len += NLMSG_ALIGN(size);
  length += NLMSG_ALIGN(size);
  return at;
}

static void begin(int type, int flags, const void *body, size_t size) {
  struct nlmsghdr header = {.nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags};
  message = (struct nlmsghdr *)(request + length);
  append(&header, sizeof header);
  append(body, size);
}

static struct rtattr *attr(int type, const void *data, size_t size) {
  struct rtattr header = {.rta_type = type, .rta_len = RTA_LENGTH(size)};
  struct rtattr *at = append(&header, sizeof header);
  if (size > 0) append(data, size);
  return at;
}

/** Ends an attribute that has others in it. */
static void end(struct rtattr *nest) {
  nest->rta_len = request + length - (char *)nest;
}

static int netlink(void) {
  return must(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), "socket");
}

static struct nlmsghdr *receive(int fd) {
  must(recv(fd, answer, sizeof answer, 0), "recv");
  struct nlmsghdr *head = (struct nlmsghdr *)answer;
  struct nlmsgerr *error = NLMSG_DATA(head);
  if (head->nlmsg_type != NLMSG_ERROR || error->error == 0) return head;
  errno = -error->error;
  die("rtnetlink");
  return NULL;
}

static void transmit(int fd) {
  must(send(fd, request, length, 0), "send");
  length = 0;
}

/** The index of the link of a name; its MAC address, where asked for. */
static int find_link(int fd, const char *name, unsigned char *mac) {
  struct ifinfomsg body = {0};
  begin(RTM_GETLINK, 0, &body, sizeof body);
  attr(IFLA_IFNAME, name, strlen(name) + 1);
  transmit(fd);
  struct nlmsghdr *head = receive(fd);
  struct ifinfomsg *link = NLMSG_DATA(head);
  int size = IFLA_PAYLOAD(head);
  for (struct rtattr *at = IFLA_RTA(link); RTA_OK(at, size); at = RTA_NEXT(at, size))
    if (at->rta_type == IFLA_ADDRESS && mac) memcpy(mac, RTA_DATA(at), 6);
  return link->ifi_index;
}

static void make_link(int fd, int master, int netns, const char *name) {
  struct ifinfomsg body = {0};
  unsigned mode = MACVLAN_MODE_BRIDGE;
  begin(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &body, sizeof body);
  attr(IFLA_LINK, &master, sizeof master);
  attr(IFLA_NET_NS_FD, &netns, sizeof netns);
  attr(IFLA_IFNAME, name, strlen(name) + 1);
  struct rtattr *info = attr(IFLA_LINKINFO, NULL, 0);
  attr(IFLA_INFO_KIND, "macvlan", 7);
  struct rtattr *data = attr(IFLA_INFO_DATA, NULL, 0);
  attr(IFLA_MACVLAN_MODE, &mode, sizeof mode);
  end(data);
  end(info);
  transmit(fd);
  receive(fd);
}

/** Address, up and default route. A failure is answered anyway, so one acknowledgement will do. */
static void configure(int fd, int index, struct in_addr address) {
  struct ifaddrmsg local = {.ifa_family = AF_INET, .ifa_prefixlen = PREFIX, .ifa_index = index};
  struct ifinfomsg up = {.ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};
  struct rtmsg route = {.rtm_family = AF_INET,
                        .rtm_table = RT_TABLE_MAIN,
                        .rtm_protocol = RTPROT_BOOT,
                        .rtm_type = RTN_UNICAST};
  in_addr_t via = inet_addr(gateway);
  begin(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &local, sizeof local);
  attr(IFA_LOCAL, &address, sizeof address);
  attr(IFA_ADDRESS, &address, sizeof address);
  begin(RTM_NEWLINK, 0, &up, sizeof up);
  begin(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL | NLM_F_ACK, &route, sizeof route);
  attr(RTA_GATEWAY, &via, sizeof via);
  attr(RTA_OIF, &index, sizeof index);
  transmit(fd);
  receive(fd);
}

/** Until we end. */
static void lock(void) {
  int fd = must(open("lock", O_RDWR | O_CREAT, 0600), "lock");
  must(flock(fd, LOCK_EX), "flock");
}

static struct in_addr lease(const char *id, const char *ifname) {
  char text[INET_ADDRSTRLEN + 1], content[256];
  struct in_addr address;
  lock();
  int last = must(open("last_reserved_ip.0", O_RDWR | O_CREAT, 0600), "last");
  int size = must(read(last, text, sizeof text - 1), "read");
  text[size] = 0;
  // The first two addresses are the network's and the gateway's.
  in_addr_t before = size > 0 ? ntohl(inet_addr(text)) : ntohl(inet_addr(network)) + 1;
  address.s_addr = htonl(before + 1);
  strcpy(text, inet_ntoa(address));
  int file = must(open(text, O_WRONLY | O_CREAT | O_EXCL, 0600), text);
  size = snprintf(content, sizeof content, "%s\r\n%s", id, ifname);
  must(write(file, content, size), "write");
  must(pwrite(last, text, strlen(text), 0), "write");
  must(ftruncate(last, strlen(text)), "ftruncate");
  must(symlink(text, id), "symlink");
  return address;
}

static void give_back(const char *id) {
  char text[INET_ADDRSTRLEN + 1];
  lock();
  int size = must(readlink(id, text, sizeof text - 1), id);
  text[size] = 0;
  must(unlink(text), text);
  must(unlink(id), id);
}

static void add(const char *id, const char *path, const char *name, const char *master) {
  unsigned char mac[6];
  int netns = must(open(path, O_RDONLY), path);
  int host = netlink();
  make_link(host, find_link(host, master, NULL), netns, name);
  must(setns(netns, CLONE_NEWNET), "setns");
  // Nothing is left to do in the host's namespace, so there is no way back.
  int pod = netlink();
  int index = find_link(pod, name, mac);
  struct in_addr address = lease(id, name);
  configure(pod, index, address);
  char result[512];
  int size = snprintf(
      result, sizeof result,
      "{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"%s\",\"mac\":"
      "\"%02x:%02x:%02x:%02x:%02x:%02x\",\"sandbox\":\"%s\"}],\"ips\":[{\"interface\":0,"
      "\"address\":\"%s/%d\",\"gateway\":\"%s\"}],\"routes\":[{\"dst\":\"0.0.0.0/0\"}]}",
      name, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], path, inet_ntoa(address), PREFIX,
      gateway);
  must(write(1, result, size), "write");
}

/** send(2) returns late, after the kernel has freed the memory; the link is gone long before. */
static void del(const char *id, const char *path, const char *name) {
  struct sockaddr_nl links = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
  must(setns(must(open(path, O_RDONLY), path), CLONE_NEWNET), "setns");
  int fd = netlink();
  must(bind(fd, (struct sockaddr *)&links, sizeof links), "bind");
  struct ifinfomsg body = {.ifi_index = find_link(fd, name, NULL)};
  if (must(fork(), "fork") == 0) {
    // Whoever started us waits until nobody has these any more.
    for (int i = 0; i < 3; i++) close(i);
    begin(RTM_DELLINK, 0, &body, sizeof body);
    transmit(fd);
    _exit(0);
  }
  struct nlmsghdr *head;
  struct ifinfomsg *link;
  do {
    head = receive(fd);
    link = NLMSG_DATA(head);
  } while (head->nlmsg_type != RTM_DELLINK || link->ifi_index != body.ifi_index);
  give_back(id);
}

int main(int argc, char **argv) {
  static char config[65536];
  const char *command = getenv("CNI_COMMAND"), *id = getenv("CNI_CONTAINERID");
  const char *netns = getenv("CNI_NETNS"), *ifname = getenv("CNI_IFNAME");
  if (command && !strcmp(command, "VERSION")) {
    static const char versions[] = "{\"cniVersion\":\"1.0.0\",\"supportedVersions\":[\"1.0.0\"]}";
    return write(1, versions, sizeof versions - 1) < 0;
  }
  errno = EINVAL;
  if (argc != 3 || !command || !id || !netns || !ifname) die("floor MASTER DIRECTORY");
  must(read(0, config, sizeof config), "stdin");
  must(chdir(argv[2]), argv[2]);
  if (!strcmp(command, "ADD"))
    add(id, netns, ifname, argv[1]);
  else
    del(id, netns, ifname);
  return 0;
}
