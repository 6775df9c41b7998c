// The attention of include/flash.cuh for compute capability 9.0, as in FlashAttention-3
// (arXiv:2407.08608): a block stays on its processor and takes 128 queries of a head after
// the other. One thread has the copy engine bring queries, and blocks of keys and values
// into rings of two. Two warpgroups have 64 queries each. They ask for the logits of the
// next keys before the weighted sum of these, so that one computes weights while tensor
// cores multiply; and they take turns in asking, so that the two do not do it at once.
#pragma once
#include "rows.cuh"
#include "wgmma.cuh"

template <int D, int Keys> struct AheadTile {
  static constexpr u32 queries = 128, q = queries * D * 2, kv = Keys * D * 2;
  static constexpr u32 k = q, v = k + 2 * kv, barriers = v + 2 * kv;
  static constexpr u32 k_full = barriers, k_empty = k_full + 16, v_full = k_empty + 16, v_empty = v_full + 16;
  static constexpr u32 known = v_empty + 16, taken = known + 16, turns = taken + 16, q_full = turns + 16, q_empty = q_full + 8;
  static constexpr u32 pieces = q_empty + 8, bytes = 1024 + pieces + 8;
};

// maps are those of q, k and v: [batches, rows, heads, D] in boxes of 128 or Keys rows
// of 64 numbers; the others are as in Flash, which has a bias besides.
struct Attending {
  void *out;
  u32 heads, d;
  float scale;
  u32 kind, first, count;
  Rows rows;
};
constexpr u32 NOTHING = 0xffffffff;

// A Piece is 128 queries of a head, and the blocks of keys they see.
struct Piece {
  u32 q0, last, head, batch, begin, end;
};
DEVICE Piece piece_at(const Attending &f, u32 piece, u32 keys) {
  const u32 tiles = (f.rows.queries + 127) / 128;
  Piece p;
  p.q0 = piece % tiles * 128, p.head = piece / tiles % f.heads, p.batch = piece / tiles / f.heads;
  p.last = p.q0 + 128 < f.rows.queries ? p.q0 + 127 : f.rows.queries - 1;
  p.begin = f.rows.from(p.q0) / keys, p.end = (f.rows.to(p.last) + keys - 1) / keys;
  return p;
}

// keep_between makes a logit −∞ unless from ≤ at < to.
#ifdef KINORA_EMU
DEVICE void keep_between(float &logit, int at, int from, int to) {
  if (at < from || at >= to) logit = NEGATIVE_INFINITY;
}
#else
DEVICE void keep_between(float &logit, int at, int from, int to) {
  asm volatile("{ .reg .pred p, q; setp.lt.s32 p, %1, %2; setp.ge.or.s32 q, %1, %3, p; @q mov.b32 %0, 0fFF800000; }"
               : "+f"(logit) : "n"(at), "r"(from), "r"(to));
}
#endif

// Weights are the softmax of a warpgroup's queries so far: of the rows that a thread has
// two halves of, the highest logit and the sum.
struct Weights {
  float top[2], total[2], fade[2];
};

// mask makes the logits of keys that a query does not see, or that are not there, −∞, and
// adds to the last key's what it counts more.
// It works out everything anew: only blocks at an edge need it, and registers are scarce.
template <int Keys> DEVICE void mask(float (&s)[Keys / 2], const Attending &f, u32 number, u32 key0) {
  const u32 t = fresh(thread_index());
  const float more = f.rows.extra / f.scale;
  const u32 q = piece_at(f, number, Keys).q0 + (t - 128) / 32 * 16 + t % 32 / 4, mine = key0 + t % 4 * 2;
  const int last = (int)(f.rows.keys - 1 - mine);
  UNROLL for (u32 e = 0; e < 2; e++) {
    const u32 query = q + 8 * e;
    const int from = (int)(f.rows.from(query) - mine), to = (int)((query < f.rows.queries ? f.rows.to(query) : f.rows.keys) - mine);
    UNROLL for (int j = 0; j < Keys / 8; j++)
      UNROLL for (int i = 0; i < 2; i++) {
        if (j * 8 + i == last) s[4 * j + 2 * e + i] += more;
        keep_between(s[4 * j + 2 * e + i], j * 8 + i, from, to);
      }
  }
}

// weigh turns logits into weights, and says by how much what was summed before fades.
template <int Keys> DEVICE void weigh(float (&s)[Keys / 2], Weights &w, float scale) {
  const float to_powers = scale * 1.44269504f;
  UNROLL for (u32 e = 0; e < 2; e++) {
    float high = w.top[e];
    UNROLL for (u32 j = 0; j < Keys / 8; j++) high = max_f32(high, max_f32(s[4 * j + 2 * e], s[4 * j + 2 * e + 1]));
    high = max_f32(high, from_lane_xor(high, 1));
    high = max_f32(high, from_lane_xor(high, 2));
    const float level = high == NEGATIVE_INFINITY ? 0.f : high * to_powers;
    w.fade[e] = exp2_flush(fma_f32(w.top[e], to_powers, -level));
    w.top[e] = high;
    float sum = 0;
    UNROLL for (u32 j = 0; j < Keys / 8; j++)
      UNROLL for (u32 i = 2 * e; i < 2 * e + 2; i++) {
        s[4 * j + i] = exp2_flush(fma_f32(s[4 * j + i], to_powers, -level));
        sum += s[4 * j + i];
      }
    w.total[e] = fma_f32(w.total[e], w.fade[e], sum);
  }
}

