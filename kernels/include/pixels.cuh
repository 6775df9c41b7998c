// Where a convolution finds its numbers: row r of its left matrix is output pixel
// r, column k is channel k%C of tap k/C. Nothing is copied together: every piece
// is fetched from the clip, or is zeros.
#pragma once
#include "device.cuh"

// Shape is a convolution's sizes. The first Front frames lie in front of x: those
// of cache, or zeros where cache is null.
template <class Number> struct Pixels {
  const Number *x, *cache;
  u32 front, t, h, w, c;                 // of the input
  u32 kt, kh, kw, st, sh, sw, top, left; // taps, strides, zeros around
  u32 up;                                // 1: rows and columns count twice
  u32 oh, ow, rows;                      // of the output; rows of the matrix

  struct Row { int t, y, x; };
  struct Column { int t, y, x; u32 c; };
  MEMBER Row row(u32 r) const {
    if (r >= rows) return {-(1 << 28), 0, 0};
    u32 at = r / ow;
    return {(int)(at / oh * st), (int)(at % oh * sh) - (int)top, (int)(r % ow * sw) - (int)left};
  }
  MEMBER Column column(u32 k) const {
    u32 tap = k / c;
    return {(int)(tap / (kh * kw)), (int)(tap / kw % kh), (int)(tap % kw), k % c};
  }
  // next moves on by 32 numbers, and tells whether they are another tap's; a division
  // for every slice would cost more.
  MEMBER bool next(Column &k) const {
    k.c += 32;
    const bool other = k.c >= c;
    while (k.c >= c) {
      k.c -= c;
      if (++k.x < (int)kw) continue;
      k.x = 0;
      if (++k.y < (int)kh) continue;
      k.y = 0, k.t++;
    }
    return other;
  }
  MEMBER bool find(const Row &r, const Column &k, const Number **from) const {
    int ft = r.t + k.t, y = r.y + k.y, xx = r.x + k.x;
    *from = x;
    if (ft < 0 || ft >= (int)(front + t) || y < 0 || xx < 0 || y >= (int)(h << up) || xx >= (int)(w << up)) return false;
    const bool before = ft < (int)front;
    if (before && !cache) return false;
    const u32 pixel = ((u32)ft - (before ? 0 : front)) * (h * w) + (u32)(y >> up) * w + (u32)(xx >> up);
    *from = (before ? cache : x) + (u64)pixel * c + k.c;
    return true;
  }
};
