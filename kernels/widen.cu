// Widens rows of k numbers from the type that a file stores them in, times the scale of
// the matrix (step 0) or of each row (step 1), where there is one. Each row is padded
// with zeros to `padded`. So weights that stay as they are stored become what a product
// of many rows reads just before it; those of few rows widen them as they multiply
// (matmul_stored.cu). Each thread makes 8.
#include "stored.cuh"

KERNEL(256, widen, const u32 *stop, void *out, const u8 *from, const float *scale, u32 step, u32 rows, u32 k, u32 padded, u32 stored, u32 kind) {
  if (stopped(stop)) return;
  const u32 pieces = (padded + 7) / 8;
  const u64 i = (u64)block_index() * 256 + thread_index();
  if (i >= (u64)rows * pieces) return;
  const u64 row = i / pieces;
  const u32 at = (u32)(i % pieces) * 8;
  float v[8];
  if (stored <= F8_E5M2) {
    const u8 *x = from + row * k + at;
    UNROLL for (u32 j = 0; j < 8; j++) {
      const u32 q = at + j < k ? x[j] : 0;
      v[j] = stored == F8_E4M3 ? e4m3(q) : e5m2(q);
    }
  } else {
    const Layout l = layout_of(stored);
    const u64 n = row * k + at;
    eight(stored, from + n / l.numbers * l.bytes, (u32)(n % l.numbers), v);
  }
  if (scale) {
    const float s = scale[row * step];
    UNROLL for (int j = 0; j < 8; j++) v[j] = times(v[j], s);
  }
  if (padded % 8 == 0) {
    put4(out, row * padded + at, kind, float4{v[0], v[1], v[2], v[3]});
    put4(out, row * padded + at + 4, kind, float4{v[4], v[5], v[6], v[7]});
    return;
  }
  UNROLL for (u32 j = 0; j < 8; j++)
    if (at + j < padded) put(out, row * padded + at + j, kind, v[j]);
}
