// The imports of the core on Linux, in the order of assembly/sys/host.ts. docs/abi.md is what they
// keep to: one system call each; `>= 0` or -errno; every pointer is checked first, by guest.h, and
// then the policy is asked, by policy.h.
#define _GNU_SOURCE
#include "host.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "policy.h"

enum { PERMISSIONS = 07777, SIZEOF_STATX = 256, SIZEOF_POLLFD = sizeof(struct pollfd) };

// What a system call returned, as the core gets it.
static u32 result(long value) {
  return (u32)(value == -1 ? -errno : value);
}

// The same for one that opens something.
static u32 added(long value, held_t held) {
  return (u32)add_descriptor((int)result(value), held);
}

// Writes a value if it fits; its length either way.
static u32 give(const char *value, size_t length, void *target, u32 capacity) {
  if (length <= capacity) memcpy(target, value, length);
  return (u32)length;
}

u32 IMPORT(open)(host_t *host, u32 path, u32 path_length, u32 flags, u32 mode) {
  text_t name;
  int error = guest_text(host, path, path_length, &name);
  if (error) return (u32)error;
  held_t place = place_of(name.bytes);
  error = refusal_unless(may_open(place, (int)flags, mode));
  if (error) return (u32)error;
  // not open(3): musl's sets the flag a second time, by fcntl(2)
  int how = (int)flags | O_CLOEXEC;
  return added(syscall(SYS_openat, AT_FDCWD, name.bytes, how, mode & PERMISSIONS), place);
}

u32 IMPORT(read)(host_t *host, u32 fd, u32 buffer, u32 length) {
  void *bytes;
  int error = guest_bytes(host, buffer, length, &bytes);
  bool is_input = fd == STDIN_FILENO && length > 0;
  if (!error) error = descriptor_refusal((int)fd, is_readable((int)fd));
  if (!error && is_input) error = reserve_input(length);
  if (error) return (u32)error;
  u32 count = result(read((int)fd, bytes, length));
  if (is_input && (s32)count >= 0) error = take_input(bytes, count);
  return error ? (u32)error : count;
}

u32 IMPORT(write)(host_t *host, u32 fd, u32 buffer, u32 length) {
  void *bytes;
  int error = guest_bytes(host, buffer, length, &bytes);
  if (!error) error = descriptor_refusal((int)fd, is_writable((int)fd));
  return error ? (u32)error : result(write((int)fd, bytes, length));
}

u32 IMPORT(close)(host_t *host, u32 fd) {
  (void)host;
  // the streams stay: their numbers would be given to something else
  int error = descriptor_refusal((int)fd, held_as((int)fd) != STREAM);
  if (error) return (u32)error;
  remove_descriptor((int)fd);
  return result(close((int)fd));
}

u32 IMPORT(statx)(host_t *host, u32 dirfd, u32 path, u32 path_length, u32 flags, u32 mask,
                  u32 buffer, u32 buffer_length) {
  text_t name;
  void *bytes;
  uint64_t found[SIZEOF_STATX / sizeof(uint64_t)]; // a struct statx, aligned
  int error = guest_text(host, path, path_length, &name);
  if (!error) error = guest_bytes(host, buffer, buffer_length, &bytes);
  if (error) return (u32)error;
  bool is_plain = (int)dirfd == AT_FDCWD && flags == 0;
  error = refusal_unless(is_plain && may_stat(name.bytes));
  if (error) return (u32)error;
  // not every C library has a function for it
  long value = syscall(SYS_statx, (int)dirfd, name.bytes, (int)flags, mask, found);
  if (value == 0) memcpy(bytes, found, buffer_length < SIZEOF_STATX ? buffer_length : SIZEOF_STATX);
  return result(value);
}

u32 IMPORT(mkdir)(host_t *host, u32 path, u32 path_length, u32 mode) {
  text_t name;
  int error = guest_text(host, path, path_length, &name);
  if (!error) error = refusal_unless(may_make_directory(name.bytes, mode));
  return error ? (u32)error : result(mkdir(name.bytes, mode & PERMISSIONS));
}

u32 IMPORT(unlink)(host_t *host, u32 path, u32 path_length) {
  text_t name;
  int error = guest_text(host, path, path_length, &name);
  if (!error) error = refusal_unless(may_unlink(name.bytes));
  return error ? (u32)error : result(unlink(name.bytes));
}

