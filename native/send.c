// A send(2) that goes on when the plugin has ended (`start_send` of docs/abi.md).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "host.h"

enum { DESCRIPTORS = 1024 };

static int32_t send_result(int fd, const void *bytes, size_t length, int flags) {
  ssize_t sent = send(fd, bytes, length, flags);
  return (int32_t)(sent < 0 ? -errno : sent);
}

// Closes what a runtime may be waiting for the end of: everything from `first` on.
static void close_from(int first) {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, first, ~0U, 0) == 0) return;
#endif
  for (int fd = first; fd < DESCRIPTORS; fd++) close(fd);
}

// The life of the child: it holds the socket and the pipe, and nothing else of anybody's.
static void carry_on(int fd, const void *bytes, size_t length, int flags, int pipe) {
  int socket = dup2(fd, STDIN_FILENO);
  int32_t result = -errno;
  dup2(pipe, STDOUT_FILENO);
  close_from(STDERR_FILENO);
  setsid();
  if (chdir("/") == 0 && socket >= 0) result = send_result(socket, bytes, length, flags);
  if (write(STDOUT_FILENO, &result, sizeof result) < 0) _exit(1);
  _exit(0);
}

int send_beside(int fd, const void *bytes, size_t length, int flags) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return -errno;
  pid_t child = fork();
  if (child == 0) carry_on(fd, bytes, length, flags, ends[1]);
  if (child < 0) { // no process to be had: then it is sent here
    int32_t result = send_result(fd, bytes, length, flags);
    if (write(ends[1], &result, sizeof result) < 0) result = -errno;
  }
  close(ends[1]);
  return ends[0];
}
