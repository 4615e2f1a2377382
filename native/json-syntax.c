#include "json.h"
#include "text.h"

typedef struct {
  const uint8_t *at;
  const uint8_t *end;
} cursor_t;

// Each of these takes what it is called after; false where something else is there.

static int peek(const cursor_t *cursor) {
  return cursor->at < cursor->end ? *cursor->at : -1;
}

static bool take(cursor_t *cursor, int byte) {
  if (peek(cursor) != byte) return false;
  cursor->at++;
  return true;
}

static bool is_hex(int byte) {
  return is_digit(byte) || (byte >= 'a' && byte <= 'f') || (byte >= 'A' && byte <= 'F');
}

static void skip_space(cursor_t *cursor) {
  while (is_space(peek(cursor))) cursor->at++;
}

static bool take_word(cursor_t *cursor, const char *word) {
  for (; *word; word++)
    if (!take(cursor, *word)) return false;
  return true;
}

static bool take_digits(cursor_t *cursor) {
  if (!is_digit(peek(cursor))) return false;
  while (is_digit(peek(cursor))) cursor->at++;
  return true;
}

static bool take_number(cursor_t *cursor) {
  take(cursor, '-');
  if (!take(cursor, '0') && !take_digits(cursor)) return false;
  if (take(cursor, '.') && !take_digits(cursor)) return false;
  if (!take(cursor, 'e') && !take(cursor, 'E')) return true;
  if (!take(cursor, '+')) take(cursor, '-');
  return take_digits(cursor);
}

static bool take_escape(cursor_t *cursor) {
  int byte = peek(cursor);
  if (byte <= 0 || !strchr("\"\\/bfnrtu", byte)) return false;
  cursor->at++;
  for (int i = 0; byte == 'u' && i < 4; i++, cursor->at++)
    if (!is_hex(peek(cursor))) return false;
  return true;
}

static bool take_string(cursor_t *cursor) {
  if (!take(cursor, '"')) return false;
  while (!take(cursor, '"')) {
    if (peek(cursor) < ' ') return false; // the end as well
    bool is_escape = take(cursor, '\\');
    if (is_escape && !take_escape(cursor)) return false;
    if (is_escape) continue;
    size_t length = utf8_length(cursor->at, (size_t)(cursor->end - cursor->at));
    if (length == 0) return false;
    cursor->at += length;
  }
  return true;
}

static bool take_scalar(cursor_t *cursor) {
  switch (peek(cursor)) {
    case '"':
      return take_string(cursor);
    case 't':
      return take_word(cursor, "true");
    case 'f':
      return take_word(cursor, "false");
    case 'n':
      return take_word(cursor, "null");
    default:
      return take_number(cursor);
  }
}

// What goes before a value: its key in an object, nothing in an array.
static bool take_key(cursor_t *cursor, uint8_t end) {
  if (end == ']') return true;
  skip_space(cursor);
  if (!take_string(cursor)) return false;
  skip_space(cursor);
  return take(cursor, ':');
}

// `open` is the stack of the objects and arrays around the cursor, each by the byte that ends it.
static bool take_value(cursor_t *cursor, uint8_t *open) {
  size_t depth = 0;
  do {
    skip_space(cursor);
    bool is_object = take(cursor, '{');
    if (is_object || take(cursor, '[')) {
      open[depth++] = is_object ? '}' : ']';
      skip_space(cursor);
      bool is_empty = peek(cursor) == open[depth - 1];
      if (!is_empty && !take_key(cursor, open[depth - 1])) return false;
      if (!is_empty) continue;
    } else if (!take_scalar(cursor)) {
      return false;
    }
    skip_space(cursor);
    while (depth > 0 && take(cursor, open[depth - 1])) {
      depth--;
      skip_space(cursor);
    }
    if (depth > 0 && !(take(cursor, ',') && take_key(cursor, open[depth - 1]))) return false;
  } while (depth > 0);
  return true;
}

const uint8_t *json_parse(const uint8_t *bytes, size_t length, uint8_t *open) {
  cursor_t cursor = {bytes, bytes + length};
  skip_space(&cursor);
  const uint8_t *value = cursor.at;
  return take_value(&cursor, open) && cursor.at == cursor.end ? value : NULL;
}
