// out = x + y·gate with the vector of the row's group: the gated residual. Blocks
// are spread over n numbers in rows of dim, 4 to a thread.
#include "device.cuh"

KERNEL(256, gate, const u32 *stop, float *out, const float *x, const float *y, const float *table, u32 n, u32 dim,
       u32 every, u32 stride) {
  if (stopped(stop)) return;
  const u32 first = (block_index() * 256 + thread_index()) * 4;
  if (first >= n) return;
  const float *gates = table + (u64)(first / dim / every) * stride + first % dim;
  if (dim % 4 == 0 && whole16(out) && whole16(x) && whole16(y) && whole16(gates)) {
    const float4 a = *(const float4 *)(x + first), b = *(const float4 *)(y + first), g = *(const float4 *)gates;
    *(float4 *)(out + first) = float4{fma_f32(b.x, g.x, a.x), fma_f32(b.y, g.y, a.y), fma_f32(b.z, g.z, a.z), fma_f32(b.w, g.w, a.w)};
    return;
  }
  for (u32 i = first; i < first + 4 && i < n; i++)
    out[i] = fma_f32(y[i], table[(u64)(i / dim / every) * stride + i % dim], x[i]);
}
