// Turns neighbouring pairs of every head by the row's angles; a thread turns two of
// n pairs. cos and sin are [rows, half], a row has `pairs` pairs.
#include "number.cuh"

KERNEL(256, rope, const u32 *stop, void *out, const float *x, const float *cosine, const float *sine, u32 n, u32 pairs, u32 half,
       u32 store) {
  if (stopped(stop)) return;
  const u32 i = (block_index() * 256 + thread_index()) * 2;
  if (i >= n) return;
  const u64 at = (u64)(i / pairs) * half + i % pairs % half;
  if (half % 2 == 0 && pairs % 2 == 0 && whole16(x) && whole16(out)) { // both in one head
    const float4 v = ((const float4 *)x)[i / 2];
    const float c = cosine[at], s = sine[at], d = cosine[at + 1], r = sine[at + 1];
    put4(out, 2 * (u64)i, store, float4{v.x * c - v.y * s, v.x * s + v.y * c, v.z * d - v.w * r, v.z * r + v.w * d});
    return;
  }
  for (u32 j = i; j < i + 2 && j < n; j++) {
    const u64 own = (u64)(j / pairs) * half + j % pairs % half;
    const float2 v = ((const float2 *)x)[j];
    const float c = cosine[own], s = sine[own];
    put2(out, 2 * (u64)j, store, v.x * c - v.y * s, v.x * s + v.y * c);
  }
}
