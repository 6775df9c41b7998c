// Attention for a run of queries of one head, key tile by key tile with a running
// maximum. Logits are kept as [key][query], so that the softmax goes across
// vectors without ever summing inside one, and the products with the values find
// them in the order of a packed left side.

#define QUERIES 128
#define KEYS 128

typedef struct {
  i64 nq, nk, d;               // sizes
  i64 q_step, k_step, v_step, o_step; // numbers from one row to the next
  float scale;
  const float *bias; // of the first query and key, or null
  i64 bias_q, bias_k;
  i64 near, window, i0; // query i sees keys i0+i−window … i0+i+window
} attention_args;

// attention_scratch says how many floats attention needs beside its arguments.
static i64 attention_scratch(i64 d) {
  i64 dp = (d + VW - 1) / VW * VW;
  return QUERIES * d + KEYS * (d + VW) + KEYS * dp + QUERIES * dp + (QUERIES + 16) * KEYS + 3 * QUERIES + 64;
}

static void attention(const attention_args *a, const float *q, const float *k, const float *v, float *out, float *scratch) {
  i64 d = a->d, dp = (d + VW - 1) / VW * VW, ks = d + (d % 32 == 0 ? VW : 0);
  float *qp = scratch, *kb = qp + QUERIES * d, *vb = kb + KEYS * (d + VW), *o = vb + KEYS * dp, *s = o + QUERIES * dp;
  float *top = s + (QUERIES + 16) * KEYS, *total = top + QUERIES, *by = total + QUERIES;
  i64 nq = a->nq, qw = (nq + VW - 1) / VW * VW; // queries, padded to vectors
  i64 sw = ((qw + 15) / 16 | 1) * 16; // a row of logits: an odd number of cache lines, or a column of them shares few places
  for (i64 j = 0; j < nq; j += NR) { // panels of NR queries, the last of VW where that is enough
    i64 w = qw - j > VW ? NR : VW;
    for (i64 i = j; i < least(nq, j + NR); i += VW) {
      float *to = qp + j * d + i - j;
      const float *from = q + i * a->q_step;
      i64 c = 0, step = a->q_step, rows = least(VW, nq - i);
      if (rows < VW) { // fill up with zeros, in o, which is not in use yet
        for (i64 r = 0; r < rows; r++) memcpy(o + r * d, from + r * step, 4 * d);
        memset(o + rows * d, 0, 4 * (VW - rows) * d);
        from = o, step = d;
      }
      for (; c + 4 <= d; c += 4) turn4(from + c, step, to + c * w, w);
      for (; c < d; c++)
        for (i64 r = 0; r < VW; r++) to[c * w + r] = from[r * step + c];
    }
  }
  for (i64 j = 0; j < qw * d; j += VW) st(qp + j, ld(qp + j) * set1(a->scale));
  memset(o, 0, 4 * nq * dp);
  for (i64 j = 0; j < qw; j++) top[j] = -1e30f, total[j] = 0;
  // Key tiles begin at the same keys whatever the first query is, so that the
  // order of the sums does not depend on how queries are divided.
  i64 lo = a->near ? most(0, a->i0 - a->window) / KEYS * KEYS : 0;
  i64 hi = a->near ? least(a->nk, a->i0 + nq + a->window) : a->nk;
  for (i64 k0 = lo; k0 < hi; k0 += KEYS) {
    i64 nk = least(KEYS, hi - k0);
    for (i64 j = 0; j < nk; j++) memcpy(kb + j * ks, k + (k0 + j) * a->k_step, 4 * d);
    for (i64 c = 0; c < dp; c += NR) {
      i64 w = dp - c > VW ? NR : VW;
      for (i64 j = 0; j < nk; j++)
        for (i64 x = 0; x < w; x += VW) st(vb + c * nk + j * w + x, ldm(v + (k0 + j) * a->v_step + c + x, most(0, d - c - x)));
    }
    i64 panels = (nk + MR - 1) / MR;
    for (i64 i = 0; i < panels; i++) {
      i64 row = panel_start(nk, panels, i), rows = panel_start(nk, panels, i + 1) - row;
      span sp = {kb + row * ks, 0, d, 0};
      for (i64 j = 0; j < qw; j += NR) {
        i64 nv = qw - j > VW;
        rows_tiles[nv][rows](1, &sp, ks, qp + j * d, s + row * sw + j, sw, 0, &nothing_ahead);
      }
    }
    if (a->bias)
      for (i64 j = 0; j < nk; j++)
        for (i64 i = 0; i < nq; i++) s[j * sw + i] += a->bias[i * a->bias_q + (k0 + j) * a->bias_k];
    if (a->near)
      for (i64 j = 0; j < nk; j++)
        for (i64 i = 0; i < nq; i++) {
          i64 off = a->i0 + i - (k0 + j);
          if (off > a->window || off < -a->window) s[j * sw + i] = -INFINITY;
        }
    for (i64 i = 0; i < qw; i += VW) {
      vf was = ld(top + i), m = was, m1 = was, sum = set1(0), sum1 = set1(0);
      i64 j = 0;
      for (; j + 2 <= nk; j += 2) m = vmax(m, ld(s + j * sw + i)), m1 = vmax(m1, ld(s + (j + 1) * sw + i));
      if (j < nk) m = vmax(m, ld(s + j * sw + i));
      m = vmax(m1, m);
      for (j = 0; j + 2 <= nk; j += 2) {
        vf p = vexp(ld(s + j * sw + i) - m), p1 = vexp(ld(s + (j + 1) * sw + i) - m);
        st(s + j * sw + i, p), st(s + (j + 1) * sw + i, p1);
        sum += p, sum1 += p1;
      }
      if (j < nk) {
        vf p = vexp(ld(s + j * sw + i) - m);
        st(s + j * sw + i, p);
        sum += p;
      }
      vf shrink = vexp(was - m);
      st(by + i, shrink), st(top + i, m);
      st(total + i, fma3(ld(total + i), shrink, sum + sum1));
    }
    if (k0 > lo)
      for (i64 i = 0; i < nq; i++)
        if (by[i] != 1)
          for (i64 c = 0; c < dp; c += VW) st(o + i * dp + c, ld(o + i * dp + c) * set1(by[i]));
    panels = (nq + MR - 1) / MR;
    for (i64 c = 0; c < dp; c += NR) {
      i64 nv = dp - c > VW;
      for (i64 i = 0; i < panels; i++) {
        i64 row = panel_start(nq, panels, i), rows = panel_start(nq, panels, i + 1) - row;
        span sp = {s + row, 0, nk, 0};
        cols_tiles[nv][rows](1, &sp, sw, vb + c * nk, o + row * dp + c, dp, 1, 0);
      }
    }
  }
  for (i64 i = 0; i < nq; i++) {
    vf r = set1(total[i] == 0 ? 0 : 1 / total[i]);
    for (i64 c = 0; c < d; c += VW) stm(out + i * a->o_step + c, ld(o + i * dp + c) * r, d - c);
  }
}
