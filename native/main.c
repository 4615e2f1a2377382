// The plugin executable without Node: the core, compiled ahead of time, on this machine's kernel.
// What it can do to the world is in host.c; what it does is decided in the core.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "guest.h"

// 0, 1 and 2 are the plugin's streams: no file of ours may get a number that a caller left free.
static void secure_streams(void) {
  struct pollfd streams[] = {{.fd = 0}, {.fd = 1}, {.fd = 2}};
  if (poll(streams, 3, 0) <= 0) return;
  for (int i = 0; i < 3; i++)
    if ((streams[i].revents & POLLNVAL) && open("/dev/null", O_RDWR) < 0) _exit(1);
}

static void print(int fd, const char *text) {
  size_t length = strlen(text);
  for (ssize_t written = 0; length > 0; text += written, length -= (size_t)written)
    if ((written = write(fd, text, length)) <= 0) return;
}

// Answers in the place of a core that cannot: on both streams, for the runtime and for its user.
static void report(wasm_rt_trap_t trap) {
  const char *reason = wasm_rt_strerror(trap);
  print(STDERR_FILENO, reason);
  print(STDERR_FILENO, "\n");
  print(STDOUT_FILENO, "{\"cniVersion\":\"1.1.0\",\"code\":108,\"msg\":\"the plugin stopped "
                       "unexpectedly, please report this: ");
  print(STDOUT_FILENO, reason);
  print(STDOUT_FILENO, "\"}\n");
}

int main(void) {
  static core_t core;
  static host_t host = {&core.w2c_memory};
  secure_streams();
  signal(SIGPIPE, SIG_IGN); // or a reader that has gone would end us in the middle of an ADD
  wasm_rt_trap_t trap = wasm_rt_impl_try();
  if (trap == WASM_RT_TRAP_NONE) {
    core_init_module();
    core_instantiate(&core, &host);
    return (int)EXPORT(run)(&core);
  }
  report(trap);
  // What stopped the core may stop this as well; it has been reported.
  if (wasm_rt_impl_try() == WASM_RT_TRAP_NONE) EXPORT(rescue)(&core);
  return 1;
}
