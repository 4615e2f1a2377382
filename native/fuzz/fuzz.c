// One call of the plugin in a world that a fuzzer makes up, and what must be true of it, whatever
// the world is like.
#include <stdio.h>
#include <stdlib.h>

#include "guest.h"
#include "netlink.h"
#include "world.h"

enum { PAGES = 1024 }; // of WebAssembly: 64 MiB

static const char *const commands[] = {"ADD", "DEL", "CHECK", "GC", "STATUS", "VERSION", "", "add"};
static const char *const programs[] = {"macvlan", "host-local", "static"};

void fail(const char *what) {
  fprintf(stderr, "%s %s: %s\nstdout: %.*s\n", world.program, world.command, what,
          (int)world.output_length, world.output);
  abort();
}

// One JSON object and nothing after it but white space.
static bool is_one_object(const char *text, size_t length) {
  int depth = 0;
  bool is_text = false, has_ended = false;
  for (size_t i = 0; i < length; i++) {
    char c = text[i];
    if (is_text) {
      if (c == '\\') i++;
      else if (c == '"') is_text = false;
      continue;
    }
    if (c == '\n' || c == ' ') continue;
    if (has_ended || (depth == 0 && c != '{')) return false;
    if (c == '"') is_text = true;
    if (c == '{' || c == '[') depth++;
    if (c == '}' || c == ']') has_ended = --depth == 0;
  }
  return has_ended;
}

static void judge(u32 status, const core_t *core) {
  const char *code = strstr(world.output, "\"code\": ");
  bool has_answer = strcmp(world.command, "ADD") == 0 || strcmp(world.command, "VERSION") == 0;
  for (int fd = FIRST; fd < DESCRIPTORS; fd++)
    if (world.is_open[fd]) fail("leaves a descriptor open");
  if (core->w2c_memory.pages > PAGES) fail("takes too much memory");
  if (world.faults_hit > 0) return; // which may be that of the answer, or of the way home
  if (world.entered != 0) fail("ends in the container");
  if (status > 1) fail("has an exit status of its own");
  if (status == 0 && !has_answer && world.output_length > 0) fail("prints what nobody asked for");
  if (status == 0 && !has_answer) return;
  if (!is_one_object(world.output, world.output_length)) fail("does not print one object");
  if (status == 0) return;
  int number = code ? atoi(code + strlen("\"code\": ")) : 0;
  if (number == 0 || number == 999) fail("has no code for its error");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length) {
  static core_t core;
  static host_t host = {&core.w2c_memory};
  memset(&world, 0, offsetof(__typeof__(world), output));
  world.story = (span_t){bytes, length};
  world.command = commands[take_u8(&world.story) % (sizeof commands / sizeof *commands)];
  world.program = programs[take_u8(&world.story) % (sizeof programs / sizeof *programs)];
  world.input = take_chunk(&world.story);
  world.args = take_chunk(&world.story);
  world.faults = take_chunk(&world.story);
  netlink_reset();
  core_init_module();
  core_instantiate(&core, &host);
  wasm_rt_trap_t trap = wasm_rt_impl_try();
  if (trap != WASM_RT_TRAP_NONE) fail(wasm_rt_strerror(trap));
  u32 status = EXPORT(run)(&core);
  world.output[world.output_length] = 0;
  judge(status, &core);
  core_free(&core);
  return 0;
}
