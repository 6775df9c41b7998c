// out = x + y·gate with the vector of the row's group: the gated residual. Blocks
// are spread over n numbers in rows of dim, 4 to a thread.
#include "device.cuh"

KERNEL(256, gate, const u32 *stop, float *out, const float *x, const float *y, const float *table, u32 n, u32 dim,
       u32 every, u32 stride) {
  if (stopped(stop)) return;
  for (u32 i = block_index() * 1024 + thread_index(), e = 0; e < 4 && i < n; e++, i += 256)
    out[i] = fma_f32(y[i], table[(u64)(i / dim / every) * stride + i % dim], x[i]);
}
