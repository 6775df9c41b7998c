// out is the sum of parts, each times its own number, taken in f64: what samplers
// and guidance do to latents. parts points to the addresses of `count` of them.
#include "device.cuh"

KERNEL(256, mix, const u32 *stop, float *out, const double *c, const float *const *parts, u32 count, u32 n) {
  if (stopped(stop)) return;
  const u32 i = block_index() * 256 + thread_index();
  if (i >= n) return;
  double sum = 0;
  for (u32 j = 0; j < count; j++) sum = fma_f64(c[j], (double)parts[j][i], sum);
  out[i] = (float)sum;
}
