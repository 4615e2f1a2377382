#include "json.h"

#include <string.h>

// All of this is about a text whose syntax has been checked: what is open is closed before its end.

static const uint8_t *after_space(const uint8_t *at) {
  while (is_space(*at)) at++;
  return at;
}

static const uint8_t *after_string(const uint8_t *at) {
  for (at++; *at != '"'; at++)
    if (*at == '\\') at++;
  return at + 1;
}

// The position after a value within an object or array.
static const uint8_t *after_value(const uint8_t *at) {
  size_t depth = 0;
  do {
    if (*at == '{' || *at == '[') depth++;
    if (*at == '}' || *at == ']') depth--;
    at = *at == '"' ? after_string(at) : at + 1;
  } while (depth > 0);
  while (!is_space(*at) && *at != ',' && *at != '}' && *at != ']') at++;
  return at;
}

static uint32_t hex4(const uint8_t *at) {
  uint32_t value = 0;
  for (int i = 0; i < 4; i++)
    value = value << 4 | (uint32_t)(is_digit(at[i]) ? at[i] - '0' : (at[i] | 0x20) - 'a' + 10);
  return value;
}

// The code point of the \u at `at`, and of the one after it where both are one character.
static uint32_t escaped(const uint8_t **at) {
  uint32_t code = hex4(*at + 2);
  *at += 6;
  if (code < 0xd800 || code > 0xdfff) return code;
  bool has_second = code < 0xdc00 && (*at)[0] == '\\' && (*at)[1] == 'u';
  uint32_t second = has_second ? hex4(*at + 2) : 0;
  if (second < 0xdc00 || second > 0xdfff) return 0xfffd;
  *at += 6;
  return 0x10000 + ((code & 0x3ff) << 10 | (second & 0x3ff));
}

static size_t put_utf8(uint8_t *target, uint32_t code) {
  if (code < 0x80) {
    target[0] = (uint8_t)code;
    return 1;
  }
  size_t length = code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  for (size_t i = length - 1; i > 0; i--, code >>= 6) target[i] = 0x80 | (code & 0x3f);
  target[0] = (uint8_t)(0xf00 >> length | code);
  return length;
}

// Decodes what is at `at` in a string, an escape or a byte of its own. Returns the length of it.
static size_t decode(const uint8_t **at, uint8_t *target) {
  static const char LETTERS[] = "bfnrt", MEANT[] = "\b\f\n\r\t";
  if (**at != '\\') {
    target[0] = *(*at)++;
    return 1;
  }
  uint8_t letter = (*at)[1];
  if (letter == 'u') return put_utf8(target, escaped(at));
  const char *found = strchr(LETTERS, letter);
  target[0] = found ? (uint8_t)MEANT[found - LETTERS] : letter;
  *at += 2;
  return 1;
}

static uint8_t lower(uint8_t byte) {
  return byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
}

// Whether the string at `at` is `key`, which is ASCII; `is_exact` where the letter case is as well.
static bool is_key(const uint8_t *at, const char *key, bool *is_exact) {
  uint8_t character[4];
  *is_exact = true;
  at++;
  for (; *key && *at != '"'; key++) {
    decode(&at, character);
    *is_exact &= character[0] == (uint8_t)*key;
    if (lower(character[0]) != lower((uint8_t)*key)) return false;
  }
  return *key == 0 && *at == '"';
}

const uint8_t *json_member(const uint8_t *value, const char *key) {
  const uint8_t *exact = NULL, *similar = NULL;
  if (!value || *value != '{') return NULL;
  for (const uint8_t *at = after_space(value + 1); *at != '}';) {
    bool is_exact, is_found = is_key(at, key, &is_exact);
    at = after_space(after_space(after_string(at)) + 1); // the colon
    if (is_found && is_exact) exact = at;
    else if (is_found) similar = at;
    at = after_space(after_value(at));
    if (*at == ',') at = after_space(at + 1);
  }
  return exact ? exact : similar;
}

size_t json_string(const uint8_t *value, uint8_t *target) {
  size_t length = 0;
  if (!value || *value != '"') return 0;
  for (const uint8_t *at = value + 1; *at != '"';) length += decode(&at, target + length);
  return length;
}
