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
  static constexpr int Ahead = Eight<S>::Fp8 ? 4 : 2;
  typedef Eight<S> Piece;
  struct Row {
    const u8 *at;
    float scale;
  };
  MEMBER Row row(u32 n) const {
    const Layout l = layout_of(S);
    if (n >= rows) return {nullptr, 0};
    return {b + (u64)n * (k / l.numbers) * l.bytes, scale ? scale[(u64)n * step] : 0};
  }
  MEMBER const u16 *line(u32, u32) const { return nullptr; }
  MEMBER void read(const Row &r, u32 column, Piece &p) const {
    const Layout l = layout_of(S);
    if (r.at && column < k) p.read(r.at + column / l.numbers * l.bytes, column % l.numbers);
    else p = {};
  }
  // wide is what was read from that column on.
  MEMBER uint4 wide(const Row &r, u32 column, const Piece &p) const {
    float v[8];
    p.widen(column % layout_of(S).numbers, v);
    if (scale) UNROLL for (int j = 0; j < 8; j++) v[j] = times(v[j], r.scale);
    return uint4{T::pair(v[0], v[1]), T::pair(v[2], v[3]), T::pair(v[4], v[5]), T::pair(v[6], v[7])};
  }
};
