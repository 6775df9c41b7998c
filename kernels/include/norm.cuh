// Norms of rows: statistics in two passes over the row, then weight, bias, the
// modulation x·(1+scale)+shift, and an activation, each where it is given.
#pragma once
#include "number.cuh"
#include "reduce.cuh"

enum NormKind : u32 { LAYER_NORM, RMS_NORM, CHANNEL_NORM };

struct Norm {
  u32 kind, dim;
  float eps;
  const float *weight, *bias, *scale, *shift;
  u32 act;
  u32 store;  // as what results are stored

  // apply normalises one row with `Step` threads, of which this is number t; add
  // sums over them.
  template <u32 Step, class Add> MEMBER void apply(void *out, u64 at, const float *x, u32 t, Add add) const {
    const bool wide = dim % 4 == 0 && whole16(x) && whole16(out) && at % 4 == 0;
    float mean = 0, square = 0;
    if (kind == LAYER_NORM) {
      each<Step>(x, t, wide, [&](u32, float v) { mean += v; });
      mean = add(mean) / dim;
    }
    each<Step>(x, t, wide, [&](u32, float v) { square = fma_f32(v - mean, v - mean, square); });
    square = add(square);
    const float by = kind == CHANNEL_NORM ? sqrt_f32((float)dim) / max_f32(sqrt_f32(square), 1e-12f)
                                          : 1.f / sqrt_f32(square / dim + eps);
    auto finish = [&](u32 i, float v) {
      v = (v - mean) * by;
      if (weight) v *= weight[i];
      if (bias) v += bias[i];
      if (scale) v = fma_f32(v, 1.f + scale[i], shift[i]);
      return activate(act, v);
    };
    if (wide) {
      for (u32 i = 4 * t; i < dim; i += 4 * Step) {
        const float4 v = *(const float4 *)(x + i);
        put4(out, at + i, store, float4{finish(i, v.x), finish(i + 1, v.y), finish(i + 2, v.z), finish(i + 3, v.w)});
      }
    } else {
      for (u32 i = t; i < dim; i += Step) put(out, at + i, store, finish(i, x[i]));
    }
  }

  template <u32 Step, class F> MEMBER void each(const float *x, u32 t, bool wide, F f) const {
    if (wide) {
      for (u32 i = 4 * t; i < dim; i += 4 * Step) {
        const float4 v = *(const float4 *)(x + i);
        f(i, v.x), f(i + 1, v.y), f(i + 2, v.z), f(i + 3, v.w);
      }
    } else {
      for (u32 i = t; i < dim; i += Step) f(i, x[i]);
    }
  }

  // rows normalises with 256 threads either a row, or a row with each warp.
  MEMBER void rows(void *out, const float *x, u32 count, bool by_warp) const {
    if (by_warp) {
      const u32 r = block_index() * 8 + thread_index() / 32;
      if (r >= count) return;
      apply<32>(out, (u64)r * dim, x + (u64)r * dim, thread_index() % 32, [](float v) { return warp_sum(v); });
      return;
    }
    const u64 at = (u64)block_index() * dim;
    apply<256>(out, at, x + at, thread_index(), [](float v) { return block_sum(v, (float *)shared()); });
  }
};
