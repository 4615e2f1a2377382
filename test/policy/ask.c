// Asks the native host's policy for config.test.ts, messages.test.ts and frames.test.ts. Standard
// input: questions, each a length of 4 bytes and the bytes. Standard output: for each what all
// arguments ask for, in the same way.
//
//   macvlan, host-local   what the program of this name takes from a configuration: eight texts
//   host, container       whether messages may be sent in this namespace: one text, yes or no
//   host-ADD, host-DEL    the same in the host's, with hostAccess in the configuration
//   host-up               the same in the host's, where a master may be set up
//   frame, listen         whether a packet socket may send this, or be bound to it
#include <stdio.h>
#include <stdlib.h>

#include "../../native/policy.h"

enum { NETNS = 7 }; // a descriptor of the container's namespace

static void print(string_t text) {
  uint32_t length = (uint32_t)text.length;
  fwrite(&length, sizeof length, 1, stdout);
  if (length > 0) fwrite(text.bytes, 1, length, stdout);
}

static void print_config(const uint8_t *bytes, size_t length, bool is_host_local) {
  uint8_t *memory = malloc(length);
  if (!memory) abort();
  config_t config = read_config(bytes, length, is_host_local, memory);
  print(config.type);
  print(config.resolv_conf);
  print(config.has_leases ? config.data_dir : string_of(""));
  print(config.name);
  bool keeps = sets_sysctl(&config, "net.ipv4.conf.IFNAME.", string_of("keep"));
  print(string_of(keeps ? "keep" : ""));
  print(string_of(config.opens_host ? "open" : ""));
  print(string_of(config.raises_master ? "up" : ""));
  print(string_of(config.has_ipv6 ? "ipv6" : ""));
  free(memory);
}

static void print_answer(bool is_allowed) {
  print(string_of(is_allowed ? "yes" : "no"));
}

static void answer(const char *about, const uint8_t *bytes, size_t length) {
  bool is_host = strncmp(about, "host-", 5) == 0 && strcmp(about, "host-local") != 0;
  setenv("CNI_COMMAND", is_host ? about + 5 : "", 1);
  bool is_host_up = strcmp(about, "host-up") == 0;
  if (is_host || strcmp(about, "host") == 0)
    print_answer(may_tell_host(bytes, length, is_host_up));
  else if (strcmp(about, "container") == 0) print_answer(may_tell_container(bytes, length));
  else if (strcmp(about, "frame") == 0) print_answer(is_frame_of_ours(bytes, length));
  else if (strcmp(about, "listen") == 0) print_answer(may_listen(bytes, length));
  else print_config(bytes, length, strcmp(about, "host-local") == 0);
}

int main(int count, char **words) {
  uint32_t length;
  add_descriptor(NETNS, CONTAINER);
  static const char INPUT[] = "{\"hostAccess\":true}";
  if (reserve_input(sizeof INPUT) != 0) abort();
  take_input((const uint8_t *)INPUT, sizeof INPUT - 1);
  take_input(NULL, 0);
  while (fread(&length, sizeof length, 1, stdin) == 1) {
    // as long as need be, so that a sanitizer sees a byte too many
    uint8_t *bytes = malloc(length);
    if (!bytes || fread(bytes, 1, length, stdin) != length) abort();
    for (int i = 1; i < count; i++) answer(words[i], bytes, length);
    free(bytes);
  }
  return 0;
}
