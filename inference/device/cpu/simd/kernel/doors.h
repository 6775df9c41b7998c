// What the table of kernel.h points at: arguments unpacked in the order that
// kernel.go packs them.

static void door_pack_left(const i64 *n, const float *a, float *o) { pack_left(n[0], n[1], n[2], a, n[3], o); }

static void door_gemv(const i64 *n, const float *a, const void *w, const float *bias, const float *gate, const float *tail, float *c) {
  finish f = {bias, gate, tail, n[8], n[9], n[10], n[11], 0};
  gemv(n[0], n[1], n[2], n[3], a, n[4], n[5], w, n[6], c, n[7], &f);
}

static void door_pack_across(const i64 *n, const float *a, float *o) { pack_across(n[0], n[1], n[2], n[3], a, n[4], o); }

static void door_stream(const i64 *n, const float *a, const void *w, const void *then, const float *bias, const float *gate, const float *tail,
                        float *sums, float *c) {
  stream_args s = {n[0], n[1], n[2], n[3], n[4], n[5], then};
  finish f = {bias, gate, tail, n[7], n[8], n[9], n[10], 0};
  stream(&s, a, w, sums, c, n[6], &f);
}

static i64 door_planar_scratch(const i64 *n) {
  conv_args a = conv_unpack(n);
  return planar_scratch(&a);
}

static void door_conv_planar(const i64 *n, const float *x, const float *cache, const float *left, const float *bias, const float *tail,
                             float *y, float *scratch) {
  conv_args a = conv_unpack(n);
  n += sizeof a / sizeof *n;
  finish f = {bias, 0, tail, n[3], 0, 1, a.o, 0};
  conv_planar(&a, n[0], n[1], n[2], x, cache, left, y, &f, scratch);
}

static void door_attention(const i64 *n, float scale, const float *q, const float *k, const float *v, const float *bias, float *o,
                           float *scratch) {
  attention_args a = {n[0], n[1], n[2], n[3], n[4], n[5], n[6], scale, bias, n[7], n[8], n[9], n[10], n[11]};
  for (i64 h = 0, d = a.d; h < n[12]; h++, q += d, k += d, v += d, o += d) {
    if (bias) a.bias = bias + h * n[13];
    if (few_keys(&a)) attention_few(&a, q, k, v, o);
    else attention(&a, q, k, v, o, scratch);
  }
}

static void door_norm(const i64 *n, double eps, const float *x, const float *weight, const float *bias, const float *scale,
                      const float *shift, float *y) {
  norm_args a = {n[0], n[1], n[2], eps, weight, bias, scale, shift, n[5], n[6], n[7], n[8]};
  norm(&a, n[3], n[4], x, y);
}

#define KERNELS                                                                                                                      \
  {                                                                                                                                  \
    MR, NR, UNIT, STREAM_COLS, door_pack_left, door_copy_left, door_pack_right, door_gemm, door_gemv, door_pack_across, door_stream, door_conv_scratch, door_conv, door_planar_scratch,         \
        door_conv_planar, attention_scratch, door_attention,  \
        door_norm, softmax, act_run, pair, muladd, modulate, rope, widen_stored, peak                                                   \
  }
