// attention.cu for compute capability 9.0 (include/ahead.cuh): heads of 64 and 128
// numbers in bf16, 128 queries to a piece, 128 or 176 keys at a time. A launch makes the
// pieces first … first + count − 1, as many blocks as there are processors taking them
// in turn.
#include "ahead.cuh"

#define AHEAD(name, D, Keys)                                                                                           \
  HOPPER_KERNEL(384, name, const u32 *stop, const Map *maps, void *out, u32 heads, u32 d, float scale,                   \
                u32 kind, u32 first, u32 count, u32 patience, ROWS_ARGUMENTS) {                                         \
    if (all_stopped(stop)) return;                                                                                      \
    ahead<Brain, D, Keys>(stop, maps, Attending{out, heads, d, scale, kind, first, count, ROWS}, patience);      \
  }
AHEAD(ahead_bf16_64x128, 64, 128)
AHEAD(ahead_bf16_64x176, 64, 176)
AHEAD(ahead_bf16_128x128, 128, 128)
AHEAD(ahead_bf16_128x176, 128, 176)
