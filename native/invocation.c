#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/auxv.h>
#include <unistd.h>

#include "json.h"
#include "policy.h"

static const char HOST_LOCAL[] = "host-local";
static const char DATA_DIR[] = "/var/lib/cni/networks";

// Standard input, as the core has read it.
static struct {
  uint8_t *bytes;
  size_t length;
  size_t capacity;
  bool is_whole;
  config_t config;
} input;

const char *variable(const char *name) {
  const char *value = getenv(name);
  return value ? value : "";
}

const config_t *configuration(void) {
  return &input.config;
}

// The path that was given to execve(2); argv[0] is whatever the caller liked.
static const char *called(void) {
  const char *path = (const char *)getauxval(AT_EXECFN);
  return path ? path : "";
}

static bool is_host_local(void) {
  const char *slash = strrchr(called(), '/');
  return strcmp(slash ? slash + 1 : called(), HOST_LOCAL) == 0;
}

size_t program_path(char path[PROGRAM_SIZE]) {
  const char *file = called();
  size_t length = 0;
  if (file[0] != '/' && getcwd(path, PROGRAM_SIZE / 2)) {
    length = strlen(path);
    path[length++] = '/';
  }
  size_t rest = strnlen(file, PROGRAM_SIZE / 2 - 1);
  memcpy(path + length, file, rest);
  path[length + rest] = 0;
  return length + rest;
}

// The characters of a string, written to `*memory`, which moves on.
static string_t text_of(const uint8_t *value, uint8_t **memory) {
  string_t text = {(char *)*memory, json_string(value, *memory)};
  *memory += text.length;
  return text;
}

config_t read_config(const uint8_t *bytes, size_t length, bool is_host_local, uint8_t *memory) {
  const uint8_t *root = json_parse(bytes, length, memory);
  const uint8_t *ipam = json_member(root, "ipam");
  config_t config = {.type = text_of(json_member(ipam, "type"), &memory)};
  config.sysctl = json_member(root, "sysctl");
  const uint8_t *access = json_member(root, "hostAccess");
  config.opens_host = access && *access == 't';
  config.name = text_of(json_member(root, "name"), &memory);
  // the core takes no network whose name begins with a dot, as the index does
  if (!is_name(config.name) || config.name.bytes[0] == '.') config.name.length = 0;
  const uint8_t *master_up = json_member(root, "masterUp");
  config.raises_master = master_up && *master_up == 't';
  const uint8_t *ipv6 = json_member(root, "ipv6");
  config.has_ipv6 = ipv6 && *ipv6 == '{';
  if (!is_host_local && !is_equal(config.type, string_of(HOST_LOCAL))) return config;
  config.resolv_conf = text_of(json_member(ipam, "resolvConf"), &memory);
  config.data_dir = text_of(json_member(ipam, "dataDir"), &memory);
  if (config.data_dir.length == 0) config.data_dir = string_of(DATA_DIR);
  config.has_leases = config.name.length > 0;
  return config;
}

bool opens_host(void) {
  return input.config.opens_host && strcmp(variable("CNI_COMMAND"), "ADD") == 0;
}

bool closes_host(void) {
  const char *command = variable("CNI_COMMAND");
  return opens_host() || strcmp(command, "DEL") == 0 || strcmp(command, "GC") == 0;
}

bool sets_sysctl(const config_t *config, const char *start, string_t name) {
  char key[2 * SYSCTL_MAX] = {0};
  size_t length = strlen(start);
  memcpy(key, start, length);
  memcpy(key + length, name.bytes, name.length);
  return json_member(config->sysctl, key) != NULL;
}

int reserve_input(size_t length) {
  size_t capacity = input.length + length;
  if (input.is_whole || capacity <= input.capacity) return 0;
  uint8_t *bytes = realloc(input.bytes, capacity);
  if (!bytes) return -ENOMEM;
  input.bytes = bytes;
  input.capacity = capacity;
  return 0;
}

int take_input(const uint8_t *bytes, size_t length) {
  if (input.is_whole) return 0;
  if (length > 0) {
    memcpy(input.bytes + input.length, bytes, length);
    input.length += length;
    return 0;
  }
  uint8_t *memory = malloc(input.length + 1);
  if (!memory) return -ENOMEM;
  input.config = read_config(input.bytes, input.length, is_host_local(), memory);
  input.is_whole = true;
  return 0;
}

bool is_input(const uint8_t *bytes, size_t length) {
  return input.is_whole && length == input.length && memcmp(bytes, input.bytes, length) == 0;
}
