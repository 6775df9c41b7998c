// Rounds rows of k numbers to 16 bits, padded with zeros to `padded`, a multiple of
// 8: what a product on tensor cores reads. Each thread makes 8.
#include "number.cuh"

template <class T> DEVICE void narrow(u16 *out, const float *x, u32 rows, u32 k, u32 padded) {
  const u32 pieces = padded / 8;
  const u64 i = (u64)block_index() * 256 + thread_index();
  if (i >= (u64)rows * pieces) return;
  const u64 row = i / pieces;
  const u32 at = (u32)(i % pieces) * 8;
  const float *from = x + row * k + at;
  float v[8];
  if (at + 8 <= k && k % 4 == 0 && whole16(x)) {
    const float4 a = ((const float4 *)from)[0], b = ((const float4 *)from)[1];
    v[0] = a.x, v[1] = a.y, v[2] = a.z, v[3] = a.w, v[4] = b.x, v[5] = b.y, v[6] = b.z, v[7] = b.w;
  } else {
    UNROLL for (u32 j = 0; j < 8; j++) v[j] = at + j < k ? from[j] : 0.f;
  }
  *(uint4 *)(out + row * padded + at) = uint4{T::pair(v[0], v[1]), T::pair(v[2], v[3]), T::pair(v[4], v[5]), T::pair(v[6], v[7])};
}

KERNEL(256, narrow_bf16, const u32 *stop, u16 *out, const float *x, u32 rows, u32 k, u32 padded) {
  if (stopped(stop)) return;
  narrow<Brain>(out, x, rows, k, padded);
}

KERNEL(256, narrow_f16, const u32 *stop, u16 *out, const float *x, u32 rows, u32 k, u32 padded) {
  if (stopped(stop)) return;
  narrow<Half>(out, x, rows, k, padded);
}
