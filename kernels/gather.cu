// Row i of out is row ids[i] of a table [rows, dim], or zeros where there is no
// such row. A block makes one row.
#include "number.cuh"

template <class Read> DEVICE void gather(float *out, const int *ids, u32 rows, u32 dim, Read read) {
  const int id = ids[block_index()];
  const bool in = id >= 0 && (u32)id < rows;
  for (u32 i = thread_index(); i < dim; i += 256) out[(u64)block_index() * dim + i] = in ? read((u64)(u32)id * dim + i) : 0.f;
}

KERNEL(256, gather_f32, const u32 *stop, float *out, const float *table, const int *ids, u32 rows, u32 dim) {
  if (stopped(stop)) return;
  gather(out, ids, rows, dim, [&](u64 i) { return table[i]; });
}

KERNEL(256, gather_bf16, const u32 *stop, float *out, const u16 *table, const int *ids, u32 rows, u32 dim) {
  if (stopped(stop)) return;
  gather(out, ids, rows, dim, [&](u64 i) { return Brain::wide(table[i]); });
}

KERNEL(256, gather_f16, const u32 *stop, float *out, const u16 *table, const int *ids, u32 rows, u32 dim) {
  if (stopped(stop)) return;
  gather(out, ids, rows, dim, [&](u64 i) { return Half::wide(table[i]); });
}
