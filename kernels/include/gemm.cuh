// The product of 16-bit matrices on tensor cores, sums in f32: out [M, N] =
// epilogue(A [M, K] · B [N, K]ᵀ). Both are read along K in pieces of 8 numbers: A
// through a Left, which may gather them from anywhere, B through a Right, which copies
// them or, where they are stored narrower (Narrow), passes them through registers.
// A block of WarpsM·WarpsN warps makes a tile of BM×BN; K goes by in slices of 32,
// Stages of them in flight. Where K is cut into parts, a block makes one of them.
#pragma once
#include "epilogue.cuh"
#include "mma.cuh"

template <int BM, int BN, int Stages> struct GemmTile {
  static constexpr u32 a = BM * 64, b = BN * 64, stage = a + b, bytes = Stages * stage;
};

template <class T, class Left, class Right, int BM, int BN, int WarpsM, int WarpsN, int Stages>
DEVICE void gemm(const Left &left, const Right &right, u32 M, u32 N, u32 K, u32 tile, u32 part, u32 parts,
                 const Epilogue &end) {
  constexpr int Threads = 32 * WarpsM * WarpsN, Rows = Threads / 4;
  constexpr int WM = BM / WarpsM, WN = BN / WarpsN, MT = WM / 16, NT = WN / 8;
  static_assert(BM % Rows == 0 && BN % Rows == 0 && WM % 16 == 0 && WN % 16 == 0, "tiles divide");
  using Tile = GemmTile<BM, BN, Stages>;
  u32 tile_row, tile_column;
  raster(tile, (M + BM - 1) / BM, (N + BN - 1) / BN, &tile_row, &tile_column);
  const u32 t = thread_index(), lane = t % 32, warp = t / 32;
  const u32 m0 = tile_row * BM, n0 = tile_column * BN;
  const u32 base = shared_address(shared());
  const u32 chunk = t % 4, row = t / 4;

  // A thread copies the same piece of rows that are Rows apart, which a swizzle puts
  // equally far apart. Where a row goes on in its next 32 numbers the address does, too:
  // it is looked for anew only where Left says that it does not.
  static_assert(Rows % 8 == 0, "swizzles repeat every 8 rows");
  const u32 place = swizzle<4>(row, chunk);
  const u32 all = (K + 31) / 32, per = (all + parts - 1) / parts;
  const u32 begin = part * per, slices = begin >= all ? 0 : all - begin < per ? all - begin : per;
  u32 k = begin * 32 + chunk * 8;
  typename Left::Row rows[BM / Rows];
  UNROLL for (int i = 0; i < BM / Rows; i++) rows[i] = left.row(m0 + row + i * Rows);
  auto column = left.column(k);
  const u16 *from[BM / Rows];
  u32 there = 0;  // a bit for each that is not zeros
  auto seek = [&] {
    there = 0;
    UNROLL for (int i = 0; i < BM / Rows; i++)
      if (left.find(rows[i], column, &from[i])) there |= 1u << i;
  };
  seek();
  const u16 *lines = right.line(n0 + row, k);
  const u64 apart = (u64)Rows * K;
  const u32 lines_left = n0 + row < N ? N - n0 - row : 0;
  auto after = [&](u32 at) { return at + Tile::stage == base + Tile::bytes ? base : at + Tile::stage; };
  u32 fill = base;  // the stage of the next slice to come
  auto fetch = [&] {
    UNROLL for (int i = 0; i < BM / Rows; i++) {
      copy16(fill + place + i * Rows * 64, from[i], (there >> i & 1) && k < K);
      from[i] += 32;
    }
    if constexpr (!Right::Narrow) {
      UNROLL for (int i = 0; i < BN / Rows; i++)
        copy16(fill + Tile::a + place + i * Rows * 64, lines + i * apart, (u32)(i * Rows) < lines_left && k < K);
      lines += 32;
    }
    k += 32;
    fill = after(fill);
    if (left.next(column)) seek();
  };
  UNROLL for (int s = 0; s < Stages - 1; s++) {
    if ((u32)s < slices) fetch();
    copies_commit();
  }
  // Of columns stored narrower, Ahead slices are on their way into registers, and the next
  // is widened into its place, while one is multiplied.
  constexpr int Ahead = Right::Ahead;
  typename Right::Row columns[BN / Rows];
  typename Right::Piece pieces[Ahead][BN / Rows];
  UNROLL for (int i = 0; i < BN / Rows; i++) columns[i] = right.row(n0 + row + i * Rows);
  const u32 first = begin * 32 + chunk * 8;
  auto read = [&](u32 slice, int to) {
    if constexpr (Right::Narrow)
      if (slice < slices)
        UNROLL for (int i = 0; i < BN / Rows; i++) right.read(columns[i], first + slice * 32, pieces[to][i]);
  };
  auto widen = [&](u32 slice, u32 stage, int at) {
    if constexpr (Right::Narrow)
      if (slice < slices) {
        char *to = shared() + (stage - base) + Tile::a + place;
        UNROLL for (int i = 0; i < BN / Rows; i++)
          *(uint4 *)(to + i * Rows * 64) = right.wide(columns[i], first + slice * 32, pieces[at][i]);
      }
  };
  UNROLL for (int s = 0; s < Ahead; s++) read(s, s);
  widen(0, base, 0);
  read(Ahead, 0);

  float sum[MT][NT][4];
  UNROLL for (int i = 0; i < MT; i++) UNROLL for (int j = 0; j < NT; j++) UNROLL for (int e = 0; e < 4; e++) sum[i][j][e] = 0;
  const u32 wm = warp % WarpsM * WM, wn = warp / WarpsM * WN;
  // While half a slice is multiplied, the operands of the next half are on their way from
  // shared memory, across the border of slices, too: else all warps would stand at the
  // barrier with nothing to multiply, and then wait for their operands together.
  u32 a[2][MT][4], b[2][NT / 2][4];
  const u32 left_at = swizzle<4>(wm + lane % 16, lane / 16);
  const u32 right_at = Tile::a + swizzle<4>(wn + lane / 16 * 8 + lane % 8, lane / 8 % 2);
  static_assert(Tile::stage % 64 == 0, "the second half of 32 numbers is where one bit differs");
  auto load = [&](u32 at, int kk) {
    const u32 x = at + (left_at ^ kk * 32), y = at + (right_at ^ kk * 32);
    UNROLL for (int i = 0; i < MT; i++) load4(a[kk][i], x + i * 16 * 64);
    UNROLL for (int j = 0; j < NT / 2; j++) load4(b[kk][j], y + j * 16 * 64);
  };
  auto multiply = [&](int kk) {
    UNROLL for (int i = 0; i < MT; i++)
      UNROLL for (int j = 0; j < NT / 2; j++) {
        mma<T>(sum[i][2 * j], a[kk][i], b[kk][j][0], b[kk][j][1]);
        mma<T>(sum[i][2 * j + 1], a[kk][i], b[kk][j][2], b[kk][j][3]);
      }
  };
  u32 now = base;  // the stage of the slice that is multiplied
  if (slices > 0) {
    copies_wait<Stages - 2>();
    barrier();
    load(now, 0);
  }
  for (u32 begun = 0; begun < slices; begun += Ahead)
    UNROLL for (int s = 0; s < Ahead; s++) {
      const u32 slice = begun + s, next = after(now);
      if (s > 0 && slice >= slices) break;
      load(now, 1);
      if (slice + Stages - 1 < slices) fetch();
      copies_commit();
      widen(slice + 1, next, (s + 1) % Ahead);
      read(slice + 1 + Ahead, (s + 1) % Ahead);
      multiply(0);
      copies_wait<Stages - 2>();
      barrier();
      if (slice + 1 < slices) load(next, 0);
      multiply(1);
      now = next;
    }
  copies_wait<0>();

  // Results leave through shared memory, 16 rows of each warp at a time, so that
  // they are finished and stored in whole lines.
  constexpr u32 Line = BN + 8;
  static_assert(WarpsM * 16 * Line * 4 <= Tile::bytes, "the strip fits");
  float *strip = (float *)shared();
  UNROLL for (int i = 0; i < MT; i++) {
    barrier();
    UNROLL for (int j = 0; j < NT; j++) {
      float *at = strip + (warp % WarpsM * 16 + lane / 4) * Line + wn + j * 8 + lane % 4 * 2;
      *(float2 *)at = float2{sum[i][j][0], sum[i][j][1]};
      *(float2 *)(at + 8 * Line) = float2{sum[i][j][2], sum[i][j][3]};
    }
    barrier();
  NO_UNROLL
    for (u32 e = t; e < WarpsM * 16 * BN / 4; e += Threads) {
      const u32 r = e / (BN / 4), c = e % (BN / 4) * 4;
      end.store4(*(float4 *)(strip + r * Line + c), m0 + r / 16 * WM + i * 16 + r % 16, M, n0 + c, N);
    }
  }
}

// Dense reads A from rows of K numbers.
struct Dense {
  const u16 *a;
  u32 rows, k;
  struct Row { const u16 *at; };
  MEMBER Row row(u32 r) const { return {r < rows ? a + (u64)r * k : nullptr}; }
  MEMBER u32 column(u32 k) const { return k; }
  MEMBER bool next(u32) const { return false; }
  MEMBER bool find(const Row &r, u32 column, const u16 **from) const {
    *from = r.at && column < k ? r.at + column : a;
    return r.at != nullptr;
  }
};

// Copied reads B from rows of K numbers.
struct Copied {
  const u16 *b;
  u32 k;
  static constexpr bool Narrow = false;
  static constexpr int Ahead = 1;
  struct Row {};
  struct Piece {};
  MEMBER Row row(u32) const { return {}; }
  MEMBER const u16 *line(u32 n, u32 column) const { return b + (u64)n * k + column; }
};
