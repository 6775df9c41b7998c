// Attention on tensor cores without the matrix between: a block of 4 warps takes
// 64·MT queries of one head and goes over the keys they see, Keys at a time, the next
// ones on their way while these are computed with. Each warp has 16·MT queries
// whole, and reads keys and values once for all of them. Operands have 16 bits,
// heads padded to D; sums, maxima and weights before rounding are f32.
#pragma once
#include "mma.cuh"
#include "rows.cuh"

template <int D, int MT, int Keys> struct FlashTile {
  static constexpr u32 queries = 64 * MT, keys = Keys, row = 2 * D;
  static constexpr u32 k = queries * row, v = k + 2 * keys * row, bytes = v + 2 * keys * row;
};

struct Flash {
  void *out;               // [rows, heads·d]
  const u16 *q, *k, *v;    // [rows, heads·D]
  const float *bias;       // [heads, queries, keys] or null
  u32 heads, d;
  float scale;             // over 0
  u32 kind;                // what is stored
  Rows rows;
};

template <class T, int D, int MT, int Keys> DEVICE void flash(const Flash &f, u32 piece) {
  using Tile = FlashTile<D, MT, Keys>;
  constexpr int Chunks = D / 8;
  constexpr float log2e = 1.44269504f;
  const Rows rows = f.rows;
  const u32 tiles = (rows.queries + Tile::queries - 1) / Tile::queries;
  const u32 q0 = piece % tiles * Tile::queries, head = piece / tiles % f.heads, b = piece / tiles / f.heads;
  const u32 t = thread_index(), lane = t % 32, warp = t / 32;
  const u32 base = shared_address(shared());
  const u64 width = (u64)f.heads * D;

  // A thread copies the same piece of rows that are Step apart, which a swizzle puts
  // equally far apart.
  constexpr u32 Step = 128 / Chunks;
  static_assert(Step % 8 == 0, "swizzles repeat every 8 rows");
  const u32 r0 = t / Chunks, c0 = t % Chunks, place = swizzle<Chunks>(r0, c0);
  const u64 stride = Step * rows.step * width;
  auto fetch = [&](u32 to, const u16 *x, u32 first, u32 count, u32 end) {
    const u16 *from = x + rows.at(b, first + r0) * width + head * D + c0 * 8;
    UNROLL for (u32 r = r0; r < r0 + count; r += Step, from += stride, to += Step * Tile::row)
      copy16(to + place, first + r < end ? from : x, first + r < end);
  };
  const u32 last = q0 + Tile::queries < rows.queries ? q0 + Tile::queries - 1 : rows.queries - 1;
  const u32 begin = rows.from(q0) / Keys, end = (rows.to(last) + Keys - 1) / Keys;
  auto fetch_keys = [&](u32 tile) {
    fetch(base + Tile::k + tile % 2 * Tile::keys * Tile::row, f.k, tile * Keys, Keys, rows.keys);
    fetch(base + Tile::v + tile % 2 * Tile::keys * Tile::row, f.v, tile * Keys, Keys, rows.keys);
    copies_commit();
  };
  fetch(base, f.q, q0, Tile::queries, rows.queries);
  fetch_keys(begin);

  float sum[MT][D / 8][4], top[MT][2], total[MT][2];
  UNROLL for (int m = 0; m < MT; m++) {
    UNROLL for (int j = 0; j < D / 8; j++) UNROLL for (int e = 0; e < 4; e++) sum[m][j][e] = 0;
    UNROLL for (int e = 0; e < 2; e++) top[m][e] = NEGATIVE_INFINITY, total[m][e] = 0;
  }

  const float to_powers = f.bias ? 1.f : f.scale * log2e; // of logits as they stand in s
  for (u32 tile = begin; tile < end; tile++) {
    copies_wait<0>();
    barrier();
    if (tile + 1 < end) fetch_keys(tile + 1);
    const u32 ks = base + Tile::k + tile % 2 * Tile::keys * Tile::row;
    const u32 vs = base + Tile::v + tile % 2 * Tile::keys * Tile::row;
    const u32 l = fresh(lane); // or every address below would have a register of its own
    float s[MT][Keys / 8][4];
    UNROLL for (int m = 0; m < MT; m++) UNROLL for (int j = 0; j < Keys / 8; j++) UNROLL for (int e = 0; e < 4; e++) s[m][j][e] = 0;
    UNROLL for (int kk = 0; kk < D / 16; kk++) {
      u32 a[MT][4], x[4];
      UNROLL for (int m = 0; m < MT; m++)
        load4(a[m], base + swizzle<Chunks>((warp * MT + m) * 16 + l % 16, kk * 2 + l / 16));
      UNROLL for (int j = 0; j < Keys / 16; j++) {
        load4(x, ks + swizzle<Chunks>(j * 16 + l / 16 * 8 + l % 8, kk * 2 + l / 8 % 2));
        UNROLL for (int m = 0; m < MT; m++) {
          mma<T>(s[m][2 * j], a[m], x[0], x[1]);
          mma<T>(s[m][2 * j + 1], a[m], x[2], x[3]);
        }
      }
    }
    // Keys that are not seen, or not there, get −∞, and the last what it counts more; only
    // tiles at an edge have any.
    if (f.bias || tile * Keys < rows.from(last) || tile * Keys + Keys > rows.to(q0) - (rows.extra != 0))
      UNROLL for (int m = 0; m < MT; m++)
        UNROLL for (int e = 0; e < 2; e++) {
          const u32 q = q0 + (warp * MT + m) * 16 + lane / 4 + 8 * e;
          const u32 from = rows.from(q), to = q < rows.queries ? rows.to(q) : rows.keys;
          UNROLL for (int j = 0; j < Keys / 8; j++)
            UNROLL for (int i = 2 * e; i < 2 * e + 2; i++) {
              const u32 key = tile * Keys + j * 8 + lane % 4 * 2 + i % 2;
              if (key < from || key >= to) {
                s[m][j][i] = NEGATIVE_INFINITY;
              } else if (f.bias) {
                s[m][j][i] *= f.scale * log2e;
                if (q < rows.queries) s[m][j][i] += log2e * f.bias[((u64)head * rows.queries + q) * rows.keys + key];
              }
              if (key + 1 == rows.keys) s[m][j][i] += f.bias ? log2e * rows.extra : rows.extra / f.scale;
            }
        }
    // Weights are powers over the highest logit so far, or over one that was the highest
    // a while ago: as long as none is over it by more than 8, sums are only up to 256
    // times larger, and what is in them need not be multiplied anew for every tile. Each
    // query decides for itself, so that the others of its warp change nothing.
    float high[MT][2];
    bool grown = false;
    UNROLL for (int m = 0; m < MT; m++)
      UNROLL for (int e = 0; e < 2; e++) {
        float h = s[m][0][2 * e];
        UNROLL for (int j = 0; j < Keys / 8; j++) h = max_f32(h, max_f32(s[m][j][2 * e], s[m][j][2 * e + 1]));
        h = max_f32(h, from_lane_xor(h, 1));
        high[m][e] = max_f32(h, from_lane_xor(h, 2));
        if (high[m][e] * to_powers > fma_f32(top[m][e], to_powers, 8.f)) grown = true;
        else high[m][e] = top[m][e];
      }
    if (warp_any(grown))
      UNROLL for (int m = 0; m < MT; m++)
        UNROLL for (int e = 0; e < 2; e++) {
          const float fade = high[m][e] == top[m][e] ? 1.f : exp2_flush((top[m][e] - high[m][e]) * to_powers);
          top[m][e] = high[m][e];
          total[m][e] *= fade;
          UNROLL for (int j = 0; j < D / 8; j++) sum[m][j][2 * e] *= fade, sum[m][j][2 * e + 1] *= fade;
        }
    // Weights are summed as they are rounded: where one outweighs all others, what comes
    // out is its value, whatever rounding made of it.
    u32 p[Keys / 16][MT][4];
    UNROLL for (int m = 0; m < MT; m++)
      UNROLL for (int e = 0; e < 2; e++) {
        const float level = top[m][e] == NEGATIVE_INFINITY ? 0.f : top[m][e] * to_powers;
        UNROLL for (int j = 0; j < Keys / 8; j++) {
          const u32 two = T::pair(exp2_flush(fma_f32(s[m][j][2 * e], to_powers, -level)), exp2_flush(fma_f32(s[m][j][2 * e + 1], to_powers, -level)));
          p[j / 2][m][j % 2 * 2 + e] = two;
          total[m][e] += T::wide((u16)two) + T::wide((u16)(two >> 16));
        }
      }
    UNROLL for (int kk = 0; kk < Keys / 16; kk++) {
      UNROLL for (int j = 0; j < D / 16; j++) {
        u32 x[4];
        load4_turned(x, vs + swizzle<Chunks>(kk * 16 + l % 16, j * 2 + l / 16));
        UNROLL for (int m = 0; m < MT; m++) {
          mma<T>(sum[m][2 * j], p[kk][m], x[0], x[1]);
          mma<T>(sum[m][2 * j + 1], p[kk][m], x[2], x[3]);
        }
      }
    }
  }

  UNROLL for (int m = 0; m < MT; m++)
    UNROLL for (int e = 0; e < 2; e++) {
      float all = total[m][e];
      all += from_lane_xor(all, 1);
      all += from_lane_xor(all, 2);
      const u32 q = q0 + (warp * MT + m) * 16 + lane / 4 + 8 * e;
      if (q >= rows.queries) continue;
      const float by = all > 0 ? 1.f / all : 0.f;
      const u64 at = rows.at(b, q) * ((u64)f.heads * f.d) + head * f.d;
      UNROLL for (int j = 0; j < D / 8; j++) {
        const u32 c = j * 8 + lane % 4 * 2;
        const float x = sum[m][j][2 * e] * by, y = sum[m][j][2 * e + 1] * by;
        if (f.d % 2 == 0 && whole16(f.out)) {
          if (c < f.d) put2(f.out, at + c, f.kind, x, y);
          continue;
        }
        if (c < f.d) put(f.out, at + c, f.kind, x);
        if (c + 1 < f.d) put(f.out, at + c + 1, f.kind, y);
      }
    }
}
