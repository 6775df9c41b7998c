// The doors of products and convolutions by tiles: arguments unpacked in the order that
// kernel.go packs them.

static void door_pack_right(const i64 *n, const void *w, float *o) { pack_right(n[0], n[1], n[2], w, n[3], n[4], o); }

static void door_copy_left(const i64 *n, const float *a, float *o) { copy_left(n[0], n[1], n[2], n[3], n[4], a, n[5], o, n[6]); }

static void door_gemm(const i64 *n, const float *a, const float *b, const void *raw, const float *bias, const float *gate,
                      const float *tail, float *c) {
  left_side left = {a, n[10], n[11]};
  right_side right = {b, n[12], n[13], raw, n[14], n[15], n[16]};
  finish f = {bias, gate, tail, n[18], n[19], n[20], n[21], n[22]};
  gemm(n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7], n[8], n[9], &left, &right, c, n[17], &f);
}

static conv_args conv_unpack(const i64 *n) {
  conv_args a;
  memcpy(&a, n, sizeof a);
  return a;
}

static i64 door_conv_scratch(const i64 *n) {
  conv_args a = conv_unpack(n);
  return conv_scratch(&a);
}

static void door_conv(const i64 *n, const float *x, const float *cache, const float *w, const float *bias, const float *tail, float *y,
                      float *scratch) {
  conv_args a = conv_unpack(n);
  n += sizeof a / sizeof *n;
  finish f = {bias, 0, tail, n[5], 0, 1, a.o, 0};
  conv(&a, n[0], n[1], n[2], n[3], n[4], x, cache, w, y, &f, scratch);
}
