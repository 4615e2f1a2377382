// The imports of the core, in a world that a fuzzer makes up (input.h).
#include "world.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/stat.h>

#include "guest.h"
#include "netlink.h"

enum { CALLS = 20000, NETLINK = 16, PACKET = 17 };

world_t world;

// 0, or -errno where the story says that this call fails.
static int enter(void) {
  if (++world.calls > CALLS) fail("does not come to an end");
  for (size_t i = 0; i + 1 < world.faults.length; i += 2) {
    if (world.faults.bytes[i] != world.calls || world.faults.bytes[i + 1] == 0) continue;
    world.faults_hit++;
    return -world.faults.bytes[i + 1];
  }
  return 0;
}

static int install(int namespace) {
  for (int fd = FIRST; fd < DESCRIPTORS; fd++) {
    if (world.is_open[fd]) continue;
    world.is_open[fd] = true;
    world.at_end[fd] = false;
    world.namespaces[fd] = namespace;
    return fd;
  }
  fail("leaves descriptors open");
  return -EMFILE;
}

static bool is_open(u32 fd) {
  return fd < DESCRIPTORS && (fd < FIRST || world.is_open[fd]);
}

// As much of what is told as fits.
static u32 give(span_t told, void *target, u32 room) {
  if (told.length < room) room = (u32)told.length;
  memcpy(target, told.bytes, room);
  return room;
}

static u32 path_call(host_t *host, u32 path, u32 length) {
  text_t name;
  int error = guest_text(host, path, length, &name);
  return (u32)(error ? error : enter());
}

u32 IMPORT(open)(host_t *host, u32 path, u32 path_length, u32 flags, u32 mode) {
  text_t name;
  (void)flags, (void)mode;
  int error = guest_text(host, path, path_length, &name);
  if (!error) error = enter();
  if (error) return (u32)error;
  bool is_netns = strncmp(name.bytes, "/run/netns/", 11) == 0;
  return (u32)install(is_netns ? 1 : strstr(name.bytes, "/ns/net") ? 0 : -1);
}

u32 IMPORT(read)(host_t *host, u32 fd, u32 buffer, u32 length) {
  void *bytes;
  int error = guest_bytes(host, buffer, length, &bytes);
  if (!error && !is_open(fd)) error = -EBADF;
  if (!error) error = enter();
  if (error) return (u32)error;
  if (fd == 0) {
    u32 count = give(world.input, bytes, length);
    world.input.bytes += count;
    world.input.length -= count;
    return count;
  }
  if (world.at_end[fd]) return 0;
  world.at_end[fd] = true;
  answer_t told = take_answer(&world.story);
  if (told.kind == FAILS) return (u32)-(int)take_u8(&told.span);
  return told.kind == RAW ? give(told.span, bytes, length) : 0;
}

u32 IMPORT(write)(host_t *host, u32 fd, u32 buffer, u32 length) {
  void *bytes;
  int error = guest_bytes(host, buffer, length, &bytes);
  if (!error && !is_open(fd)) error = -EBADF;
  if (!error) error = enter();
  if (error) return (u32)error;
  if (fd != 1) return length;
  if (length > OUTPUT - world.output_length) fail("prints without end");
  memcpy(world.output + world.output_length, bytes, length);
  world.output_length += length;
  return length;
}

u32 IMPORT(close)(host_t *host, u32 fd) {
  (void)host;
  if (fd < FIRST || !is_open(fd)) fail("closes what is not open");
  world.is_open[fd] = false;
  return (u32)enter();
}

u32 IMPORT(statx)(host_t *host, u32 dirfd, u32 path, u32 path_length, u32 flags, u32 mask,
                  u32 buffer, u32 buffer_length) {
  text_t name;
  void *bytes;
  uint8_t found[256] = {0};
  uint16_t mode = S_IFREG | 0644;
  (void)dirfd, (void)flags, (void)mask;
  int error = guest_text(host, path, path_length, &name);
  if (!error) error = guest_bytes(host, buffer, buffer_length, &bytes);
  if (!error) error = enter();
  if (error) return (u32)error;
  memcpy(found + 28, &mode, sizeof mode);
  // plugins beside this one are this one, but for `ipam`
  bool is_own = strstr(name.bytes, "/bin/") && !strstr(name.bytes, "/bin/ipam");
  found[32] = is_own ? 1 : (uint8_t)(2 + path_length);
  memcpy(bytes, found, buffer_length < sizeof found ? buffer_length : sizeof found);
  return 0;
}

