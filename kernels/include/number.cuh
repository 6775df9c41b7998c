// Numbers of 16 bits, and functions of one number.
#pragma once
#include "device.cuh"

// Brain is bf16, Half is f16: how a pair is rounded to 32 bits, and one read.
struct Brain {
  DEVICE u32 pair(float lo, float hi);
  DEVICE float wide(u16 v) { return float_of((u32)v << 16); }
};
struct Half {
  DEVICE u32 pair(float lo, float hi);
  DEVICE float wide(u16 v);
};

#ifdef KINORA_EMU
inline u32 Brain::pair(float lo, float hi) { return emu::brain(lo) | (u32)emu::brain(hi) << 16; }
inline u32 Half::pair(float lo, float hi) { return emu::half(lo) | (u32)emu::half(hi) << 16; }
inline float Half::wide(u16 v) { return emu::half_wide(v); }
#else
MEMBER u32 Brain::pair(float lo, float hi) {
  u32 r;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(hi), "f"(lo));
  return r;
}
// What f16 cannot hold becomes its largest number: an infinity would poison a sum.
MEMBER u32 Half::pair(float lo, float hi) {
  u32 r;
  lo = min_f32(max_f32(lo, -65504.f), 65504.f);
  hi = min_f32(max_f32(hi, -65504.f), 65504.f);
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(r) : "f"(hi), "f"(lo));
  return r;
}
MEMBER float Half::wide(u16 v) {
  float r;
  asm("cvt.f32.f16 %0, %1;" : "=f"(r) : "h"(v));
  return r;
}
#endif

// exp_f32 is eˣ: the whole part of x/ln 2 goes into the exponent, the rest is cut
// off with ln 2 in two pieces, so that large x lose nothing.
DEVICE float exp_f32(float x) {
  x = min_f32(max_f32(x, -150.f), 130.f);
  float n = round_f32(x * 1.44269504f);
  float r = fma_f32(n, -0.693359375f, x);
  r = fma_f32(n, 2.12194440e-4f, r);
  return exp2_f32(r * 1.44269504f) * exp2_f32(n * 0.5f) * exp2_f32(n - n * 0.5f);
}

enum Act : u32 { NO_ACT, SILU, GELU };

// activate is one of graph/act.go; GELU is the tanh approximation, which is
// x·σ(2u) for u = √(2/π)(x + 0.044715x³). It is worked out for every number that leaves
// a product or a norm, so σ is five instructions: it is within 3e-7 of what it should be.
DEVICE float activate(u32 act, float x) {
  if (act == NO_ACT) return x;
  const float u = act == SILU ? x : 1.5957691216f * fma_f32(0.044715f * x * x, x, x);
  return x * inverse_f32(1.f + exp2_flush(u * -1.44269504f));
}

// sincos_f64 is for arguments up to a few thousand: π/2 is taken off in two
// pieces, and Taylor's series does the rest.
DEVICE void sincos_f64(double x, double *sine, double *cosine) {
  double n = round_f64(x * 0.63661977236758134308);
  double r = fma_f64(n, -1.57079632679489655800, x);
  r = fma_f64(n, -6.12323399573676603587e-17, r);
  double z = r * r, s = 0, c = 0;
  const double over[] = {1.0 / 2, 1.0 / 6, 1.0 / 24, 1.0 / 120, 1.0 / 720, 1.0 / 5040, 1.0 / 40320, 1.0 / 362880,
                         1.0 / 3628800, 1.0 / 39916800, 1.0 / 479001600, 1.0 / 6227020800.0, 1.0 / 87178291200.0,
                         1.0 / 1307674368000.0};
  UNROLL for (int i = 12; i >= 0; i -= 2) {
    c = fma_f64(c, -z, over[i]);
    s = fma_f64(s, -z, over[i + 1]);
  }
  c = fma_f64(c, -z, 1);
  s = fma_f64(s, -z, 1) * r;
  long long q = (long long)n & 3;
  double a = q & 1 ? c : s, b = q & 1 ? s : c;
  *sine = q & 2 ? -a : a;
  *cosine = (q + 1) & 2 ? -b : b;
}

// What results are stored as: float32, or what a product reads next.
enum Store : u32 { STORE_F32, STORE_BF16, STORE_F16 };

DEVICE u32 pair_as(u32 kind, float lo, float hi) { return kind == STORE_BF16 ? Brain::pair(lo, hi) : Half::pair(lo, hi); }

// put stores number i of out, put2 numbers i and i+1 (i is even), put4 four (i is a
// multiple of 4, and out begins at 16 bytes).
DEVICE void put(void *out, u64 i, u32 kind, float v) {
  if (kind == STORE_F32) ((float *)out)[i] = v;
  else ((u16 *)out)[i] = (u16)pair_as(kind, v, 0);
}
DEVICE void put2(void *out, u64 i, u32 kind, float a, float b) {
  if (kind == STORE_F32) *(float2 *)((float *)out + i) = float2{a, b};
  else *(u32 *)((u16 *)out + i) = pair_as(kind, a, b);
}
DEVICE void put4(void *out, u64 i, u32 kind, const float4 &v) {
  if (kind == STORE_F32) *(float4 *)((float *)out + i) = v;
  else *(uint2 *)((u16 *)out + i) = uint2{pair_as(kind, v.x, v.y), pair_as(kind, v.z, v.w)};
}
