// How files store weights: 8-bit numbers, and ggml's blocks of 32 or 256. eight reads
// eight that follow one another, i being a multiple of 8, as exactly as the CPU does.
#pragma once
#include "number.cuh"

enum Stored : u32 { F8_E4M3, F8_E5M2, Q4_0, Q4_1, Q5_0, Q5_1, Q8_0, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS };

// A Layout says how many numbers a block has, and in how many bytes.
struct Layout { u32 numbers, bytes; };
DEVICE Layout layout_of(u32 stored) {
  switch (stored) {
    case Q4_0: case IQ4_NL: return {32, 18};
    case Q4_1: return {32, 20};
    case Q5_0: return {32, 22};
    case Q5_1: return {32, 24};
    case Q8_0: return {32, 34};
    case Q2_K: return {256, 84};
    case Q3_K: return {256, 110};
    case Q4_K: return {256, 144};
    case Q5_K: return {256, 176};
    case Q6_K: return {256, 210};
    case IQ4_XS: return {256, 136};
  }
  return {1, 1};
}

// times is a·b rounded by itself, also where a sum follows.
#ifdef KINORA_EMU
DEVICE float times(float a, float b) {
  volatile float r = a * b;
  return r;
}
#else
DEVICE float times(float a, float b) {
  float r;
  asm("mul.rn.f32 %0, %1, %2;" : "=f"(r) : "f"(a), "f"(b));
  return r;
}
#endif

DEVICE float e4m3(u32 x) {
  const u32 size = x & 0x7f;
  const float v = size == 0x7f ? float_of(0x7fc00000) : Half::wide((u16)(size << 7)) * 256.f;
  return x & 0x80 ? -v : v;
}
DEVICE float e5m2(u32 x) { return Half::wide((u16)(x << 8)); }

// Blocks begin at even addresses.
DEVICE u32 two(const u8 *p) { return *(const u16 *)p; }
DEVICE float half_at(const u8 *p) { return Half::wide((u16)two(p)); }
DEVICE u32 four(const u8 *p) { return two(p) | two(p + 2) << 16; }
struct Eight { u8 q[8]; };
DEVICE Eight bytes_at(const u8 *p) {
  Eight e;
  UNROLL for (int j = 0; j < 4; j++) {
    const u32 v = two(p + 2 * j);
    e.q[2 * j] = (u8)v, e.q[2 * j + 1] = (u8)(v >> 8);
  }
  return e;
}

DEVICE float level(u32 q) {
  constexpr float levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
  return levels[q];
}

// scale_min unpacks the 6-bit scale and offset of group g of a K-block's twelve bytes.
DEVICE void scale_min(const u8 *p, u32 g, u32 *scale, u32 *offset) {
  if (g < 4) *scale = p[g] & 63, *offset = p[g + 4] & 63;
  else *scale = (p[g + 4] & 15) | p[g - 4] >> 6 << 4, *offset = p[g + 4] >> 4 | p[g] >> 6 << 4;
}

DEVICE void eight(u32 stored, const u8 *b, u32 i, float v[8]) {
  switch (stored) {
    case Q4_0: case Q4_1: case IQ4_NL: {
      const Eight e = bytes_at(b + (stored == Q4_1 ? 4 : 2) + i % 16);
      const float d = half_at(b), m = stored == Q4_1 ? half_at(b + 2) : 0;
      UNROLL for (int j = 0; j < 8; j++) {
        const u32 q = e.q[j] >> (i / 16 * 4) & 15;
        v[j] = stored == Q4_0 ? d * (float)((int)q - 8) : stored == Q4_1 ? times(d, (float)q) + m : d * level(q);
      }
      return;
    }
    case Q5_0: case Q5_1: {
      const u32 at = stored == Q5_1 ? 4 : 2, high = four(b + at) >> i;
      const Eight e = bytes_at(b + at + 4 + i % 16);
      const float d = half_at(b), m = stored == Q5_1 ? half_at(b + 2) : 0;
      UNROLL for (int j = 0; j < 8; j++) {
        const u32 q = (e.q[j] >> (i / 16 * 4) & 15) | (high >> j & 1) << 4;
        v[j] = stored == Q5_0 ? d * (float)((int)q - 16) : times(d, (float)q) + m;
      }
      return;
    }
    case Q8_0: {
      const Eight e = bytes_at(b + 2 + i);
      const float d = half_at(b);
      UNROLL for (int j = 0; j < 8; j++) v[j] = d * (float)(signed char)e.q[j];
      return;
    }
    case Q2_K: {
      const Eight e = bytes_at(b + 16 + i / 128 * 32 + i % 32);
      const u32 s = b[i / 16], shift = i / 32 % 4 * 2;
      const float d = times(half_at(b + 80), (float)(s & 15)), m = times(half_at(b + 82), (float)(s >> 4));
      UNROLL for (int j = 0; j < 8; j++) v[j] = times(d, (float)(e.q[j] >> shift & 3)) - m;
      return;
    }
    case Q3_K: {
      const Eight e = bytes_at(b + 32 + i / 128 * 32 + i % 32), high = bytes_at(b + i % 32);
      const u32 g = i / 16, s = (b[96 + g % 8] >> (4 * (g / 8)) & 15) | (b[104 + g % 4] >> (2 * (g / 4)) & 3) << 4;
      const float d = half_at(b + 108) * (float)((int)s - 32);
      UNROLL for (int j = 0; j < 8; j++) {
        const int q = (int)(e.q[j] >> (i / 32 % 4 * 2) & 3) - (high.q[j] >> (i / 32) & 1 ? 0 : 4);
        v[j] = d * (float)q;
      }
      return;
    }
    case Q4_K: case Q5_K: {
      const u32 g = i / 32;
      u32 s, o;
      scale_min(b + 4, g, &s, &o);
      const float d = half_at(b) * (float)s, m = times(half_at(b + 2), (float)o);
      const Eight e = bytes_at(b + (stored == Q5_K ? 48 : 16) + g / 2 * 32 + i % 32);
      Eight high = {};
      if (stored == Q5_K) high = bytes_at(b + 16 + i % 32);
      UNROLL for (int j = 0; j < 8; j++) {
        const u32 q = (e.q[j] >> (g % 2 * 4) & 15) | (high.q[j] >> g & 1) << 4;
        v[j] = times(d, (float)q) - m;
      }
      return;
    }
    case Q6_K: {
      const u32 n = i / 128, r = i % 128;
      const Eight low = bytes_at(b + 64 * n + r % 64), high = bytes_at(b + 128 + 32 * n + r % 32);
      const float d = half_at(b + 208) * (float)(signed char)b[192 + i / 16];
      UNROLL for (int j = 0; j < 8; j++) {
        const u32 q = (low.q[j] >> (r / 64 * 4) & 15) | (high.q[j] >> (r / 32 * 2) & 3) << 4;
        v[j] = d * (float)((int)q - 32);
      }
      return;
    }
    case IQ4_XS: {
      const u32 g = i / 32, s = (b[4 + g / 2] >> (4 * (g % 2)) & 15) | (two(b + 2) >> (2 * g) & 3) << 4;
      const float d = half_at(b) * (float)((int)s - 32);
      const Eight e = bytes_at(b + 8 + 16 * g + i % 16);
      UNROLL for (int j = 0; j < 8; j++) v[j] = d * level(e.q[j] >> (i % 32 / 16 * 4) & 15);
      return;
    }
  }
}
