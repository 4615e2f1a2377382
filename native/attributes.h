// The bytes of messages to the kernel, read as it reads them.
#ifndef ATTRIBUTES_H
#define ATTRIBUTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "uapi.h"

enum { NLMSGHDR = 16, NLATTR = 4, NEW = NLM_F_CREATE | NLM_F_EXCL };

// Some bytes of a message that are still to be read.
typedef struct {
  const uint8_t *at;
  size_t length;
} rest_t;

static inline uint16_t get_u16(const uint8_t *at) {
  uint16_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

static inline uint32_t get_u32(const uint8_t *at) {
  uint32_t value;
  memcpy(&value, at, sizeof value);
  return value;
}

// Goes over `length` bytes and what fills them up to a multiple of four.
static inline void skip(rest_t *rest, size_t length) {
  size_t step = (length + 3) & ~(size_t)3;
  if (step > rest->length) step = rest->length;
  *rest = (rest_t){rest->at + step, rest->length - step};
}

// The length of the attribute that comes next, its header included; 0 if it does not fit.
static inline size_t attribute_length(rest_t rest) {
  size_t length = rest.length >= NLATTR ? get_u16(rest.at) : 0;
  return length >= NLATTR && length <= rest.length ? length : 0;
}

static inline int attribute_type(rest_t rest) {
  return get_u16(rest.at + 2) & NLA_TYPE_MASK;
}

// Whether IFLA_LINKINFO says that the link is a macvlan.
bool is_macvlan(rest_t info);

#endif
