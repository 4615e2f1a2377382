#define _GNU_SOURCE
#include "policy.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "uapi.h"

enum {
  READING = O_NONBLOCK | O_CLOEXEC,
  WRITING = READING | O_WRONLY,
  MAKING = WRITING | O_CREAT | O_EXCL | O_TRUNC,
  LOCKING = READING | O_CREAT,
};
// The flags of open(2) that each place may be opened with; the others may not be opened.
static const int OPEN[] = {
    [CONTAINER] = READING,   [OWN] = READING,     [SYSCTL] = WRITING, [RESOLV_CONF] = READING,
    [LEASES] = READING,      [INDEX] = READING,   [LEASE] = MAKING,   [ENTRY] = 0,
    [SHIM_SYSCTL] = WRITING, [RECORDS] = READING, [RECORD] = MAKING,  [RECORD_LOCK] = LOCKING,
};
// What may be created is its owner's to write, and nobody's to become somebody else by.
enum { MODE = 0755 };

// Where setns(2) has taken the thread.
static bool is_in_container;

void enter_namespace(held_t namespace) {
  is_in_container = namespace == CONTAINER;
}

bool may_know(const char *variable) {
  string_t name = string_of(variable);
  return take_start(&name, string_of("CNI_"));
}

bool may_open(held_t place, int flags, uint32_t mode) {
  if (OPEN[place] == 0 || (flags & ~OPEN[place]) != 0 || (mode & ~(uint32_t)MODE) != 0)
    return false;
  // the same path is another file in the host's namespace
  if (place == SHIM_SYSCTL) return !is_in_container;
  return place != SYSCTL || is_in_container;
}

bool may_stat(const char *path) {
  char program[PROGRAM_SIZE];
  held_t place = place_of(path);
  if (place != NOTHING) return place != SYSCTL && place != RESOLV_CONF && place < SHIM_SYSCTL;
  if (is_ipam_program(path)) return true;
  program_path(program);
  return strcmp(path, program) == 0;
}

bool may_make_directory(const char *path, uint32_t mode) {
  return (mode & ~(uint32_t)MODE) == 0 && is_above(path);
}

bool may_unlink(const char *path) {
  held_t place = place_of(path);
  return place == LEASE || place == ENTRY || place == RECORD;
}

bool may_link(const char *path, const char *second) {
  return place_of(path) == LEASE && place_of(second) == LEASE;
}

// The text names a neighbour, so that no link of the core's leads out of its directory.
bool may_symlink(const char *text, const char *path) {
  return is_name(string_of(text)) && place_of(path) == ENTRY;
}

// Whether a path leads to a regular file, symbolic links followed.
static bool is_regular(const char *path) {
  struct stat file;
  return stat(path, &file) == 0 && S_ISREG(file.st_mode);
}

// Another program gets the same bytes and the same command; after a failed ADD it gets DEL.
bool may_spawn(const char *path, const char *command, const uint8_t *bytes, size_t length) {
  const char *own = variable("CNI_COMMAND");
  bool is_undo = strcmp(own, "ADD") == 0 && strcmp(command, "DEL") == 0;
  if (strcmp(command, own) != 0 && !is_undo) return false;
  return !is_in_container && is_ipam_program(path) && is_input(bytes, length) && is_regular(path);
}

// Of no protocol, it hears nothing before it is bound.
static bool may_open_packet_socket(int protocol) {
  return is_in_container && protocol == 0 && strcmp(variable("CNI_COMMAND"), "ADD") == 0;
}

// A family that is added here needs its rule in may_send.
bool may_socket(int domain, int type, int protocol) {
  if ((type & ~SOCK_CLOEXEC) != SOCK_RAW) return false;
  if (domain == AF_PACKET) return may_open_packet_socket(protocol);
  return domain == AF_NETLINK && protocol == NETLINK_ROUTE;
}

held_t socket_here(int domain) {
  if (domain == AF_PACKET) return PACKET_SOCKET;
  return is_in_container ? CONTAINER_SOCKET : HOST_SOCKET;
}

// What listens stays where it is: bound anew for nothing, it would listen as before.
bool may_bind(int fd, const uint8_t *address, size_t length) {
  return held_as(fd) == PACKET_SOCKET ? may_listen(address, length) : is_netlink(fd);
}

void bound(int fd, const uint8_t *address) {
  if (is_packet(fd) && listens(address)) add_descriptor(fd, LISTENER);
}

bool may_receive(int fd, size_t length) {
  return is_netlink(fd) || (is_packet(fd) && may_hear(length));
}

bool may_set_option(int level, int name) {
  return level == SOL_NETLINK && (name == NETLINK_ADD_MEMBERSHIP || name == NETLINK_CAP_ACK ||
                                  name == NETLINK_EXT_ACK || name == NETLINK_GET_STRICT_CHK);
}

bool may_send(int fd, const uint8_t *bytes, size_t length) {
  held_t held = held_as(fd);
  if (is_packet(fd)) return is_frame_of_ours(bytes, length);
  if (held == HOST_SOCKET) return may_tell_host(bytes, length, configuration()->raises_master);
  return held == CONTAINER_SOCKET && may_tell_container(bytes, length);
}
