// The bytes that a fuzzer makes up, as a story: what the runtime asks, and what the world answers.
//
//   u8 command   u8 program   then chunks, each u16 length (little-endian) and as many bytes
//
// The chunks are standard input, CNI_ARGS, faults, and then the answers in the order in which they
// are asked for. Faults are pairs of bytes: the number of the call that fails, and its errno. An
// answer begins with its kind. Where the story has come to its end, all goes well.
#ifndef INPUT_H
#define INPUT_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

typedef struct {
  const uint8_t *bytes;
  size_t length;
} span_t;

enum { USUAL, RAW, FAILS, KINDS };

typedef struct {
  int kind;
  span_t span;
} answer_t;

static inline uint8_t take_u8(span_t *rest) {
  if (rest->length == 0) return 0;
  rest->length--;
  return *rest->bytes++;
}

static inline span_t take_chunk(span_t *rest) {
  size_t length = take_u8(rest);
  length |= (size_t)take_u8(rest) << 8;
  if (length > rest->length) length = rest->length;
  span_t chunk = {rest->bytes, length};
  rest->bytes += length;
  rest->length -= length;
  return chunk;
}

static inline answer_t take_answer(span_t *rest) {
  answer_t answer = {USUAL, take_chunk(rest)};
  answer.kind = take_u8(&answer.span) % KINDS;
  return answer;
}

#endif
