// Attention on tensor cores without the matrix between: a block of 4 warps takes
// 64·MT queries of one head and goes over the keys they see, 64 at a time, the next
// ones on their way while these are computed with. Each warp has 16·MT queries
// whole. Operands have 16 bits, heads padded to D; sums, maxima and results are f32.
#pragma once
#include "mma.cuh"
#include "rows.cuh"

template <int D, int MT> struct FlashTile {
  static constexpr u32 queries = 64 * MT, keys = 64, row = 2 * D;
  static constexpr u32 k = queries * row, v = k + 2 * keys * row, bytes = v + 2 * keys * row;
};

struct Flash {
  float *out;              // [rows, heads·d]
  const u16 *q, *k, *v;    // [rows, heads·D]
  const float *bias;       // [heads, queries, keys] or null
  u32 heads, d;
  float scale;
  Rows rows;
};

template <class T, int D, int MT> DEVICE void flash(const Flash &f, u32 piece) {
  using Tile = FlashTile<D, MT>;
  constexpr int Chunks = D / 8;
  constexpr float log2e = 1.44269504f;
  const Rows rows = f.rows;
  const u32 tiles = (rows.queries + Tile::queries - 1) / Tile::queries;
  const u32 q0 = piece % tiles * Tile::queries, head = piece / tiles % f.heads, b = piece / tiles / f.heads;
  const u32 t = thread_index(), lane = t % 32, warp = t / 32;
  const u32 base = shared_address(shared());
  const u64 width = (u64)f.heads * D;

  auto fetch = [&](u32 to, const u16 *x, u32 first, u32 count, u32 end) {
    for (u32 i = t; i < count * Chunks; i += 128) {
      const u32 r = i / Chunks, c = i % Chunks;
      const bool in = first + r < end;
      copy16(to + swizzle<Chunks>(r, c), in ? x + rows.at(b, first + r) * width + head * D + c * 8 : x, in);
    }
  };
  const u32 last = q0 + Tile::queries < rows.queries ? q0 + Tile::queries - 1 : rows.queries - 1;
  const u32 begin = rows.from(q0) / 64, end = (rows.to(last) + 63) / 64;
  auto fetch_keys = [&](u32 tile) {
    fetch(base + Tile::k + tile % 2 * Tile::keys * Tile::row, f.k, tile * 64, 64, rows.keys);
    fetch(base + Tile::v + tile % 2 * Tile::keys * Tile::row, f.v, tile * 64, 64, rows.keys);
    copies_commit();
  };
  fetch(base, f.q, q0, Tile::queries, rows.queries);
  fetch_keys(begin);

  float sum[MT][D / 8][4], top[MT][2], total[MT][2];
  u32 from[MT][2], to[MT][2];
  UNROLL for (int m = 0; m < MT; m++) {
    UNROLL for (int j = 0; j < D / 8; j++) UNROLL for (int e = 0; e < 4; e++) sum[m][j][e] = 0;
    UNROLL for (int e = 0; e < 2; e++) {
      const u32 q = q0 + warp * 16 * MT + m * 16 + lane / 4 + 8 * e;
      top[m][e] = NEGATIVE_INFINITY, total[m][e] = 0;
      from[m][e] = rows.from(q), to[m][e] = q < rows.queries ? rows.to(q) : rows.keys;
    }
  }

  for (u32 tile = begin; tile < end; tile++) {
    if (tile + 1 < end) {
      fetch_keys(tile + 1);
      copies_wait<1>();
    } else {
      copies_wait<0>();
    }
    barrier();
    const u32 ks = base + Tile::k + tile % 2 * Tile::keys * Tile::row;
    const u32 vs = base + Tile::v + tile % 2 * Tile::keys * Tile::row;
    UNROLL for (int m = 0; m < MT; m++) {
      float s[8][4];
      UNROLL for (int j = 0; j < 8; j++) UNROLL for (int e = 0; e < 4; e++) s[j][e] = 0;
      UNROLL for (int kk = 0; kk < D / 16; kk++) {
        u32 a[4], x[4];
        load4(a, base + swizzle<Chunks>((warp * MT + m) * 16 + lane % 16, kk * 2 + lane / 16));
        UNROLL for (int j = 0; j < 4; j++) {
          load4(x, ks + swizzle<Chunks>(j * 16 + lane / 16 * 8 + lane % 8, kk * 2 + lane / 8 % 2));
          mma<T>(s[2 * j], a, x[0], x[1]);
          mma<T>(s[2 * j + 1], a, x[2], x[3]);
        }
      }
      // Logits in powers of two; keys that are not seen, or not there, get −∞.
      UNROLL for (int e = 0; e < 2; e++) {
        float high = top[m][e];
        UNROLL for (int j = 0; j < 8; j++)
          UNROLL for (int i = 2 * e; i < 2 * e + 2; i++) {
            const u32 key = tile * 64 + j * 8 + lane % 4 * 2 + i % 2;
            s[j][i] *= f.scale * log2e;
            if (key < from[m][e] || key >= to[m][e]) {
              s[j][i] = NEGATIVE_INFINITY;
            } else if (f.bias) {
              const u32 q = q0 + (warp * MT + m) * 16 + lane / 4 + 8 * e;
              if (q < rows.queries) s[j][i] += log2e * f.bias[((u64)head * rows.queries + q) * rows.keys + key];
            }
            high = max_f32(high, s[j][i]);
          }
        high = max_f32(high, from_lane_xor(high, 1));
        high = max_f32(high, from_lane_xor(high, 2));
        const float level = high == NEGATIVE_INFINITY ? 0.f : high;
        const float fade = exp2_f32(top[m][e] - level);
        top[m][e] = high;
        total[m][e] *= fade;
        UNROLL for (int j = 0; j < 8; j++)
          UNROLL for (int i = 2 * e; i < 2 * e + 2; i++) {
            s[j][i] = exp2_f32(s[j][i] - level);
            total[m][e] += s[j][i];
          }
        UNROLL for (int j = 0; j < D / 8; j++) sum[m][j][2 * e] *= fade, sum[m][j][2 * e + 1] *= fade;
      }
      UNROLL for (int kk = 0; kk < 4; kk++) {
        const u32 p[4] = {T::pair(s[2 * kk][0], s[2 * kk][1]), T::pair(s[2 * kk][2], s[2 * kk][3]),
                          T::pair(s[2 * kk + 1][0], s[2 * kk + 1][1]), T::pair(s[2 * kk + 1][2], s[2 * kk + 1][3])};
        UNROLL for (int j = 0; j < D / 16; j++) {
          u32 x[4];
          load4_turned(x, vs + swizzle<Chunks>(kk * 16 + lane % 16, j * 2 + lane / 16));
          mma<T>(sum[m][2 * j], p, x[0], x[1]);
          mma<T>(sum[m][2 * j + 1], p, x[2], x[3]);
        }
      }
    }
    barrier();
  }

  UNROLL for (int m = 0; m < MT; m++)
    UNROLL for (int e = 0; e < 2; e++) {
      float all = total[m][e];
      all += from_lane_xor(all, 1);
      all += from_lane_xor(all, 2);
      const u32 q = q0 + (warp * MT + m) * 16 + lane / 4 + 8 * e;
      if (q >= rows.queries) continue;
      const float by = all > 0 ? 1.f / all : 0.f;
      float *row = f.out + rows.at(b, q) * ((u64)f.heads * f.d) + head * f.d;
      UNROLL for (int j = 0; j < D / 8; j++)
        UNROLL for (int i = 0; i < 2; i++) {
          const u32 c = j * 8 + lane % 4 * 2 + i;
          if (c < f.d) row[c] = sum[m][j][2 * e + i] * by;
        }
    }
}
