// What is done to a product before it is stored: act(x + bias), times a gate, plus
// a residual. Whatever is not there is null.
#pragma once
#include "number.cuh"

struct Epilogue {
  float *out;
  const float *bias;      // [columns]
  const float *gate;      // one row for every `every` rows, stride apart
  const float *residual;  // as out
  u32 act, every, stride;

  MEMBER float finish(float v, u32 row, u32 column, u32 columns) const {
    if (bias) v += bias[column];
    v = activate(act, v);
    if (gate) v *= gate[(u64)(row / every) * stride + column];
    if (residual) v += residual[(u64)row * columns + column];
    return v;
  }
  // store4 stores 4 neighbours, as many as there are columns.
  MEMBER void store4(float4 v, u32 row, u32 rows, u32 column, u32 columns) const {
    if (row >= rows) return;
    float e[4] = {v.x, v.y, v.z, v.w};
    float *at = out + (u64)row * columns + column;
    if (columns % 4 == 0 && column < columns && whole16(out)) {
      UNROLL for (u32 i = 0; i < 4; i++) e[i] = finish(e[i], row, column + i, columns);
      *(float4 *)at = float4{e[0], e[1], e[2], e[3]};
      return;
    }
    UNROLL for (u32 i = 0; i < 4; i++)
      if (column + i < columns) at[i] = finish(e[i], row, column + i, columns);
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
