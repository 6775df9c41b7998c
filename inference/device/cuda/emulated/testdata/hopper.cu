// Kernels for the tests of the machine alone: one that is right, and the same with one
// mistake of each kind, which the machine must not let pass.
#include "wgmma.cuh"

enum Mistake : u32 {
  NONE, EARLY, TOUCHED, NO_FENCE, TWICE, FEWER_BYTES, MORE_BYTES, BOX_ALIGNED, MATRIX_ALIGNED, NOT_ACQUIRED, NOT_SHOWN, OPEN,
  DIFFERENT, NOT_MADE, OVERWRITTEN, SWIZZLE, OTHER_WAY
};

// out [64, 128] = a [64, 64] · b, which is [128, 64] or, turned, [64, 128]; a by map 0 or,
// where b is turned, from registers. Both boxes come with one barrier.
KERNEL(128, try_product, const u32 *, float *out, const Map *maps, const u16 *a, u32 turned, u32 mistake) {
  const u32 own = shared_address(shared()), base = (own + 1023) / 1024 * 1024;
  const u32 ta = base, tb = base + 8192, bar = base + 8192 + 16384;
  const u32 t = thread_index();
  if (t == 0) {
    if (mistake != NOT_MADE) barrier_init(bar, 1);
    if (mistake != NOT_SHOWN) barriers_made();
    if (mistake != NOT_ACQUIRED) acquire(maps), acquire(maps + 1);
  }
  barrier();
  if (t == 0) {
    expect(bar, mistake == FEWER_BYTES ? 24576 - 128 : mistake == MORE_BYTES ? 24576 + 128 : 24576);
    if (mistake == TWICE) arrive(bar);
    load_box(ta + (mistake == BOX_ALIGNED ? 128 : 0), maps, bar, 0, 0);
    if (turned) {
      load_box(tb, maps + 1, bar, 0, 0);
      load_box(tb + 8192, maps + 1, bar, 64, 0);
    } else {
      load_box(tb, maps + 1, bar, 0, 0);
    }
  }
  if (!wait(bar, mistake == OTHER_WAY, 1000)) return;
  float sum[64];
  for (u32 i = 0; i < 64; i++) sum[i] = 0;
  u32 p[4][4];
  if (turned)
    for (u32 k = 0; k < 4; k++)
      for (u32 i = 0; i < 4; i++)
        p[k][i] = *(const u32 *)(a + (t / 32 * 16 + t % 32 / 4 + i % 2 * 8) * 64 + k * 16 + t % 4 * 2 + i / 2 * 8);
  if (mistake != NO_FENCE) products_begin();
  for (u32 k = 0; k < 4; k++) {
    if (turned) {
      product_turned<Brain>(sum, p[k], columns_at(tb, 8192) + 128 * k);
      continue;
    }
    u64 from = rows_at(ta) + 2 * k;
    if (mistake == MATRIX_ALIGNED) from += 8;
    if (mistake == SWIZZLE) from &= ~(3ull << 62);
    if (mistake == DIFFERENT && t >= 64 && k == 0) from += 2;
    product<Brain>(sum, from, rows_at(tb) + 2 * k, k > 0);
  }
  if (mistake == TOUCHED) sum[5] = 1;
  products_end();
  if (mistake == OVERWRITTEN) {
    barrier();
    if (t == 0) expect(bar, 8192), load_box(ta, maps, bar, 0, 1);
    if (!wait(bar, 1, 1000)) return;
  }
  if (mistake != EARLY && mistake != OPEN) products_wait<0>();
  for (u32 i = 0; i < 64; i++)
    out[(t / 32 * 16 + t % 32 / 4 + i % 4 / 2 * 8) * 128 + i / 4 * 8 + t % 4 * 2 + i % 2] = sum[i];
  if (mistake == EARLY) products_wait<0>();
}
