// Runs a program that is killed by SIGKILL when it is about to make its n-th system call, and ends
// as it does, in the same way. Everything is in the environment, so that the program can be called
// as a plugin is:
//
//   KILL_PROGRAM  its path
//   KILL_AT       n, counted from 1
//   KILL_WHO      whose calls are counted, and who is killed: "process", each call from the first
//                 one; "runtime", of its first thread only, from the first read(2) of standard
//                 input, without those by which a runtime manages memory and threads; "child", the
//                 process that it forks
//
// Where it is killed, standard error says at which call, by its number.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct __ptrace_syscall_info call_t;

static bool is_runtime, is_child, has_begun;
static long left;

static void die(const char *what) {
  fprintf(stderr, "kill-at: %s: %s\n", what, strerror(errno));
  exit(125);
}

static const char *variable(const char *name) {
  const char *value = getenv(name);
  errno = EINVAL;
  if (!value) die(name);
  return value;
}

static bool is_of_runtime(long number) {
  static const long numbers[] = {
      SYS_brk,          SYS_mmap,           SYS_munmap, SYS_mprotect, SYS_mremap, SYS_madvise,
      SYS_rt_sigaction, SYS_rt_sigprocmask, SYS_getpid, SYS_futex,    SYS_clone3, SYS_sched_yield,
      SYS_epoll_ctl,    SYS_epoll_pwait,
  };
  for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
    if (numbers[i] == number) return true;
  return false;
}

/** Whether a call is one of those that are counted. */
static bool counts(const call_t *call) {
  if (call->op != PTRACE_SYSCALL_INFO_ENTRY) return false;
  if (!is_runtime) return true;
  long number = (long)call->entry.nr;
  if (number == SYS_read && call->entry.args[0] == STDIN_FILENO) has_begun = true;
  return has_begun && !is_of_runtime(number);
}

/** At the beginning or end of a call of the victim's. */
static void meet(pid_t victim) {
  call_t call;
  if (ptrace(PTRACE_GET_SYSCALL_INFO, victim, sizeof call, &call) < 0) return;
  if (!counts(&call) || --left != 0) return;
  fprintf(stderr, "killed at a call of number %llu\n", (unsigned long long)call.entry.nr);
  kill(victim, SIGKILL);
}

/** The first process, stopped behind its execve(2). */
static pid_t start(const char *program) {
  pid_t pid = fork();
  if (pid < 0) die("fork");
  if (pid == 0) {
    if (ptrace(PTRACE_TRACEME, 0, 0, 0) < 0) die("ptrace");
    execl(program, program, (char *)NULL);
    die(program);
  }
  int status;
  if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status)) die("execve");
  // nothing that is traced outlives us
  long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
  if (is_child) options |= PTRACE_O_TRACEFORK;
  if (ptrace(PTRACE_SETOPTIONS, pid, 0, options) < 0) die("options");
  return pid;
}

/** Lets who is stopped go on, for the reason that it stopped. */
static void go_on(pid_t pid, bool is_victim, int status) {
  int signal = WSTOPSIG(status), event = status >> 16;
  bool is_own = signal == (SIGTRAP | 0x80) || event != 0 || (is_victim && signal == SIGSTOP);
  if (is_victim && signal == (SIGTRAP | 0x80)) meet(pid);
  ptrace(is_victim ? PTRACE_SYSCALL : PTRACE_CONT, pid, 0, is_own ? 0 : signal);
}

int main(void) {
  const char *who = variable("KILL_WHO");
  left = atol(variable("KILL_AT"));
  is_runtime = strcmp(who, "runtime") == 0;
  is_child = strcmp(who, "child") == 0;
  pid_t first = start(variable("KILL_PROGRAM"));
  ptrace(is_child ? PTRACE_CONT : PTRACE_SYSCALL, first, 0, 0);
  int status, result = 0;
  for (pid_t pid; (pid = waitpid(-1, &status, __WALL)) > 0;) {
    if (WIFSTOPPED(status)) go_on(pid, (pid != first) == is_child, status);
    else if (pid == first) result = status;
  }
  if (WIFEXITED(result)) return WEXITSTATUS(result);
  raise(WTERMSIG(result));
  return 126;
}
