// LayerNorm without parameters, then x·(1+scale)+shift with the vectors of the
// row's group: every so many rows have their own, stride numbers apart. A block is
// a row; 32 bytes of shared memory.
#include "norm.cuh"

KERNEL(256, norm_modulate, const u32 *stop, void *out, const float *x, const float *scale, const float *shift, u32 rows,
       u32 dim, float eps, u32 every, u32 stride, u32 store) {
  if (all_stopped(stop)) return;
  const u64 group = (u64)(block_index() / every) * stride;
  Norm{LAYER_NORM, dim, eps, nullptr, nullptr, scale + group, shift + group, NO_ACT, store}.rows(out, x, rows, false);
}
