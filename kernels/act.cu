// out = act(x) of n numbers, 4 to a thread.
#include "number.cuh"

KERNEL(256, act, const u32 *stop, float *out, const float *x, u32 n, u32 kind) {
  if (stopped(stop)) return;
  for (u32 i = block_index() * 1024 + thread_index(), e = 0; e < 4 && i < n; e++, i += 256) out[i] = activate(kind, x[i]);
}
