// out = x·(1+scale)+shift with the vectors of the row's group. Blocks are spread
// over n numbers in rows of dim, 4 to a thread.
#include "device.cuh"

KERNEL(256, modulate, const u32 *stop, float *out, const float *x, const float *scale, const float *shift, u32 n, u32 dim,
       u32 every, u32 stride) {
  if (stopped(stop)) return;
  for (u32 i = block_index() * 1024 + thread_index(), e = 0; e < 4 && i < n; e++, i += 256) {
    const u64 at = (u64)(i / dim / every) * stride + i % dim;
    out[i] = fma_f32(x[i], 1.f + scale[at], shift[at]);
  }
}
