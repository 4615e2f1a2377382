// Texts by pointer and length: those of a configuration may have NUL bytes in them.
#ifndef TEXT_H
#define TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
  const char *bytes;
  size_t length;
} span_t;

static inline span_t span_of(const char *text) {
  return (span_t){text, strlen(text)};
}

// Whether `text` begins with `start`, which then is taken off it.
static inline bool take_start(span_t *text, span_t start) {
  if (start.length > text->length || memcmp(text->bytes, start.bytes, start.length) != 0)
    return false;
  *text = (span_t){text->bytes + start.length, text->length - start.length};
  return true;
}

static inline bool is_equal(span_t text, span_t other) {
  return text.length == other.length && take_start(&text, other);
}

// A name that something in a directory can have.
static inline bool is_name(span_t text) {
  return text.length > 0 && !is_equal(text, span_of(".")) && !is_equal(text, span_of("..")) &&
         memchr(text.bytes, '/', text.length) == NULL;
}

// The length in bytes of the character at `at`, 0 where the bytes are no UTF-8 (RFC 3629): cut off,
// longer than need be, a surrogate, or beyond U+10FFFF.
static inline size_t utf8_length(const uint8_t *at, size_t room) {
  uint8_t lead = at[0];
  if (lead < 0x80) return 1;
  size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || length > room) return 0;
  for (size_t i = 1; i < length; i++)
    if ((at[i] & 0xc0) != 0x80) return 0;
  if ((lead == 0xe0 && at[1] < 0xa0) || (lead == 0xed && at[1] >= 0xa0)) return 0;
  if ((lead == 0xf0 && at[1] < 0x90) || (lead == 0xf4 && at[1] >= 0x90)) return 0;
  return length;
}

#endif
