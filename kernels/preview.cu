// Latent pixels of c channels to colours: bias + Σ channel·weight, cut off to
// bytes. weights are [c, 3]; a thread makes one pixel.
#include "device.cuh"

KERNEL(256, preview_rgb8, const u32 *stop, u8 *out, const float *x, const float *weights, const float *bias, u32 n, u32 c) {
  if (stopped(stop)) return;
  const u32 i = block_index() * 256 + thread_index();
  if (i >= n) return;
  float r = bias[0], g = bias[1], b = bias[2];
  for (u32 k = 0; k < c; k++) {
    const float v = x[(u64)i * c + k];
    r = fma_f32(v, weights[3 * k], r), g = fma_f32(v, weights[3 * k + 1], g), b = fma_f32(v, weights[3 * k + 2], b);
  }
  const float rgb[3] = {r, g, b};
  UNROLL for (int j = 0; j < 3; j++) out[3 * (u64)i + j] = (u8)((max_f32(-1.f, min_f32(1.f, rgb[j])) + 1.f) / 2.f * 255.f);
}
