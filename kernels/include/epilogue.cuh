// What is done to a product before it is stored: act(x + bias), times a gate, plus
// a residual. Whatever is not there is null.
#pragma once
#include "number.cuh"

struct Epilogue {
  void *out;
  const float *bias;      // [columns]
  const float *gate;      // one row for every `every` rows, stride apart
  const float *residual;  // as out
  u32 act, every, stride;
  u32 kind;               // what is stored

  MEMBER float finish(float v, const float *gates, u64 at, u32 column) const {
    if (bias) v += bias[column];
    v = activate(act, v);
    if (gates) v *= gates[column];
    if (residual) v += residual[at];
    return v;
  }
  // store4 stores 4 neighbours, as many as there are columns. Where columns go by
  // fours so do all rows, and everything is read in pieces of 16 bytes.
  MEMBER void store4(float4 v, u32 row, u32 rows, u32 column, u32 columns) const {
    if (row >= rows || column >= columns) return;
    const u64 at = (u64)row * columns + column;
    const float *gates = gate ? gate + (u64)(row / every) * stride : nullptr;
    if (columns % 4 == 0 && whole16(out) && whole16(bias) && whole16(gates) && whole16(residual)) {
      if (bias) {
        const float4 b = *(const float4 *)(bias + column);
        v.x += b.x, v.y += b.y, v.z += b.z, v.w += b.w;
      }
      if (act != NO_ACT) v.x = activate(act, v.x), v.y = activate(act, v.y), v.z = activate(act, v.z), v.w = activate(act, v.w);
      if (gates) {
        const float4 g = *(const float4 *)(gates + column);
        v.x *= g.x, v.y *= g.y, v.z *= g.z, v.w *= g.w;
      }
      if (residual) {
        const float4 r = *(const float4 *)(residual + at);
        v.x += r.x, v.y += r.y, v.z += r.z, v.w += r.w;
      }
      put4(out, at, kind, v);
      return;
    }
    const float e[4] = {v.x, v.y, v.z, v.w};
    UNROLL for (u32 i = 0; i < 4; i++)
      if (column + i < columns) put(out, at + i, kind, finish(e[i], gates, at + i, column + i));
  }
};

// A raster walks tiles in groups of 8 rows of tiles, so that what blocks running
// together read stays in the cache.
DEVICE void raster(u32 tile, u32 down, u32 across, u32 *row, u32 *column) {
  u32 group = tile / (8 * across), first = 8 * group;
  u32 height = down - first < 8 ? down - first : 8;
  u32 in = tile - group * 8 * across;
  *row = first + in % height;
  *column = in / height;
}
