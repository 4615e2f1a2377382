// Running an IPAM plugin to its end (`spawn` of docs/abi.md).
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "host.h"

// How long the program's end can go unseen while one that outlives it holds its streams, in ms.
enum { TICK = 20 };
// What a pipe takes without blocking when poll(2) says that it takes something (pipe(7)).
enum { ATOMIC = 4096 };
enum { INPUT, OUTPUT, LOG, STREAMS };

static const char VARIABLE[] = "CNI_COMMAND=";

// Our environment, byte by byte, with `assignment` in the place of CNI_COMMAND.
static char **environment_with(char *assignment) {
  size_t count = 0, length = 0;
  while (environ[count]) count++;
  char **copy = malloc((count + 2) * sizeof *copy);
  if (!copy) return NULL;
  bool is_set = false;
  for (size_t i = 0; i < count; i++) {
    bool is_command = strncmp(environ[i], VARIABLE, sizeof VARIABLE - 1) == 0;
    if (!is_command) copy[length++] = environ[i];
    else if (!is_set) copy[length++] = assignment;
    is_set |= is_command;
  }
  if (!is_set) copy[length++] = assignment;
  copy[length] = NULL;
  return copy;
}

// posix_spawn(3) with these as descriptors 0, 1 and 2, no signal ignored, none blocked.
static int start(const program_t *program, const int theirs[STREAMS], pid_t *pid) {
  size_t size = sizeof VARIABLE + strlen(program->command);
  char *assignment = malloc(size);
  if (!assignment) return ENOMEM;
  snprintf(assignment, size, "%s%s", VARIABLE, program->command);
  char **environment = environment_with(assignment);
  if (!environment) return ENOMEM;
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  posix_spawn_file_actions_t actions;
  posix_spawnattr_t attributes;
  posix_spawn_file_actions_init(&actions);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setsigmask(&attributes, &none);
  for (int i = 0; i < STREAMS; i++) posix_spawn_file_actions_adddup2(&actions, theirs[i], i);
  char *arguments[] = {(char *)program->path, NULL};
  int error = posix_spawn(pid, program->path, &actions, &attributes, arguments, environment);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  free(environment);
  free(assignment);
  return error;
}

// Each moves some bytes through a pipe that is ready; false when there will be no more.
static bool move_input(program_t *program, int fd) {
  size_t length = program->input_length < ATOMIC ? program->input_length : ATOMIC;
  ssize_t count = write(fd, program->input, length);
  if (count <= 0) return false; // nobody reads it: no error
  program->input += count;
  program->input_length -= (size_t)count;
  return program->input_length > 0;
}

static bool move_output(program_t *program, int fd, bool *is_too_long) {
  uint8_t more;
  size_t room = program->output_capacity - program->output_length;
  if (room == 0) {
    *is_too_long = read(fd, &more, sizeof more) > 0;
    return false;
  }
  ssize_t count = read(fd, program->output + program->output_length, room);
  if (count > 0) program->output_length += (size_t)count;
  return count > 0;
}

// Passed on to our own standard error at once; its end is kept.
static bool move_log(program_t *program, int fd) {
  uint8_t chunk[ATOMIC];
  ssize_t count = read(fd, chunk, sizeof chunk);
  if (count <= 0) return false;
  for (ssize_t at = 0, written = 1; at < count && written > 0; at += written)
    written = write(STDERR_FILENO, chunk + at, (size_t)(count - at));
  size_t fresh = (size_t)count < program->log_capacity ? (size_t)count : program->log_capacity;
  size_t kept = program->log_length;
  if (kept > program->log_capacity - fresh) kept = program->log_capacity - fresh;
  memmove(program->log, program->log + program->log_length - kept, kept);
  memcpy(program->log + kept, chunk + count - fresh, fresh);
  program->log_length = kept + fresh;
  return true;
}

static pid_t reap(pid_t pid, int *status, int options) {
  pid_t found;
  do found = waitpid(pid, status, options);
  while (found < 0 && errno == EINTR);
  return found;
}

// Moves bytes until all streams have ended, or the program has and nothing is left to move.
static int converse(program_t *program, pid_t pid, struct pollfd ours[STREAMS]) {
  int status = 0, open = STREAMS;
  bool has_ended = false, is_too_long = false;
  while (open > 0 && !is_too_long) {
    has_ended = has_ended || reap(pid, &status, WNOHANG) == pid;
    int ready = poll(ours, STREAMS, has_ended ? 0 : TICK);
    if (ready <= 0 && has_ended) break;
    for (int i = 0; i < STREAMS; i++) {
      if (ready <= 0 || ours[i].fd < 0 || ours[i].revents == 0) continue;
      bool goes_on = i == INPUT    ? move_input(program, ours[i].fd)
                     : i == OUTPUT ? move_output(program, ours[i].fd, &is_too_long)
                                   : move_log(program, ours[i].fd);
      if (goes_on) continue;
      close(ours[i].fd);
      ours[i].fd = -1;
      open--;
    }
  }
  if (is_too_long && !has_ended) kill(pid, SIGKILL);
  if (!has_ended && reap(pid, &status, 0) < 0) return -errno;
  return is_too_long ? -E2BIG : status;
}

int run_program(program_t *program) {
  struct pollfd ours[STREAMS] = {{-1, POLLOUT, 0}, {-1, POLLIN, 0}, {-1, POLLIN, 0}};
  int theirs[STREAMS] = {-1, -1, -1};
  int result = 0;
  for (int i = 0; i < STREAMS && result == 0; i++) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) result = -errno;
    else {
      ours[i].fd = ends[i == INPUT];
      theirs[i] = ends[i != INPUT];
    }
  }
  pid_t pid = 0;
  if (result == 0) result = -start(program, theirs, &pid);
  for (int i = 0; i < STREAMS; i++)
    if (theirs[i] >= 0) close(theirs[i]);
  if (result == 0) result = converse(program, pid, ours);
  for (int i = 0; i < STREAMS; i++)
    if (ours[i].fd >= 0) close(ours[i].fd);
  return result;
}
