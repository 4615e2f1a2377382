// The one place where the core's pointers become ours (docs/abi.md, "Rules for all functions").
//
// Nothing made here outlives the call it was made for: memory may grow, and move, between calls.
#ifndef GUEST_H
#define GUEST_H

#include <errno.h>

#include "text.h"
#include "w2c.h"

enum { TEXT_LENGTH = 4095 }; // PATH_MAX less the NUL byte (linux/limits.h)

struct Z_host_instance_t {
  wasm_rt_memory_t *memory;
};

// A path, the name of a variable or a command: UTF-8 with a NUL byte at its end.
typedef struct {
  char bytes[TEXT_LENGTH + 1];
} text_t;

// `length` bytes at `pointer`: 0, -EINVAL for a negative length, -EFAULT outside memory. The sum is
// one of 64 bits, so it does not wrap around.
static inline int guest_range(host_t *host, u32 pointer, int64_t length, void *range) {
  if (length < 0) return -EINVAL;
  if ((uint64_t)pointer + (uint64_t)length > host->memory->size) return -EFAULT;
  *(void **)range = host->memory->data + pointer;
  return 0;
}

// As guest_range, for a length that the core gives as an i32.
static inline int guest_bytes(host_t *host, u32 pointer, u32 length, void *bytes) {
  return guest_range(host, pointer, (s32)length, bytes);
}

// Text: also -ENAMETOOLONG, and -EINVAL where it has a NUL byte in it or is not UTF-8.
static inline int guest_text(host_t *host, u32 pointer, u32 length, text_t *text) {
  const uint8_t *bytes;
  int error = guest_bytes(host, pointer, length, &bytes);
  if (error) return error;
  if (length > TEXT_LENGTH) return -ENAMETOOLONG;
  for (size_t at = 0, step; at < length; at += step) {
    step = utf8_length(bytes + at, length - at);
    if (step == 0 || bytes[at] == 0) return -EINVAL;
  }
  memcpy(text->bytes, bytes, length);
  text->bytes[length] = 0;
  return 0;
}

#endif
