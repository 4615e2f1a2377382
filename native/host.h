// What the parts of the host have in common.
#ifndef HOST_H
#define HOST_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// A program that is run to its end (`spawn` of docs/abi.md).
typedef struct {
  const char *path;
  const char *command; // the value of CNI_COMMAND for it
  const uint8_t *input;
  size_t input_length;
  uint8_t *output; // its standard output
  size_t output_capacity;
  size_t output_length;
  uint8_t *log; // the end of its standard error
  size_t log_capacity;
  size_t log_length;
} program_t;

// The wait status (waitpid(2)), or -errno: -E2BIG after more output than there is room for.
int run_program(program_t *program);

// send(2) in a process of its own. Returns the descriptor that its result comes out of, or -errno.
int send_beside(int fd, const void *bytes, size_t length, int flags);

#endif
