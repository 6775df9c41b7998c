// The product of include/gemm.cuh for compute capability 9.0. A block stays on its
// processor and makes tile after tile of 64·Consumers × BN: one thread has the copy
// engine bring slices of 64 along K into a ring of Stages, and each of the Consumers, a
// warpgroup, multiplies 64 rows of them. While tiles are finished and stored, the slices
// of the next are on their way.
#pragma once
#include "epilogue.cuh"
#include "wgmma.cuh"

template <int Consumers, int BN, int Stages> struct WideTile {
  static constexpr u32 m = 64 * Consumers, a = m * 128, b = BN * 128, stage = a + b;
  static constexpr u32 strips = Stages * stage;         // 4 KB for each warp that stores
  static constexpr u32 full = strips + Consumers * 4 * 4096;
  static constexpr u32 empty = full + 8 * Stages, known = empty + 8 * Stages, taken = known + 16, pieces = taken + 16;
  static constexpr u32 bytes = 1024 + pieces + 8;       // it begins at a multiple of 1024
};

// strip_at is where 4 columns of a strip of 16 rows of 64 lie: so that neither writing
// rows of pairs nor reading them in fours meets a bank twice.
DEVICE const float4 *strip_at(const float *strip, u32 row, u32 column) { return (const float4 *)(strip + row * 64 + (column ^ (row & 3) * 8)); }

// store_strip finishes and stores a strip by a warp, as Epilogue::store4 would. Bias and
// gate are read once for all rows, and residuals 4 rows ahead: a warp waits for few loads.
// Rows of the strip are `step` rows apart in the result.
DEVICE void store_strip(const Epilogue &end, const float *strip, u32 row0, u32 step, u32 rows, u32 column0, u32 columns, u32 lane) {
  const u32 c = lane % 16 * 4, column = column0 + c;
  const bool whole = columns % 4 == 0 && end.stride % 4 == 0 && whole16(end.out) && whole16(end.bias) && whole16(end.gate) && whole16(end.residual);
  if (!whole) {
    NO_UNROLL
    for (u32 i = 0; i < 8; i++) {
      const u32 r = i * 2 + lane / 16;
      end.store4(*strip_at(strip, r, c), row0 + r * step, rows, column, columns);
    }
    return;
  }
  if (column >= columns || row0 >= rows) return;
  const float4 bias = end.bias ? *(const float4 *)(end.bias + column) : float4{0, 0, 0, 0};
  const u32 last = row0 + 15 * step < rows ? row0 + 15 * step : rows - 1, group = row0 / end.every;
  const bool one = last / end.every == group;  // all rows have the same gate
  float4 gate = {1, 1, 1, 1};
  if (end.gate) gate = *(const float4 *)(end.gate + (u64)group * end.stride + column);
  NO_UNROLL
  for (u32 half = 0; half < 8; half += 4) {
    float4 kept[4];
    if (end.residual)
      UNROLL for (u32 i = 0; i < 4; i++) {
        const u32 row = row0 + ((half + i) * 2 + lane / 16) * step;
        if (row < rows) kept[i] = *(const float4 *)(end.residual + (u64)row * columns + column);
      }
    UNROLL for (u32 i = 0; i < 4; i++) {
      const u32 r = (half + i) * 2 + lane / 16, row = row0 + r * step;
      if (row >= rows) continue;
      float4 v = *strip_at(strip, r, c);
      if (end.bias) v.x += bias.x, v.y += bias.y, v.z += bias.z, v.w += bias.w;
      if (end.act != NO_ACT) v.x = activate(end.act, v.x), v.y = activate(end.act, v.y), v.z = activate(end.act, v.z), v.w = activate(end.act, v.w);
      if (end.gate) {
        if (!one) gate = *(const float4 *)(end.gate + (u64)(row / end.every) * end.stride + column);
        v.x *= gate.x, v.y *= gate.y, v.z *= gate.z, v.w *= gate.w;
      }
      if (end.residual) v.x += kept[i].x, v.y += kept[i].y, v.z += kept[i].z, v.w += kept[i].w;
      put4(end.out, (u64)row * columns + column, end.kind, v);
    }
  }
}

// Pieces are tiles, and then the tiles of the next part of K, as in matmul.cu.
struct Pieces {
  u32 M, N, first, count, parts;
  float *partial;  // [parts, M, N] where there are several
};
constexpr u32 NO_PIECE = 0xffffffff;

// A Source is where A and B come from: how many tiles there are one below the other, how
// many maps it has, how many slices a sum has, how the two boxes of one are loaded, and
// which rows of the result the 16 of a warp are, and how far apart.
//
// Matrices are maps[0] of A [M, K] in boxes of m rows, maps[1] of B [N, K] in boxes of BN.
struct Matrices {
  const Map *maps;
  u32 M, K, m;
  static constexpr u32 count = 2;
  MEMBER u32 down() const { return (M + m - 1) / m; }
  MEMBER u32 slices() const { return (K + 63) / 64; }
  MEMBER void load(u32 a, u32 b, u32 bar, u32 slice, u32 row, u32 column) const {
    load_box(a, maps, bar, (int)(slice * 64), (int)(row * m));
    load_box(b, maps + 1, bar, (int)(slice * 64), (int)column);
  }
  MEMBER void rows(u32 row, u32 sixteen, u32 *first, u32 *end) const { *first = row * m + sixteen * 16, *end = M; }
  MEMBER u32 step() const { return 1; }
};

