// softmax(scale·x) of rows of k logits, rounded to bf16 and padded with zeros to
// `padded`, a multiple of 8: what a product with values reads. Each warp makes a row,
// and its lanes pairs; maxima and sums are f32.
#include "number.cuh"
#include "reduce.cuh"

KERNEL(256, softmax_bf16, const u32 *stop, u16 *out, const float *x, u32 rows, u32 k, u32 padded, float scale) {
  if (stopped(stop)) return;
  const u32 row = block_index() * 8 + thread_index() / 32, lane = thread_index() % 32;
  if (row >= rows) return;
  const float *from = x + (u64)row * k;
  const float to_powers = scale * 1.44269504f;
  // A lane's sum is of powers over its own maximum so far.
  float top = NEGATIVE_INFINITY, sum = 0;
  for (u32 i = lane; i < k; i += 32) {
    const float v = from[i] * to_powers, high = max_f32(top, v);
    sum = fma_f32(sum, exp2_flush(top - high), exp2_flush(v - high));
    top = high;
  }
  const float level = warp_max(top);
  const float by = 1.f / warp_sum(top == NEGATIVE_INFINITY ? 0.f : sum * exp2_flush(top - level));
  u32 *to = (u32 *)(out + (u64)row * padded);
  for (u32 i = lane; i < padded / 2; i += 32) {
    const float a = 2 * i < k ? exp2_flush(fma_f32(from[2 * i], to_powers, -level)) * by : 0.f;
    const float b = 2 * i + 1 < k ? exp2_flush(fma_f32(from[2 * i + 1], to_powers, -level)) * by : 0.f;
    to[i] = Brain::pair(a, b);
  }
}
