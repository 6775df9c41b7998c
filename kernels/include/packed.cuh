// The right matrix of a product as a file stores it: rows of k numbers of type S, a
// multiple of 8, times the scale of the matrix (step 0) or of each row (step 1), where
// there is one. They are widened and rounded on their way as widen.cu does it.
#pragma once
#include "gemm.cuh"
#include "stored.cuh"

template <class T, u32 S> struct Packed {
  const u8 *b;
  const float *scale;
  u32 step, rows, k;
  static constexpr bool Narrow = true;
  struct Row {
    const u8 *at;
    float scale;
    Eight<S> eight;
  };
  MEMBER Row row(u32 n) const {
    Row r = {};
    if (n < rows) r.at = b + (u64)n * (k / layout_of(S).numbers) * layout_of(S).bytes;
    if (scale && n < rows) r.scale = scale[(u64)n * step];
    return r;
  }
  MEMBER void read(Row &r, u32 column) const {
    const Layout l = layout_of(S);
    if (r.at && column < k) r.eight.read(r.at + column / l.numbers * l.bytes, column % l.numbers);
    else r.eight = {};
  }
  // wide is what was read last, from that column on.
  MEMBER uint4 wide(const Row &r, u32 column) const {
    float v[8];
    r.eight.widen(column % layout_of(S).numbers, v);
    if (scale) UNROLL for (int j = 0; j < 8; j++) v[j] = times(v[j], r.scale);
    return uint4{T::pair(v[0], v[1]), T::pair(v[2], v[3]), T::pair(v[4], v[5]), T::pair(v[6], v[7])};
  }
};
