// What the native host takes from configurations. Standard input: each one a length of 4 bytes and
// the bytes. Standard output: for each the five texts, each a length of 4 bytes and the bytes.
#include <stdio.h>
#include <stdlib.h>

#include "../../native/policy.h"

static void print(span_t text) {
  uint32_t length = (uint32_t)text.length;
  fwrite(&length, sizeof length, 1, stdout);
  if (length > 0) fwrite(text.bytes, 1, length, stdout);
}

static void answer(uint32_t length, bool is_host_local) {
  // as long as need be, so that a sanitizer sees a byte too many
  uint8_t *bytes = malloc(length), *memory = malloc(length);
  if ((length > 0 && (!bytes || !memory)) || fread(bytes, 1, length, stdin) != length) abort();
  config_t config = read_config(bytes, length, is_host_local, memory);
  print(config.type);
  print(config.resolv_conf);
  print(config.has_leases ? config.data_dir : span_of(""));
  print(config.has_leases ? config.name : span_of(""));
  print(span_of(sets_sysctl(&config, "net.ipv4.conf.IFNAME.", span_of("keep")) ? "keep" : ""));
  free(bytes);
  free(memory);
}

int main(int count, char **words) {
  uint32_t length;
  bool is_host_local = count > 1 && strcmp(words[1], "host-local") == 0;
  while (fread(&length, sizeof length, 1, stdin) == 1) answer(length, is_host_local);
  return 0;
}
