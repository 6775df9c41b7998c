// The product of f32 matrices without tensor cores, where exactness asks for it:
// out [M, N] = epilogue(A [M, K] · B [N, K]ᵀ) in tiles of 64×64 by 256 threads, of
// which each makes 4×4.
#pragma once
#include "epilogue.cuh"

constexpr u32 sgemm_shared = 2 * 16 * 68 * 4;

template <class Loader>
DEVICE void sgemm(const Loader &loader, const float *weights, u32 M, u32 N, u32 K, u32 tile, const Epilogue &end) {
  float(*a)[68] = (float(*)[68])shared();
  float(*b)[68] = a + 16;
  u32 tile_row, tile_column;
  raster(tile, (M + 63) / 64, (N + 63) / 64, &tile_row, &tile_column);
  const u32 t = thread_index(), m0 = tile_row * 64, n0 = tile_column * 64;
  const u32 k = t % 16, row = t / 16, tm = t / 16 * 4, tn = t % 16 * 4;
  typename Loader::Row rows[4];
  UNROLL for (int i = 0; i < 4; i++) rows[i] = loader.row(m0 + row + 16 * i);
  float sum[4][4];
  UNROLL for (int i = 0; i < 4; i++) UNROLL for (int j = 0; j < 4; j++) sum[i][j] = 0;
  for (u32 k0 = 0; k0 < K; k0 += 16) {
    const bool in = k0 + k < K;
    const auto column = loader.column(in ? k0 + k : 0);
    UNROLL for (int i = 0; i < 4; i++) {
      const float *from;
      bool have = loader.find(rows[i], column, &from) && in;
      a[k][row + 16 * i] = have ? *from : 0.f;
      u32 n = n0 + row + 16 * i;
      b[k][row + 16 * i] = in && n < N ? weights[(u64)n * K + k0 + k] : 0.f;
    }
    barrier();
    UNROLL for (int l = 0; l < 16; l++) {
      const float4 x = *(const float4 *)&a[l][tm], y = *(const float4 *)&b[l][tn];
      const float xs[4] = {x.x, x.y, x.z, x.w}, ys[4] = {y.x, y.y, y.z, y.w};
      UNROLL for (int i = 0; i < 4; i++) UNROLL for (int j = 0; j < 4; j++) sum[i][j] = fma_f32(xs[i], ys[j], sum[i][j]);
    }
    barrier();
  }
  UNROLL for (int i = 0; i < 4; i++)
    end.store4(float4{sum[i][0], sum[i][1], sum[i][2], sum[i][3]}, m0 + tm + i, M, n0 + tn, N);
}

// Plain reads A from rows of K numbers.
struct Plain {
  const float *a;
  u32 rows, k;
  struct Row { const float *at; };
  MEMBER Row row(u32 r) const { return {r < rows ? a + (u64)r * k : nullptr}; }
  MEMBER u32 column(u32 k) const { return k; }
  MEMBER bool find(const Row &r, u32 column, const float **from) const {
    *from = r.at ? r.at + column : a;
    return r.at != nullptr;
  }
};