u32 IMPORT(link)(host_t *host, u32 path, u32 path_length, u32 second, u32 second_length) {
  text_t from, to;
  int error = guest_text(host, path, path_length, &from);
  if (!error) error = guest_text(host, second, second_length, &to);
  if (!error) error = refusal_unless(may_link(from.bytes, to.bytes));
  return error ? (u32)error : result(link(from.bytes, to.bytes));
}

u32 IMPORT(symlink)(host_t *host, u32 text, u32 text_length, u32 path, u32 path_length) {
  text_t from, to;
  int error = guest_text(host, text, text_length, &from);
  if (!error) error = guest_text(host, path, path_length, &to);
  if (!error) error = refusal_unless(may_symlink(from.bytes, to.bytes));
  return error ? (u32)error : result(symlink(from.bytes, to.bytes));
}

u32 IMPORT(readlink)(host_t *host, u32 path, u32 path_length, u32 buffer, u32 capacity) {
  text_t name;
  void *bytes;
  int error = guest_text(host, path, path_length, &name);
  if (!error) error = guest_bytes(host, buffer, capacity, &bytes);
  if (!error) error = refusal_unless(place_of(name.bytes) == ENTRY);
  if (error) return (u32)error;
  // not readlink(3): a C library may take a buffer of no bytes for one
  return result(syscall(SYS_readlinkat, AT_FDCWD, name.bytes, bytes, capacity));
}

u32 IMPORT(flock)(host_t *host, u32 fd, u32 operation) {
  (void)host;
  int error = descriptor_refusal((int)fd, is_lockable((int)fd));
  return error ? (u32)error : result(flock((int)fd, (int)operation));
}

u32 IMPORT(getdents64)(host_t *host, u32 fd, u32 buffer, u32 length) {
  void *bytes;
  int error = guest_bytes(host, buffer, length, &bytes);
  held_t held = held_as((int)fd);
  bool is_directory = held == LEASES || held == INDEX || held == RECORDS;
  if (!error) error = descriptor_refusal((int)fd, is_directory);
  return error ? (u32)error : result(syscall(SYS_getdents64, (int)fd, bytes, length));
}

u32 IMPORT(setns)(host_t *host, u32 fd, u32 nstype) {
  (void)host;
  held_t held = held_as((int)fd);
  bool is_netns = held == CONTAINER || held == OWN;
  int error = descriptor_refusal((int)fd, is_netns && nstype == CLONE_NEWNET);
  if (error) return (u32)error;
  long value = setns((int)fd, (int)nstype);
  if (value == 0) enter_namespace(held);
  return result(value);
}

u32 IMPORT(socket)(host_t *host, u32 domain, u32 type, u32 protocol) {
  (void)host;
  int error = refusal_unless(may_socket((int)domain, (int)type, (int)protocol));
  if (error) return (u32)error;
  int fd = socket((int)domain, (int)type | SOCK_CLOEXEC, (int)protocol);
  return added(fd, socket_here((int)domain));
}

u32 IMPORT(bind)(host_t *host, u32 fd, u32 address, u32 address_length) {
  void *bytes;
  int error = guest_bytes(host, address, address_length, &bytes);
  if (!error) error = descriptor_refusal((int)fd, may_bind((int)fd, bytes, address_length));
  if (error) return (u32)error;
  u32 value = result(bind((int)fd, bytes, address_length));
  if (value == 0) bound((int)fd, bytes);
  return value;
}

u32 IMPORT(setsockopt)(host_t *host, u32 fd, u32 level, u32 name, u32 value, u32 value_length) {
  void *bytes;
  int error = guest_bytes(host, value, value_length, &bytes);
  bool is_allowed = is_netlink((int)fd) && may_set_option((int)level, (int)name);
  if (!error) error = descriptor_refusal((int)fd, is_allowed);
  if (error) return (u32)error;
  return result(setsockopt((int)fd, (int)level, (int)name, bytes, value_length));
}

u32 IMPORT(send)(host_t *host, u32 fd, u32 buffer, u32 length, u32 flags) {
  void *bytes;
  int error = guest_bytes(host, buffer, length, &bytes);
  if (!error) error = descriptor_refusal((int)fd, may_send((int)fd, bytes, length));
  return error ? (u32)error : result(send((int)fd, bytes, length, (int)flags));
}

