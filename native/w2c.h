// The core as wasm2c translates it, under names of ours. Those of wabt 1.0.32, in which a symbol is
// Z_<module>Z_<name>; another version writes others, and then this file is all that has to change.
#ifndef W2C_H
#define W2C_H

#include "core.h"
#include "wasm-rt-impl.h"

#define IMPORT(name) Z_hostZ_##name
#define EXPORT(name) Z_coreZ_##name

// What every import gets first: the world that the instance was made with.
typedef struct Z_host_instance_t host_t;
typedef Z_core_instance_t core_t;

#define core_init_module Z_core_init_module
#define core_instantiate Z_core_instantiate
#define core_free Z_core_free

#endif
