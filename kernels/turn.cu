// out [columns, padded] = x [rows, columns]ᵀ rounded to bf16, with zeros from number
// `rows` of a row on; padded is a multiple of 8. A block turns 32×32 numbers by way of
// 4,224 bytes of shared memory, so that both sides are read and written in whole lines.
#include "number.cuh"

KERNEL(256, turn_bf16, const u32 *stop, u16 *out, const float *x, u32 rows, u32 columns, u32 padded) {
  if (all_stopped(stop)) return;
  float(*tile)[33] = (float(*)[33])shared();
  const u32 across = (columns + 31) / 32, lane = thread_index() % 32, line = thread_index() / 32;
  const u32 r0 = block_index() / across * 32, c0 = block_index() % across * 32;
  UNROLL for (u32 i = line; i < line + 32; i += 8) {
    const u32 r = r0 + i, c = c0 + lane;
    tile[i][lane] = r < rows && c < columns ? x[(u64)r * columns + c] : 0.f;
  }
  barrier();
  UNROLL for (u32 i = line; i < line + 32; i += 8) {
    const u32 r = r0 + lane, c = c0 + i;
    if (r < padded && c < columns) out[(u64)c * padded + r] = (u16)Brain::pair(tile[lane][i], 0);
  }
}
