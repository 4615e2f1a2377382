// A router that sends router advertisements (RFC 4861 section 4.2) all the time:
//
//     router INTERFACE
//
// It offers itself as default router, and 2001:db8:aa::/64 to make addresses of, every 5 ms until
// it is killed. The first line of output says that one was sent.
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { ETHERNET = 14, IPV6 = 40, ADVERTISEMENT = 16, SOURCE = 8, PREFIX = 32 };
enum { ICMPV6 = 58, PAYLOAD = ADVERTISEMENT + SOURCE + PREFIX };

static uint8_t frame[ETHERNET + IPV6 + PAYLOAD] = {
    // Ethernet: to all nodes, from 02:00:00:00:00:fe
    0x33, 0x33, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0xfe, 0x86, 0xdd,
    // IPv6: the hop limit has to be 255; fe80::fe to ff02::1
    0x60, 0, 0, 0, 0, PAYLOAD, ICMPV6, 255,
    0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xfe,
    0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1,
    // router advertisement: a default router for 1800 s
    134, 0, 0, 0, 64, 0, 0x07, 0x08, 0, 0, 0, 0, 0, 0, 0, 0,
    // its hardware address
    1, 1, 2, 0, 0, 0, 0, 0xfe,
    // a prefix of 64 bits, on the link and to make addresses of, for an hour
    3, 4, 64, 0xc0, 0, 0, 0x0e, 0x10, 0, 0, 0x0e, 0x10, 0, 0, 0, 0,
    0x20, 0x01, 0x0d, 0xb8, 0, 0xaa, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};

// The sum of 16-bit words that makes the checksum (RFC 1071).
static uint32_t sum(const uint8_t *bytes, int length) {
  uint32_t total = 0;
  for (int i = 0; i < length; i += 2) total += (uint32_t)bytes[i] << 8 | bytes[i + 1];
  return total;
}

static void set_checksum(void) {
  uint8_t *message = frame + ETHERNET + IPV6;
  // the pseudo-header: both addresses, the length, the protocol
  uint32_t total = sum(frame + ETHERNET + 8, 32) + PAYLOAD + ICMPV6 + sum(message, PAYLOAD);
  while (total >> 16) total = (total & 0xffff) + (total >> 16);
  message[2] = (uint8_t)(~total >> 8);
  message[3] = (uint8_t)~total;
}

int main(int count, char **words) {
  if (count != 2) return 2;
  int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  struct sockaddr_ll to = {
      .sll_family = AF_PACKET,
      .sll_ifindex = (int)if_nametoindex(words[1]),
  };
  set_checksum();
  for (int sent = 0;; sent++) {
    if (sendto(fd, frame, sizeof frame, 0, (struct sockaddr *)&to, sizeof to) != sizeof frame) {
      perror("sendto");
      return 1;
    }
    if (sent == 0) {
      puts("sent");
      fflush(stdout);
    }
    usleep(5000);
  }
}