u32 IMPORT(mkdir)(host_t *host, u32 path, u32 path_length, u32 mode) {
  (void)mode;
  return path_call(host, path, path_length);
}

u32 IMPORT(unlink)(host_t *host, u32 path, u32 path_length) {
  return path_call(host, path, path_length);
}

u32 IMPORT(link)(host_t *host, u32 path, u32 path_length, u32 second, u32 second_length) {
  text_t name;
  int error = guest_text(host, second, second_length, &name);
  return error ? (u32)error : path_call(host, path, path_length);
}

u32 IMPORT(symlink)(host_t *host, u32 text, u32 text_length, u32 path, u32 path_length) {
  text_t name;
  int error = guest_text(host, text, text_length, &name);
  return error ? (u32)error : path_call(host, path, path_length);
}

u32 IMPORT(readlink)(host_t *host, u32 path, u32 path_length, u32 buffer, u32 capacity) {
  text_t name;
  void *bytes;
  int error = guest_text(host, path, path_length, &name);
  if (!error) error = guest_bytes(host, buffer, capacity, &bytes);
  if (!error) error = enter();
  if (error) return (u32)error;
  answer_t told = take_answer(&world.story);
  return told.kind == RAW ? give(told.span, bytes, capacity) : (u32)-ENOENT;
}

u32 IMPORT(flock)(host_t *host, u32 fd, u32 operation) {
  (void)host, (void)operation;
  return (u32)(is_open(fd) ? enter() : -EBADF);
}

u32 IMPORT(getdents64)(host_t *host, u32 fd, u32 buffer, u32 length) {
  return IMPORT(read)(host, fd, buffer, length);
}

u32 IMPORT(setns)(host_t *host, u32 fd, u32 nstype) {
  (void)host, (void)nstype;
  if (!is_open(fd)) return (u32)-EBADF;
  int error = enter();
  if (!error && world.namespaces[fd] < 0) error = -EINVAL;
  if (!error) world.entered = world.namespaces[fd];
  return (u32)error;
}

u32 IMPORT(socket)(host_t *host, u32 domain, u32 type, u32 protocol) {
  (void)host, (void)type, (void)protocol;
  if (domain != NETLINK && domain != PACKET) return (u32)-EAFNOSUPPORT;
  int error = enter();
  int fd = error ? error : install(-1);
  if (fd >= 0) world.is_packet[fd] = domain == PACKET;
  return (u32)fd;
}

u32 IMPORT(bind)(host_t *host, u32 fd, u32 address, u32 length) {
  void *bytes;
  int error = guest_bytes(host, address, length, &bytes);
  if (!error && !is_open(fd)) error = -EBADF;
  return (u32)(error ? error : enter());
}

u32 IMPORT(setsockopt)(host_t *host, u32 fd, u32 level, u32 name, u32 value, u32 length) {
  (void)level, (void)name;
  return IMPORT(bind)(host, fd, value, length);
}

u32 IMPORT(send)(host_t *host, u32 fd, u32 buffer, u32 length, u32 flags) {
  void *bytes;
  (void)flags;
  int error = guest_bytes(host, buffer, length, &bytes);
  if (!error && !is_open(fd)) error = -EBADF;
  if (!error) error = enter();
  if (error) return (u32)error;
  if (!world.is_packet[fd]) netlink_send(bytes, length, &world.story);
  return length;
}

u32 IMPORT(start_send)(host_t *host, u32 fd, u32 buffer, u32 length, u32 flags) {
  u32 sent = IMPORT(send)(host, fd, buffer, length, flags);
  return (s32)sent < 0 ? sent : (u32)install(-1);
}

u32 IMPORT(recvfrom)(host_t *host, u32 fd, u32 buffer, u32 length, u32 flags, u32 address,
                     u32 address_length) {
  void *bytes, *sender, *size;
  u32 room = 0, written = 12;
  uint8_t kernel[12] = {NETLINK};
  (void)flags;
  int error = guest_bytes(host, buffer, length, &bytes);
  if (!error) error = guest_range(host, address_length, sizeof room, &size);
  if (!error) memcpy(&room, size, sizeof room);
  if (!error) error = guest_range(host, address, room, &sender);
  if (!error && !is_open(fd)) error = -EBADF;
  if (!error) error = enter();
  if (error) return (u32)error;
  memcpy(sender, kernel, room < sizeof kernel ? room : sizeof kernel);
  memcpy(size, &written, sizeof written);
  if (world.is_packet[fd]) {
    answer_t heard = take_answer(&world.story);
    return heard.kind == RAW ? give(heard.span, bytes, length) : (u32)-EAGAIN;
  }
  return (u32)netlink_receive(bytes, length);
}

