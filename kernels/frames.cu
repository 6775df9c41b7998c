// Colours in −1 … 1 to bytes, cut off and not rounded, 4 to a thread.
#include "device.cuh"

DEVICE u32 byte_of(float v) { return (u32)((max_f32(-1.f, min_f32(1.f, v)) + 1.f) / 2.f * 255.f); }

KERNEL(256, frames_rgb8, const u32 *stop, u8 *out, const float *x, u32 n) {
  if (stopped(stop)) return;
  const u32 i = (block_index() * 256 + thread_index()) * 4;
  if (i + 4 <= n && whole16(x)) {
    const float4 v = *(const float4 *)(x + i);
    *(u32 *)(out + i) = byte_of(v.x) | byte_of(v.y) << 8 | byte_of(v.z) << 16 | byte_of(v.w) << 24;
    return;
  }
  for (u32 j = i; j < n && j < i + 4; j++) out[j] = (u8)byte_of(x[j]);
}
