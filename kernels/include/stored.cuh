// How files store weights: 8-bit numbers, and ggml's blocks of 32 or 256. An Eight is
// eight of a block that follow one another, number i being the first, a multiple of 8:
// first read, and when what was read is there, widened as exactly as the CPU does.
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
DEVICE float half_of(u32 bits) { return Half::wide((u16)bits); }

DEVICE float level(u32 q) {
  constexpr float levels[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};
  return levels[q];
}

template <u32 S> struct Eight {
  static constexpr bool Fp8 = S <= F8_E5M2;
  u32 low[4], high[4];  // the numbers' bits, two bytes in each; of fp8, four in two
  u32 d, m, s[3];       // the block's scale and offset, and bytes with its groups'

  // read reads from the block b; fp8 begins there, at 8 bytes.
  MEMBER void read(const u8 *b, u32 i) {
    if constexpr (Fp8) {
      const uint2 v = *(const uint2 *)b;
      low[0] = v.x, low[1] = v.y;
    } else if constexpr (S == Q4_0 || S == Q4_1 || S == IQ4_NL) {
      bytes(low, b + (S == Q4_1 ? 4 : 2) + i % 16);
      d = two(b);
      if (S == Q4_1) m = two(b + 2);
    } else if constexpr (S == Q5_0 || S == Q5_1) {
      const u32 at = S == Q5_1 ? 4 : 2;
      high[0] = b[at + i / 8];
      bytes(low, b + at + 4 + i % 16);
      d = two(b);
      if (S == Q5_1) m = two(b + 2);
    } else if constexpr (S == Q8_0) {
      bytes(low, b + 2 + i);
      d = two(b);
    } else if constexpr (S == Q2_K) {
      bytes(low, b + 16 + i / 128 * 32 + i % 32);
      s[0] = b[i / 16], d = two(b + 80), m = two(b + 82);
    } else if constexpr (S == Q3_K) {
      bytes(low, b + 32 + i / 128 * 32 + i % 32), bytes(high, b + i % 32);
      const u32 g = i / 16;
      s[0] = b[96 + g % 8], s[1] = b[104 + g % 4], d = two(b + 108);
    } else if constexpr (S == Q4_K || S == Q5_K) {
      const u32 g = i / 32;
      bytes(low, b + (S == Q5_K ? 48 : 16) + g / 2 * 32 + i % 32);
      if (S == Q5_K) bytes(high, b + 16 + i % 32);
      s[0] = b[4 + g], s[1] = b[8 + g], s[2] = b[4 + g % 4];
      d = two(b), m = two(b + 2);
    } else if constexpr (S == Q6_K) {
      bytes(low, b + 64 * (i / 128) + i % 64), bytes(high, b + 128 + 32 * (i / 128) + i % 32);
      s[0] = b[192 + i / 16], d = two(b + 208);
    } else {
      static_assert(S == IQ4_XS, "a type without a layout");
      const u32 g = i / 32;
      bytes(low, b + 8 + 16 * g + i % 16);
      s[0] = b[4 + g / 2], s[1] = two(b + 2), d = two(b);
    }
  }

  // widen turns what was read into numbers.
  MEMBER void widen(u32 i, float v[8]) const {
    if constexpr (Fp8) {
      UNROLL for (int j = 0; j < 8; j++) {
        const u32 q = low[j / 4] >> (8 * (j % 4)) & 255;
        v[j] = S == F8_E4M3 ? e4m3(q) : e5m2(q);
      }
    } else if constexpr (S == Q4_0 || S == Q4_1 || S == IQ4_NL) {
      const float a = half_of(d), o = S == Q4_1 ? half_of(m) : 0;
      UNROLL for (int j = 0; j < 8; j++) {
        const u32 q = byte(low, j) >> (i / 16 * 4) & 15;
        v[j] = S == Q4_0 ? a * (float)((int)q - 8) : S == Q4_1 ? times(a, (float)q) + o : a * level(q);
      }
    } else if constexpr (S == Q5_0 || S == Q5_1) {
      const float a = half_of(d), o = S == Q5_1 ? half_of(m) : 0;
      UNROLL for (int j = 0; j < 8; j++) {
        const u32 q = (byte(low, j) >> (i / 16 * 4) & 15) | (high[0] >> j & 1) << 4;
        v[j] = S == Q5_0 ? a * (float)((int)q - 16) : times(a, (float)q) + o;
      }
    } else if constexpr (S == Q8_0) {
      const float a = half_of(d);
      UNROLL for (int j = 0; j < 8; j++) v[j] = a * (float)(signed char)byte(low, j);
    } else if constexpr (S == Q2_K) {
      const float a = times(half_of(d), (float)(s[0] & 15)), o = times(half_of(m), (float)(s[0] >> 4));
      UNROLL for (int j = 0; j < 8; j++) v[j] = times(a, (float)(byte(low, j) >> (i / 32 % 4 * 2) & 3)) - o;
    } else if constexpr (S == Q3_K) {
      const u32 g = i / 16, scale = (s[0] >> (4 * (g / 8)) & 15) | (s[1] >> (2 * (g / 4)) & 3) << 4;
      const float a = half_of(d) * (float)((int)scale - 32);
      UNROLL for (int j = 0; j < 8; j++) {
        const int q = (int)(byte(low, j) >> (i / 32 % 4 * 2) & 3) - (byte(high, j) >> (i / 32) & 1 ? 0 : 4);
        v[j] = a * (float)q;
      }
    } else if constexpr (S == Q4_K || S == Q5_K) {
      // of 6 bits each; groups from 4 on have their upper two beside those of others
      const u32 g = i / 32;
      const u32 scale = g < 4 ? s[0] & 63 : (s[1] & 15) | s[2] >> 6 << 4;
      const u32 offset = g < 4 ? s[1] & 63 : s[1] >> 4 | s[0] >> 6 << 4;
      const float a = half_of(d) * (float)scale, o = times(half_of(m), (float)offset);
      UNROLL for (int j = 0; j < 8; j++) {
        u32 q = byte(low, j) >> (g % 2 * 4) & 15;
        if (S == Q5_K) q |= (byte(high, j) >> g & 1) << 4;
        v[j] = times(a, (float)q) - o;
      }
    } else if constexpr (S == Q6_K) {
      const u32 r = i % 128;
      const float a = half_of(d) * (float)(signed char)s[0];
      UNROLL for (int j = 0; j < 8; j++) {
        const u32 q = (byte(low, j) >> (r / 64 * 4) & 15) | (byte(high, j) >> (r / 32 * 2) & 3) << 4;
        v[j] = a * (float)((int)q - 32);
      }
    } else {
      const u32 g = i / 32, scale = (s[0] >> (4 * (g % 2)) & 15) | (s[1] >> (2 * g) & 3) << 4;
      const float a = half_of(d) * (float)((int)scale - 32);
      UNROLL for (int j = 0; j < 8; j++) v[j] = a * level(byte(low, j) >> (i % 32 / 16 * 4) & 15);
    }
  }

 private:
  MEMBER static void bytes(u32 (&to)[4], const u8 *p) { UNROLL for (int j = 0; j < 4; j++) to[j] = two(p + 2 * j); }
  MEMBER static u32 byte(const u32 (&from)[4], int j) { return from[j / 2] >> (8 * (j % 2)) & 255; }
};

// eight reads and widens eight of a type that is known when it runs; not of fp8.
template <u32 S> DEVICE void eight_of(const u8 *b, u32 i, float v[8]) {
  Eight<S> e;
  e.read(b, i), e.widen(i, v);
}
DEVICE void eight(u32 stored, const u8 *b, u32 i, float v[8]) {
  switch (stored) {
    case Q4_0: return eight_of<Q4_0>(b, i, v);
    case Q4_1: return eight_of<Q4_1>(b, i, v);
    case Q5_0: return eight_of<Q5_0>(b, i, v);
    case Q5_1: return eight_of<Q5_1>(b, i, v);
    case Q8_0: return eight_of<Q8_0>(b, i, v);
    case Q2_K: return eight_of<Q2_K>(b, i, v);
    case Q3_K: return eight_of<Q3_K>(b, i, v);
    case Q4_K: return eight_of<Q4_K>(b, i, v);
    case Q5_K: return eight_of<Q5_K>(b, i, v);
    case Q6_K: return eight_of<Q6_K>(b, i, v);
    case IQ4_NL: return eight_of<IQ4_NL>(b, i, v);
    case IQ4_XS: return eight_of<IQ4_XS>(b, i, v);
  }
}