u32 IMPORT(poll)(host_t *host, u32 fds, u32 count, u32 timeout) {
  struct pollfd *list;
  int error = guest_range(host, fds, (int64_t)(s32)count * (int64_t)sizeof *list, &list);
  if (!error) error = enter();
  if (error) return (u32)error;
  world.time += (s32)timeout > 0 ? (s32)timeout : 1;
  for (u32 i = 0; i < count; i++) {
    struct pollfd one;
    memcpy(&one, (char *)list + i * sizeof one, sizeof one);
    one.revents = one.fd < 0 ? 0 : one.events;
    memcpy((char *)list + i * sizeof one, &one, sizeof one);
  }
  return count;
}

u32 IMPORT(clock_gettime)(host_t *host, u32 clock, u32 timespec) {
  void *bytes;
  (void)clock;
  int error = guest_range(host, timespec, 16, &bytes);
  if (!error) error = enter();
  if (error) return (u32)error;
  int64_t now[] = {++world.time / 1000, world.time % 1000 * 1000000};
  memcpy(bytes, now, sizeof now);
  return 0;
}

u32 IMPORT(getenv)(host_t *host, u32 name, u32 name_length, u32 value, u32 capacity) {
  text_t key;
  void *target;
  int error = guest_text(host, name, name_length, &key);
  if (!error) error = guest_bytes(host, value, capacity, &target);
  if (error) return (u32)error;
  const struct {
    const char *name, *value;
  } variables[] = {
      {"CNI_COMMAND", world.command},      {"CNI_CONTAINERID", "c1"},
      {"CNI_NETNS", "/run/netns/pod"},     {"CNI_IFNAME", "eth0"},
      {"CNI_PATH", "/bin:/opt/cni/bin"},
  };
  span_t found = {NULL, 0};
  if (strcmp(key.bytes, "CNI_ARGS") == 0) found = world.args;
  for (size_t i = 0; i < sizeof variables / sizeof *variables; i++)
    if (strcmp(key.bytes, variables[i].name) == 0)
      found = (span_t){(const uint8_t *)variables[i].value, strlen(variables[i].value)};
  if (!found.bytes) return (u32)-ENOENT;
  return found.length <= capacity ? give(found, target, capacity) : (u32)found.length;
}

u32 IMPORT(program_invocation_name)(host_t *host, u32 buffer, u32 capacity) {
  void *target;
  char path[64];
  int error = guest_bytes(host, buffer, capacity, &target);
  if (error) return (u32)error;
  u32 length = (u32)snprintf(path, sizeof path, "/opt/cni/bin/%s", world.program);
  if (length <= capacity) memcpy(target, path, length);
  return length;
}

u32 IMPORT(spawn)(host_t *host, u32 path, u32 path_length, u32 command, u32 command_length,
                  u32 input, u32 input_length, u32 output, u32 output_length, u32 log,
                  u32 log_length) {
  static const char usual[] = "{\"ips\":[{\"address\":\"10.0.0.5/24\",\"gateway\":\"10.0.0.1\"}]}";
  text_t name, word;
  void *bytes, *out, *size, *tail_size;
  u32 room = 0, none = 0;
  (void)log;
  int error = guest_text(host, path, path_length, &name);
  if (!error) error = guest_text(host, command, command_length, &word);
  if (!error) error = guest_bytes(host, input, input_length, &bytes);
  if (!error) error = guest_range(host, output_length, sizeof room, &size);
  if (!error) error = guest_range(host, log_length, sizeof none, &tail_size);
  if (!error) memcpy(&room, size, sizeof room);
  if (!error) error = guest_range(host, output, room, &out);
  if (!error) error = enter();
  if (error) return (u32)error;
  answer_t told = take_answer(&world.story);
  int status = told.kind == FAILS ? take_u8(&told.span) << 8 : 0;
  if (told.kind == USUAL) told.span = (span_t){(const uint8_t *)usual, sizeof usual - 1};
  room = give(told.span, out, room);
  memcpy(size, &room, sizeof room);
  memcpy(tail_size, &none, sizeof none);
  return (u32)status;
}