template <class T, int Consumers, int BN, int Stages, class Source>
DEVICE void wide_gemm(const u32 *stop, const Source &source, const Pieces &p, u32 patience, const Epilogue &whole) {
  using Tile = WideTile<Consumers, BN, Stages>;
  const u32 own = shared_address(shared()), base = (own + 1023) / 1024 * 1024;
  char *memory = shared() + (base - own);
  u32 *piece_of = (u32 *)(memory + Tile::pieces);
  const u32 t = thread_index(), lane = t % 32;
  if (t == 0) {
    for (u32 s = 0; s < Stages; s++) barrier_init(base + Tile::full + 8 * s, 1), barrier_init(base + Tile::empty + 8 * s, 4 * Consumers);
    for (u32 s = 0; s < 2; s++) barrier_init(base + Tile::known + 8 * s, 1), barrier_init(base + Tile::taken + 8 * s, 4 * Consumers);
    barriers_made();
  }
  barrier();
  const u32 down = source.down(), across = (p.N + BN - 1) / BN;
  const u32 all = source.slices(), per = (all + p.parts - 1) / p.parts;
  Ring<Stages> ring;
  Ring<2> turn;

  if (t < 128) {
    if constexpr (Consumers == 2) fewer_registers<24>();
    if (t > 0) return;
    UNROLL for (u32 i = 0; i < Source::count; i++) acquire(source.maps + i);
    for (u32 next = block_index();; next += block_count(), turn.next()) {
      if (!wait(base + Tile::taken + 8 * turn.stage, turn.parity ^ 1, patience)) return give_up(stop);
      const bool more = next < p.count && load_volatile(stop) == 0;
      piece_of[turn.stage] = more ? p.first + next : NO_PIECE;
      arrive(base + Tile::known + 8 * turn.stage);
      if (!more) return;
      const u32 piece = p.first + next, part = piece / (down * across);
      u32 row, column;
      raster(piece - part * (down * across), down, across, &row, &column);
      const u32 begin = part * per, end = begin + per < all ? begin + per : all;
      for (u32 slice = begin; slice < end; slice++, ring.next()) {
        if (!wait(base + Tile::empty + 8 * ring.stage, ring.parity ^ 1, patience)) return give_up(stop);
        const u32 to = base + ring.stage * Tile::stage, full = base + Tile::full + 8 * ring.stage;
        expect(full, Tile::stage);
        source.load(to, to + Tile::a, full, slice, row, column * BN);
      }
    }
  } else {
    if constexpr (Consumers == 2) more_registers<240>();
    const u32 group = t / 128 - 1, warp = t / 32 - 4;
    float *strip = (float *)(memory + Tile::strips + warp * 4096);
    for (;; turn.next()) {
      if (!wait(base + Tile::known + 8 * turn.stage, turn.parity, patience)) return give_up(stop);
      const u32 piece = piece_of[turn.stage];
      warp_barrier();
      if (lane == 0) arrive(base + Tile::taken + 8 * turn.stage);
      if (piece == NO_PIECE) return;
      const u32 part = piece / (down * across);
      u32 row, column;
      raster(piece - part * (down * across), down, across, &row, &column);
      const u32 begin = part * per, end = begin + per < all ? begin + per : all;

      float sum[BN / 2];
      UNROLL for (int i = 0; i < BN / 2; i++) sum[i] = 0;
      settled(sum);
      u32 last = 0;  // the stage of the slice before
      bool came = true;
      for (u32 slice = begin; slice < end; slice++) {
        came = wait(base + Tile::full + 8 * ring.stage, ring.parity, patience);
        if (!came) break;
        const u64 a = rows_at(base + ring.stage * Tile::stage + group * 64 * 128), b = rows_at(base + ring.stage * Tile::stage + Tile::a);
        products_begin();
        UNROLL for (u32 k = 0; k < 4; k++) product<T>(sum, a + 2 * k, b + 2 * k, true);
        products_end();
        // One run stays open, so that the tensor cores have what comes next.
        products_wait<1>();
        if (slice > begin && lane == 0) arrive(base + Tile::empty + 8 * last);
        last = ring.stage;
        ring.next();
      }
      products_wait<0>();
      settled(sum);
      if (!came) return give_up(stop);
      if (begin < end && lane == 0) arrive(base + Tile::empty + 8 * last);

      // Results leave through a strip of the warp's own, 64 columns at a time, so that
      // they are finished and stored in whole lines.
      const Epilogue some = {p.partial + (u64)part * p.M * p.N, nullptr, nullptr, nullptr, NO_ACT, 1, 0, STORE_F32};
      const Epilogue last_of = p.parts == 1 ? whole : some;
      const u32 n0 = column * BN;
      u32 m0, m_end;
      source.rows(row, warp, &m0, &m_end);
      UNROLL for (u32 c0 = 0; c0 < BN; c0 += 64) {
        warp_barrier();
        UNROLL for (u32 j = 0; j < 8; j++)
          UNROLL for (u32 e = 0; e < 2; e++) {
            const u32 r = lane / 4 + 8 * e, c = j * 8 + lane % 4 * 2;
            *(float2 *)(strip + r * 64 + (c ^ (r & 3) * 8)) = float2{sum[c0 / 2 + j * 4 + e * 2], sum[c0 / 2 + j * 4 + e * 2 + 1]};
          }
        warp_barrier();
        store_strip(last_of, strip, m0, source.step(), m_end, n0 + c0, p.N, lane);
      }
    }
  }
}
