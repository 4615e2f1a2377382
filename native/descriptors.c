#include <poll.h>
#include <unistd.h>

#include "policy.h"

enum { LIMIT = 1024 };

// What each descriptor is, by its number.
static uint8_t descriptors[LIMIT] = {STREAM, STREAM, STREAM};

int add_descriptor(int fd, held_t held) {
  if (fd >= LIMIT) {
    close(fd);
    return -EMFILE;
  }
  if (fd >= 0) descriptors[fd] = held;
  return fd;
}

void remove_descriptor(int fd) {
  if (fd >= 0 && fd < LIMIT) descriptors[fd] = NOTHING;
}

held_t held_as(int fd) {
  return fd >= 0 && fd < LIMIT ? descriptors[fd] : NOTHING;
}

bool is_netlink(int fd) {
  return held_as(fd) == HOST_SOCKET || held_as(fd) == CONTAINER_SOCKET;
}

bool is_packet(int fd) {
  return held_as(fd) == PACKET_SOCKET || held_as(fd) == LISTENER;
}

bool is_lockable(int fd) {
  return held_as(fd) == LEASE || held_as(fd) == RECORD_LOCK;
}

bool is_readable(int fd) {
  return !is_netlink(fd) && !is_packet(fd) && fd != STDOUT_FILENO && fd != STDERR_FILENO;
}

bool is_writable(int fd) {
  return !is_netlink(fd) && !is_packet(fd) && fd != STDIN_FILENO;
}

int descriptor_refusal(int fd, bool is_allowed) {
  if (!POLICY) return 0;
  return held_as(fd) == NOTHING ? -EBADF : refusal_unless(is_allowed);
}

int pollfds_refusal(const uint8_t *pollfds, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct pollfd pollfd;
    memcpy(&pollfd, pollfds + i * sizeof pollfd, sizeof pollfd);
    int refusal = pollfd.fd < 0 ? 0 : descriptor_refusal(pollfd.fd, true);
    if (refusal) return refusal;
  }
  return 0;
}
