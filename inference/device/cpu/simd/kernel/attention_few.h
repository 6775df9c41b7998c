// Attention to as few keys as a vector has numbers, such as those of one pixel in
// all frames: nothing is packed, and the products of queries with keys are summed
// VW at a time by turning them.

// few_keys reports whether attention_few is for these sizes. How many queries there
// are does not count: the sums must not depend on how they are divided.
INLINE int few_keys(const attention_args *a) { return a->nk <= VW && a->d % VW == 0; }

// logits_few sets s[j·VW + i] to the scaled product of query i < n with key j.
static void logits_few(const attention_args *a, i64 n, const float *q, const float *k, float *s) {
  i64 pairs = n * a->nk, i = 0, j = 0;
  for (i64 p0 = 0; p0 < pairs; p0 += VW) {
    i64 count = least(VW, pairs - p0), place[VW];
    vf v[VW];
    for (i64 p = 0; p < count; p++) {
      const float *x = q + i * a->q_step, *y = k + j * a->k_step;
      vf sum = ld(x) * ld(y);
      for (i64 c = VW; c < a->d; c += VW) sum = fma3(ld(x + c), ld(y + c), sum);
      v[p] = sum, place[p] = j * VW + i;
      if (++j == a->nk) j = 0, i++;
    }
    for (i64 p = count; p < VW; p++) v[p] = set1(0);
    turn_square(v);
    for (int w = VW / 2; w; w /= 2)
      UNROLL for (int p = 0; p < w; p++) v[p] += v[p + w];
    float t[VW];
    st(t, v[0] * set1(a->scale));
    for (i64 p = 0; p < count; p++) s[place[p]] = t[p];
  }
}

// mix_few sets out to the sum of the values of nk keys by the weights w, VW apart,
// times r; nv vectors of it.
INLINE void mix_few(const int nv, i64 nk, const float *w, float r, const float *v, i64 v_step, float *out) {
  vf acc[4];
  UNROLL for (int c = 0; c < nv; c++) acc[c] = set1(0);
  for (i64 j = 0; j < nk; j++, v += v_step)
    UNROLL for (int c = 0; c < nv; c++) acc[c] = fma3(set1(w[j * VW]), ld(v + c * VW), acc[c]);
  UNROLL for (int c = 0; c < nv; c++) st(out + c * VW, acc[c] * set1(r));
}

static void attention_few(const attention_args *a, const float *q, const float *k, const float *v, float *out) {
  for (i64 i0 = 0; i0 < a->nq; i0 += VW, q += VW * a->q_step, out += VW * a->o_step) {
    float s[VW * VW] __attribute__((aligned(64))) = {0}, r[VW];
    i64 n = least(VW, a->nq - i0);
    logits_few(a, n, q, k, s);
    if (a->bias)
      for (i64 j = 0; j < a->nk; j++)
        for (i64 i = 0; i < n; i++) s[j * VW + i] += a->bias[(i0 + i) * a->bias_q + j * a->bias_k];
    if (a->near)
      for (i64 j = 0; j < a->nk; j++)
        for (i64 i = 0; i < n; i++) {
          i64 off = a->i0 + i0 + i - j;
          if (off > a->window || off < -a->window) s[j * VW + i] = -INFINITY;
        }
    vf top = set1(-1e30f), total = set1(0);
    for (i64 j = 0; j < a->nk; j++) top = vmax(top, ld(s + j * VW));
    for (i64 j = 0; j < a->nk; j++) {
      vf p = vexp(ld(s + j * VW) - top);
      st(s + j * VW, p);
      total += p;
    }
    st(r, total);
    for (i64 i = 0; i < n; i++) {
      float by = r[i] == 0 ? 0 : 1 / r[i];
      i64 c = 0;
      for (; c + 4 * VW <= a->d; c += 4 * VW) mix_few(4, a->nk, s + i, by, v + c, a->v_step, out + i * a->o_step + c);
      for (; c < a->d; c += VW) mix_few(1, a->nk, s + i, by, v + c, a->v_step, out + i * a->o_step + c);
    }
  }
}
