// Reorders dimensions: out has up to 8 of them, each given as its size in the high
// and its stride in x in the low half, innermost last; those not there have size 1.
#include "device.cuh"

KERNEL(256, permute, const u32 *stop, float *out, const float *x, u32 n, u64 d0, u64 d1, u64 d2, u64 d3, u64 d4, u64 d5, u64 d6,
       u64 d7) {
  if (stopped(stop)) return;
  const u64 dims[8] = {d0, d1, d2, d3, d4, d5, d6, d7};
  for (u32 i = block_index() * 1024 + thread_index(), e = 0; e < 4 && i < n; e++, i += 256) {
    u32 rest = i, from = 0;
    UNROLL for (int d = 7; d >= 0; d--) {
      const u32 size = (u32)(dims[d] >> 32);
      if (size == 1) continue;
      from += rest % size * (u32)dims[d];
      rest /= size;
    }
    out[i] = x[from];
  }
}
