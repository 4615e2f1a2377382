// The core's memory, in the place of the runtime's own functions for it (see Makefile), which clear
// what the kernel gives clear already: on a process of a millisecond that is a fifth.
#define _GNU_SOURCE
#include <sys/mman.h>

#include "w2c.h"

enum { PAGE = 65536 }; // of WebAssembly

static void *map(size_t length) {
  return mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

void wasm_rt_allocate_memory(wasm_rt_memory_t *memory, uint32_t pages, uint32_t max_pages) {
  memory->data = map((size_t)pages * PAGE);
  if (memory->data == MAP_FAILED) wasm_rt_trap(WASM_RT_TRAP_OOB);
  memory->pages = pages;
  memory->max_pages = max_pages;
  memory->size = pages * PAGE;
}

uint32_t wasm_rt_grow_memory(wasm_rt_memory_t *memory, uint32_t delta) {
  uint32_t pages = memory->pages;
  if (delta > memory->max_pages - pages) return UINT32_MAX;
  if (delta == 0) return pages;
  size_t length = (size_t)(pages + delta) * PAGE;
  void *data = mremap(memory->data, memory->size, length, MREMAP_MAYMOVE);
  if (data == MAP_FAILED) return UINT32_MAX;
  memory->data = data;
  memory->pages += delta;
  memory->size = (uint32_t)length;
  return pages;
}