template <class T, int D, int Keys>
DEVICE void ahead(const u32 *stop, const Map *maps, const Attending &f, u32 patience) {
  using Tile = AheadTile<D, Keys>;
  const u32 own = shared_address(shared()), base = (own + 1023) / 1024 * 1024;
  u32 *piece_of = (u32 *)(shared() + (base - own) + Tile::pieces);
  const u32 t = thread_index(), lane = t % 32;
  if (t == 0) {
    for (u32 s = 0; s < 2; s++) {
      barrier_init(base + Tile::k_full + 8 * s, 1), barrier_init(base + Tile::k_empty + 8 * s, 8);
      barrier_init(base + Tile::v_full + 8 * s, 1), barrier_init(base + Tile::v_empty + 8 * s, 8);
      barrier_init(base + Tile::known + 8 * s, 1), barrier_init(base + Tile::taken + 8 * s, 8);
      barrier_init(base + Tile::turns + 8 * s, 4);
    }
    barrier_init(base + Tile::q_full, 1), barrier_init(base + Tile::q_empty, 8);
    barriers_made();
  }
  barrier();
  Ring<2> turn;   // of pieces
  Ring<2> ring;   // of keys and values
  u32 odd = 0;    // the parity of the queries' phase

  if (t < 128) {
    fewer_registers<24>();
    if (t > 0) return;
    acquire(maps), acquire(maps + 1), acquire(maps + 2);
    for (u32 next = block_index();; next += block_count(), turn.next(), odd ^= 1) {
      if (!wait(base + Tile::taken + 8 * turn.stage, turn.parity ^ 1, patience)) return give_up(stop);
      const bool more = next < f.count && load_volatile(stop) == 0;
      piece_of[turn.stage] = more ? f.first + next : NOTHING;
      arrive(base + Tile::known + 8 * turn.stage);
      if (!more) return;
      const Piece p = piece_at(f, f.first + next, Keys);
      if (!wait(base + Tile::q_empty, odd ^ 1, patience)) return give_up(stop);
      expect(base + Tile::q_full, Tile::q);
      UNROLL for (u32 c = 0; c < D / 64; c++)
        load_box(base + c * 128 * 128, maps, base + Tile::q_full, (int)(c * 64), (int)p.head, (int)p.q0, (int)p.batch);
      for (u32 block = p.begin; block < p.end; block++, ring.next()) {
        const u32 at = base + ring.stage * Tile::kv, bar = base + 8 * ring.stage;
        if (!wait(bar + Tile::k_empty, ring.parity ^ 1, patience)) return give_up(stop);
        expect(bar + Tile::k_full, Tile::kv);
        UNROLL for (u32 c = 0; c < D / 64; c++)
          load_box(at + Tile::k + c * Keys * 128, maps + 1, bar + Tile::k_full, (int)(c * 64), (int)p.head, (int)(block * Keys), (int)p.batch);
        if (!wait(bar + Tile::v_empty, ring.parity ^ 1, patience)) return give_up(stop);
        expect(bar + Tile::v_full, Tile::kv);
        UNROLL for (u32 c = 0; c < D / 64; c++)
          load_box(at + Tile::v + c * Keys * 128, maps + 2, bar + Tile::v_full, (int)(c * 64), (int)p.head, (int)(block * Keys), (int)p.batch);
      }
    }
  } else {
    more_registers<240>();
    const u32 group = t / 128 - 1;
    u32 m = 0, n = 0;  // pieces and blocks of keys so far, which tell stages and parities
    auto ask_logits = [&](float (&s)[Keys / 2], u32 stage) {
      const u32 at = fresh(base);
      const u64 a = rows_at(at + group * 64 * 128), b = rows_at(at + Tile::k + stage * Tile::kv);
      products_begin();
      UNROLL for (u32 k = 0; k < D / 16; k++)
        product<T>(s, a + (k / 4 * 128 * 128 / 16 + k % 4 * 2), b + (k / 4 * Keys * 128 / 16 + k % 4 * 2), k > 0);
      products_end();
    };
    auto ask_sums = [&](float (&sum)[D / 2], const u32 (&w)[Keys / 16][4], u32 stage) {
      const u64 b = columns_at(fresh(base) + Tile::v + stage * Tile::kv, Keys * 128);
      products_begin();
      UNROLL for (u32 k = 0; k < Keys / 16; k++) product_turned<T>(sum, w[k], b + k * 128);
      products_end();
    };
    auto release = [&](u32 at) {
      if (lane == 0) arrive(base + at);
    };
    auto wait_block = [&](u32 full, u32 block) { return wait(base + full + block % 2 * 8, block / 2 % 2, patience); };
    for (;; m++) {
      if (!wait_block(Tile::known, m)) return give_up(stop);
      const u32 *number = piece_of + m % 2;
      if (*number == NOTHING) return;
      // keys that all my queries see, and the end of those that any sees
      u32 whole_from, whole_to, key0, key_end;
      {
        const Piece p = piece_at(f, *number, Keys);
        whole_from = f.rows.from(p.last), whole_to = f.rows.to(p.q0) - (f.rows.extra != 0);
        key0 = p.begin * Keys, key_end = p.end * Keys;
      }
      Weights w = {{NEGATIVE_INFINITY, NEGATIVE_INFINITY}, {0, 0}, {1, 1}};
      float s[Keys / 2], sum[D / 2];
      u32 weights[Keys / 16][4];
      UNROLL for (int i = 0; i < D / 2; i++) sum[i] = 0;
      UNROLL for (int i = 0; i < Keys / 2; i++) s[i] = 0;
      auto rounded = [&]() {
        UNROLL for (u32 k = 0; k < Keys / 16; k++)
          UNROLL for (u32 i = 0; i < 4; i++) weights[k][i] = T::pair(s[8 * k + 2 * i], s[8 * k + 2 * i + 1]);
      };
      bool came = wait(base + Tile::q_full, m % 2, patience) && wait_block(Tile::k_full, n);
      if (!came) return give_up(stop);
      settled(s);
      ask_logits(s, n % 2);
      products_wait<0>();
      settled(s);
      release(Tile::k_empty + n % 2 * 8);
      if (key0 + Keys >= key_end) release(Tile::q_empty);
      if (key0 < whole_from || key0 + Keys > whole_to) mask<Keys>(s, f, *number, key0);
      weigh<Keys>(s, w, f.scale);
      rounded();
      for (n++, key0 += Keys; key0 < key_end; n++, key0 += Keys) {
        // The first warpgroup begins; each has had as many turns as it has had blocks,
        // less one of every piece.
        came = wait_block(Tile::k_full, n) && wait(base + Tile::turns + 8 * group, (n - m) % 2 ^ group, patience) && wait_block(Tile::v_full, n - 1);
        if (!came) break;
        settled(s), settled(sum), settled(weights);
        ask_logits(s, n % 2);
        ask_sums(sum, weights, (n - 1) % 2);
        release(Tile::turns + 8 * (group ^ 1));
        products_wait<1>();
        settled(s);
        release(Tile::k_empty + n % 2 * 8);
        if (key0 + Keys >= key_end) release(Tile::q_empty);  // the next are on their way while this ends
        if (key0 < whole_from || key0 + Keys > whole_to) mask<Keys>(s, f, *number, key0);
        // It is true; but what is behind a branch stays in front of the wait, and without
        // one ptxas waits first and weighs then.
        if (key0 < fresh(key_end)) weigh<Keys>(s, w, f.scale);
        products_wait<0>();
        settled(sum), settled(weights);
        release(Tile::v_empty + (n - 1) % 2 * 8);
        UNROLL for (u32 j = 0; j < D / 2; j++) sum[j] *= w.fade[j / 2 % 2];
        rounded();
      }
      if (!came || !wait_block(Tile::v_full, n - 1)) return give_up(stop);
      settled(sum), settled(weights);
      ask_sums(sum, weights, (n - 1) % 2);
      products_wait<0>();
      settled(sum);
      release(Tile::v_empty + (n - 1) % 2 * 8);

      const Piece p = piece_at(f, *number, Keys);
      warp_barrier();
      release(Tile::taken + m % 2 * 8);
      const u32 now = fresh(t), d = fresh(f.d);  // as above: nothing of this is kept
      const u32 q = p.q0 + (now - 128) / 32 * 16 + now % 32 / 4;
      UNROLL for (u32 e = 0; e < 2; e++) {
        float all = w.total[e];
        all += from_lane_xor(all, 1);
        all += from_lane_xor(all, 2);
        const u32 query = q + 8 * e;
        if (query >= f.rows.queries) continue;
        const float by = all > 0 ? 1.f / all : 0.f;
        const u64 at = f.rows.at(p.batch, query) * ((u64)f.heads * d) + p.head * d;
        const bool pairs = d % 2 == 0 && whole16(f.out);
        UNROLL for (u32 j = 0; j < D / 8; j++) {
          const u32 c = j * 8 + now % 4 * 2;
          const float x = sum[4 * j + 2 * e] * by, y = sum[4 * j + 2 * e + 1] * by;
          if (pairs) {
            if (c < d) put2(f.out, at + c, f.kind, x, y);
            continue;
          }
          if (c < d) put(f.out, at + c, f.kind, x);
          if (c + 1 < d) put(f.out, at + c + 1, f.kind, y);
        }
      }
    }
  }
}
