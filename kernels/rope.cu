// Turns neighbouring pairs of every head by the row's angles; a thread turns one
// of n pairs. cos and sin are [rows, half], a row has `pairs` pairs.
#include "device.cuh"

KERNEL(256, rope, const u32 *stop, float *out, const float *x, const float *cosine, const float *sine, u32 n, u32 pairs, u32 half) {
  if (stopped(stop)) return;
  const u32 i = block_index() * 256 + thread_index();
  if (i >= n) return;
  const u64 at = (u64)(i / pairs) * half + i % pairs % half;
  const float2 v = ((const float2 *)x)[i];
  const float c = cosine[at], s = sine[at];
  ((float2 *)out)[i] = float2{v.x * c - v.y * s, v.x * s + v.y * c};
}
