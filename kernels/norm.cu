// Norms of rows (see include/norm.cuh): blocks of 8 rows with a warp each, or of
// one row; 32 bytes of shared memory.
#include "norm.cuh"

KERNEL(256, norm, const u32 *stop, void *out, const float *x, const float *weight, const float *bias, u32 rows, u32 dim,
       u32 kind, float eps, u32 act, u32 by_warp, u32 store) {
  if (all_stopped(stop)) return;
  Norm{kind, dim, eps, weight, bias, nullptr, nullptr, act, store}.rows(out, x, rows, by_warp);
}
