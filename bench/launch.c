// Starts processes as a container runtime does, all at once, and measures what they take until the
// last one has ended and nobody holds its output any more.
//
// Standard input: for each process its fields, each ended by a zero byte: the number of words, the
// number of variables, the words, the variables, its standard input. Standard output: a line with
// wall time (ns), CPU time (us) and the largest peak of memory (KiB); then for each process a line
// with exit status (128 and the signal, where one ended it) and length of its output, and the
// output.
//
// What a process leaves running is ours to wait for, so its CPU time is counted; it is not in the
// wall time. This program must stay small: the kernel counts the memory of who calls exec(3) for
// who comes of it.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { JOBS = 1000, WORDS = 64, PIPE = 65536 };

struct job {
  char *words[WORDS], *variables[WORDS];
  char *input;
  pid_t pid;
  /** The reading ends of what it reads and of what it writes. */
  int in, out;
  int status;
  char *output;
  size_t length;
};

struct total {
  long long cpu;
  long memory;
};

static void die(const char *what) {
  fprintf(stderr, "launch: %s: %s\n", what, strerror(errno));
  exit(1);
}

static char *read_all(int fd, size_t *length) {
  size_t size = 4096;
  char *data = malloc(size);
  for (*length = 0;;) {
    if (*length + 1 == size) data = realloc(data, size *= 2);
    if (!data) die("memory");
    ssize_t n = read(fd, data + *length, size - *length - 1);
    if (n < 0) die("read");
    if (n == 0) break;
    *length += n;
  }
  data[*length] = 0;
  return data;
}

/** The field at a place, which moves on behind it. */
static char *next(char **at) {
  char *field = *at;
  *at += strlen(field) + 1;
  return field;
}

static char *read_job(char *at, struct job *job) {
  int words = atoi(next(&at)), variables = atoi(next(&at));
  if (words < 1 || words >= WORDS || variables < 0 || variables >= WORDS) {
    errno = E2BIG;
    die("words");
  }
  for (int i = 0; i < words; i++) job->words[i] = next(&at);
  for (int i = 0; i < variables; i++) job->variables[i] = next(&at);
  job->input = next(&at);
  return at;
}

/** Its input lies in the pipe before it starts. */
static void prepare(struct job *job, int *writing) {
  int in[2], out[2];
  size_t length = strlen(job->input);
  if (length > PIPE) {
    errno = EFBIG;
    die("input");
  }
  if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC)) die("pipe");
  if (write(in[1], job->input, length) != (ssize_t)length) die("write");
  close(in[1]);
  job->in = in[0];
  job->out = out[0];
  *writing = out[1];
}

static void start(struct job *job, int writing) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, job->in, 0);
  posix_spawn_file_actions_adddup2(&actions, writing, 1);
  posix_spawn_file_actions_adddup2(&actions, writing, 2);
  errno = posix_spawnp(&job->pid, job->words[0], &actions, NULL, job->words, job->variables);
  if (errno) die(job->words[0]);
  posix_spawn_file_actions_destroy(&actions);
  close(job->in);
  close(writing);
}

/** Waits for a process, or with -1 for any; false where there is none. */
static int reap(pid_t pid, int *status, struct total *total) {
  struct rusage use;
  if (wait4(pid, status, 0, &use) < 0) return 0;
  total->cpu += (use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1000000LL + use.ru_utime.tv_usec +
                use.ru_stime.tv_usec;
  if (use.ru_maxrss > total->memory) total->memory = use.ru_maxrss;
  return 1;
}

static long long now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

int main(void) {
  static struct job jobs[JOBS];
  static int writing[JOBS];
  struct total total = {0, 0};
  size_t length;
  int count = 0, status;
  char *input = read_all(0, &length);
  for (char *at = input; at < input + length; count++) {
    if (count == JOBS) die("too many processes");
    at = read_job(at, &jobs[count]);
    prepare(&jobs[count], &writing[count]);
  }
  if (chdir("/") || prctl(PR_SET_CHILD_SUBREAPER, 1)) die("prctl");
  long long begin = now();
  for (int i = 0; i < count; i++) start(&jobs[i], writing[i]);
  for (int i = 0; i < count; i++) {
    jobs[i].output = read_all(jobs[i].out, &jobs[i].length);
    reap(jobs[i].pid, &jobs[i].status, &total);
  }
  long long wall = now() - begin;
  while (reap(-1, &status, &total)) continue;
  printf("%lld %lld %ld\n", wall, total.cpu, total.memory);
  for (int i = 0; i < count; i++) {
    status = jobs[i].status;
    int code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    printf("%d %zu\n", code, jobs[i].length);
    fwrite(jobs[i].output, 1, jobs[i].length, stdout);
  }
  return fflush(stdout) ? 1 : 0;
}