u32 IMPORT(start_send)(host_t *host, u32 fd, u32 buffer, u32 length, u32 flags) {
  void *bytes;
  int error = guest_bytes(host, buffer, length, &bytes);
  if (!error) error = descriptor_refusal((int)fd, may_send((int)fd, bytes, length));
  if (error) return (u32)error;
  return (u32)add_descriptor(send_beside((int)fd, bytes, length, (int)flags), RESULT);
}

u32 IMPORT(recvfrom)(host_t *host, u32 fd, u32 buffer, u32 length, u32 flags, u32 address,
                     u32 address_length) {
  void *bytes, *sender, *capacity;
  socklen_t size = 0;
  int error = guest_bytes(host, buffer, length, &bytes);
  if (!error) error = guest_range(host, address_length, sizeof size, &capacity);
  if (!error) memcpy(&size, capacity, sizeof size);
  if (!error) error = guest_range(host, address, size, &sender);
  if (!error) error = descriptor_refusal((int)fd, may_receive((int)fd, length));
  if (error) return (u32)error;
  long value = recvfrom((int)fd, bytes, length, (int)flags, sender, &size);
  u32 received = result(value);
  if (value >= 0) memcpy(capacity, &size, sizeof size);
  return received;
}

u32 IMPORT(poll)(host_t *host, u32 fds, u32 count, u32 timeout) {
  void *bytes;
  int error = guest_range(host, fds, (int64_t)(s32)count * SIZEOF_POLLFD, &bytes);
  if (!error) error = pollfds_refusal(bytes, count);
  return error ? (u32)error : result(poll(bytes, count, (int)timeout));
}

u32 IMPORT(clock_gettime)(host_t *host, u32 clock, u32 timespec) {
  void *bytes;
  struct timespec now;
  int error = guest_range(host, timespec, sizeof now, &bytes);
  if (error) return (u32)error;
  long value = clock_gettime((clockid_t)clock, &now);
  if (value == 0) memcpy(bytes, &now, sizeof now);
  return result(value);
}

u32 IMPORT(getenv)(host_t *host, u32 name, u32 name_length, u32 value, u32 capacity) {
  text_t key;
  void *target;
  int error = guest_text(host, name, name_length, &key);
  if (!error) error = guest_bytes(host, value, capacity, &target);
  if (error) return (u32)error;
  error = refusal_unless(may_know(key.bytes));
  const char *found = error ? NULL : getenv(key.bytes);
  return found ? give(found, strlen(found), target, capacity) : (u32)-ENOENT;
}

u32 IMPORT(program_invocation_name)(host_t *host, u32 buffer, u32 capacity) {
  void *target;
  int error = guest_bytes(host, buffer, capacity, &target);
  if (error) return (u32)error;
  char path[PROGRAM_SIZE];
  size_t length = program_path(path);
  return give(path, length, target, capacity);
}

u32 IMPORT(spawn)(host_t *host, u32 path, u32 path_length, u32 command, u32 command_length,
                  u32 input, u32 input_length, u32 output, u32 output_length, u32 log,
                  u32 log_length) {
  text_t name, word;
  void *bytes, *out, *out_size, *tail, *tail_size;
  u32 out_capacity = 0, tail_capacity = 0;
  int error = guest_text(host, path, path_length, &name);
  if (!error) error = guest_text(host, command, command_length, &word);
  if (!error) error = guest_bytes(host, input, input_length, &bytes);
  if (!error) error = guest_range(host, output_length, sizeof out_capacity, &out_size);
  if (!error) error = guest_range(host, log_length, sizeof tail_capacity, &tail_size);
  if (!error) memcpy(&out_capacity, out_size, sizeof out_capacity);
  if (!error) memcpy(&tail_capacity, tail_size, sizeof tail_capacity);
  if (!error) error = guest_range(host, output, out_capacity, &out);
  if (!error) error = guest_range(host, log, tail_capacity, &tail);
  if (error) return (u32)error;
  program_t program = {
      .path = name.bytes,
      .command = word.bytes,
      .input = bytes,
      .input_length = input_length,
      .output = out,
      .output_capacity = out_capacity,
      .log = tail,
      .log_capacity = tail_capacity,
  };
  int status = refusal_unless(may_spawn(name.bytes, word.bytes, bytes, input_length));
  if (!status) status = run_program(&program);
  out_capacity = (u32)program.output_length;
  tail_capacity = (u32)program.log_length;
  memcpy(out_size, &out_capacity, sizeof out_capacity);
  memcpy(tail_size, &tail_capacity, sizeof tail_capacity);
  return (u32)status;
}
