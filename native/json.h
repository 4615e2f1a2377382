// JSON (RFC 8259) as far as the policy needs it. Nothing is copied or recursive: values are places
// in the text.
#ifndef JSON_H
#define JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The value that the bytes are one JSON text of; NULL where they are none.
//
// `open` has room for as many bytes: how deep values may be nested is not limited.
const uint8_t *json_parse(const uint8_t *bytes, size_t length, uint8_t *open);

// The member of an object that the core would take (assembly/json/value.ts): its key in any letter
// case, the exact one preferred, of several the last. NULL where there is none, or no object.
const uint8_t *json_member(const uint8_t *value, const char *key);

// Writes the characters of a string as UTF-8, which is never longer than the JSON text of it; half
// a surrogate pair becomes U+FFFD. Returns the length; 0 for what is no string.
size_t json_string(const uint8_t *value, uint8_t *target);

static inline bool is_space(int byte) {
  return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static inline bool is_digit(int byte) {
  return byte >= '0' && byte <= '9';
}

#endif
