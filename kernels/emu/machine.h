// What the server of the emulated machine needs of it.
#pragma once
#include "../include/device.cuh"
#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#define ASAN_UNPOISON_MEMORY_REGION(p, n) ((void)(p), (void)(n))
#endif

namespace emu {

void run(const Kernel *k, u32 blocks, u32 threads, u32 shared_size, const u64 *arguments);

// guard forbids what lies between the size and the end of its last 128 bytes.
inline void guard(char *p, u32 size) { ASAN_POISON_MEMORY_REGION(p + size, (size + 127) / 128 * 128 - size); }
inline void unguard(char *p, u32 size) { ASAN_UNPOISON_MEMORY_REGION(p, (size + 127) / 128 * 128); }

}  // namespace emu
