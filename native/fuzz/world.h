// The world of one call of the plugin: what is known of it at any time.
#ifndef WORLD_H
#define WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "input.h"

enum { DESCRIPTORS = 256, FIRST = 3, OUTPUT = 1 << 20 };

typedef struct {
  span_t story, input, args, faults;
  const char *command, *program;
  int calls, faults_hit;
  bool is_open[DESCRIPTORS];
  bool is_packet[DESCRIPTORS]; // a packet socket, not one of netlink
  bool at_end[DESCRIPTORS]; // of a file that has been read
  int namespaces[DESCRIPTORS]; // what a descriptor stands for, if it is one
  int entered;
  int64_t time;
  size_t output_length;
  char output[OUTPUT + 1];
} world_t;

extern world_t world;

// Says what must not be, and ends the fuzzing.
void fail(const char *what);

#endif
