// softmax(scale·q·kᵀ + bias)·v for every head (graph/attention.go). On tensor
// cores (include/flash.cuh), or in f32 with a warp for each query, which is exact
// and is also right where a query sees few keys. A launch makes the pieces from
// first on: tiles of queries, heads, batches, the last slowest.
#include "flash.cuh"
#include "reduce.cuh"

// 4 warps, each with a query of its own; `Per` numbers of a head to a lane. A lane
// holds the logit of one of 32 keys, and the result in numbers 32 apart.
template <int Per>
DEVICE void attend(float *out, const float *q, const float *k, const float *v, const float *bias, u32 heads, u32 d, float scale,
                   const Rows &rows, u32 piece) {
  const u32 lane = thread_index() % 32;
  const u32 tiles = (rows.queries + 3) / 4, query = piece % tiles * 4 + thread_index() / 32;
  const u32 head = piece / tiles % heads, b = piece / tiles / heads;
  if (query >= rows.queries) return;
  const u64 width = (u64)heads * d, own = rows.at(b, query) * width + head * d;
  float sum[Per], top = NEGATIVE_INFINITY, total = 0;
  UNROLL for (int i = 0; i < Per; i++) sum[i] = 0;
  const u32 to = rows.to(query);
  for (u32 key0 = rows.from(query); key0 < to; key0 += 32) {
    const u32 key = key0 + lane;
    float s = NEGATIVE_INFINITY;
    if (key < to) {
      const float *other = k + rows.at(b, key) * width + head * d;
      float dot = 0;
      for (u32 c = 0; c < d; c++) dot = fma_f32(q[own + c], other[c], dot);
      s = dot * scale;
      if (key + 1 == rows.keys) s += rows.extra;
      if (bias) s += bias[((u64)head * rows.queries + query) * rows.keys + key];
    }
    const float high = max_f32(top, warp_max(s)), fade = exp_f32(top - high), p = exp_f32(s - high);
    top = high;
    total = total * fade + warp_sum(p);
    UNROLL for (int i = 0; i < Per; i++) sum[i] *= fade;
    const u32 count = to - key0 < 32 ? to - key0 : 32;
    for (u32 j = 0; j < count; j++) {
      const float w = from_lane(p, j);
      const float *value = v + rows.at(b, key0 + j) * width + head * d;
      UNROLL for (int i = 0; i < Per; i++)
        if (lane + 32 * i < d) sum[i] = fma_f32(w, value[lane + 32 * i], sum[i]);
    }
  }
  UNROLL for (int i = 0; i < Per; i++)
    if (lane + 32 * i < d) out[own + lane + 32 * i] = total > 0 ? sum[i] / total : 0.f;
}

#define ATTEND(name, Per)                                                                                                 \
  KERNEL(128, name, const u32 *stop, float *out, const float *q, const float *k, const float *v, const float *bias, u32 heads, \
         u32 d, float scale, u32 first, ROWS_ARGUMENTS) {                                                                 \
    if (all_stopped(stop)) return;                                                                                        \
    attend<Per>(out, q, k, v, bias, heads, d, scale, ROWS, first + block_index());                                        \
  }
ATTEND(attention_f32_128, 4)
ATTEND(attention_f32_1024, 32)

#define FLASH(name, T, D, MT, Keys)                                                                                   \
  KERNEL(128, name, const u32 *stop, void *out, const u16 *q, const u16 *k, const u16 *v, const float *bias, u32 heads, \
         u32 d, float scale, u32 kind, u32 first, ROWS_ARGUMENTS) {                                                 \
    if (all_stopped(stop)) return;                                                                                  \
    flash<T, D, MT, Keys>(Flash{out, q, k, v, bias, heads, d, scale, kind, ROWS}, first + block_index());                 \
  }
FLASH(attention_bf16_32, Brain, 32, 1, 64)
FLASH(attention_bf16_64, Brain, 64, 1, 64)
FLASH(attention_bf16_128, Brain, 128, 1, 32)
FLASH(attention_bf16_64x2, Brain, 64, 2, 64)
FLASH(attention_bf16_128x2, Brain, 128, 2, 32)
