// Matrix products out of packed sides, and products of a few rows straight out
// of the stored weights.

// panel_start says where panel i of panels begins among m rows: heights differ
// by one at most, so no row is computed for nothing.
INLINE i64 panel_start(i64 m, i64 panels, i64 i) { return m * i / panels; }

// gemm computes the left panels [i0, i1) of all the panels of m rows against
// columns [n0, n1); n0 begins a panel. k is taken in steps of kc.
static void gemm(i64 m, i64 panels, i64 i0, i64 i1, i64 n0, i64 n1, i64 k, i64 kc, const float *a, const float *b, float *c,
                 i64 ldc, const finish *f) {
  i64 across = (n1 - n0 + NR - 1) / NR;
  for (i64 k0 = 0; k0 < k; k0 += kc) {
    i64 len = least(kc, k - k0), steps = most(1, len / 4);
    i64 k1 = k0 + len < k ? k0 + len : 0, len1 = least(kc, k - k1); // the step after this one
    for (i64 i = i0; i < i1; i++) {
      i64 row = panel_start(m, panels, i), rows = panel_start(m, panels, i + 1) - row;
      i64 i2 = i + 1 < i1 ? i + 1 : i0, row2 = panel_start(m, panels, i2), rows2 = panel_start(m, panels, i2 + 1) - row2;
      i64 k2 = i + 1 < i1 ? k0 : k1, a_bytes = 4 * rows2 * (k2 == k0 ? len : len1) / across;
      for (i64 j = n0; j < n1; j += NR) {
        i64 n = least(NR, n1 - j), w = n > VW ? NR : VW, b_bytes = 4 * w * len1 / (i1 - i0);
        ahead next = {(const char *)(a + row2 * k + k2 * rows2) + (j - n0) / NR * a_bytes,
                      (const char *)(b + j * k + k1 * w) + (i - i0) * b_bytes, a_bytes / steps, b_bytes / steps};
        span s = {a + row * k + k0 * rows, k0, len, 0};
        tile_at(pack_tiles, rows, n, 1, &s, rows, b + j * k, c + row * ldc + j, ldc, k0 > 0, &next);
        if (k0 + kc >= k) finish_tile(f, row, j, rows, n, c + row * ldc + j, ldc);
      }
    }
  }
}

// dots sets out[r] to the product of x with weight row r, for count rows; each
// sum is taken in the same order whatever count is.
INLINE void dots(const int count, i64 type, i64 k, const float *x, const char *w, i64 ldw, float *out) {
  vf s[4][2];
  UNROLL for (int r = 0; r < count; r++) s[r][0] = s[r][1] = set1(0);
#define LOAD(p, i) (type == F32 ? ld((const float *)(p) + (i)) : type == BF16 ? brain((const uint16_t *)(p) + (i)) : half((const uint16_t *)(p) + (i)))
  i64 i = 0;
  for (; i + 2 * VW <= k; i += 2 * VW) {
    vf a = ld(x + i), b = ld(x + i + VW);
    UNROLL for (int r = 0; r < count; r++) {
      s[r][0] = fma3(a, LOAD(w + r * ldw, i), s[r][0]);
      s[r][1] = fma3(b, LOAD(w + r * ldw, i + VW), s[r][1]);
    }
  }
  float rest[2 * VW];
  for (int r = 0; r < count; r++) {
    float sum = hsum(s[r][0] + s[r][1]);
    if (i < k) {
      widen_run(type, k - i, w + r * ldw + i * (type == F32 ? 4 : 2), rest);
      float t = 0;
      for (i64 j = 0; j < k - i; j++) t += x[i + j] * rest[j];
      sum += t;
    }
    out[r] = sum;
  }
}

// gemv computes m rows of the left side against weight rows [n0, n1).
static void gemv(i64 m, i64 n0, i64 n1, i64 k, const float *a, i64 lda, i64 type, const char *w, i64 ldw, float *c, i64 ldc,
                 const finish *f) {
  enum { ROW = 4 };
  for (i64 j = n0; j < n1; j += ROW) {
    i64 n = least(ROW, n1 - j);
    for (i64 i = 0; i < m; i++) {
      float *o = c + i * ldc + j;
      if (n == ROW && type == F32) dots(ROW, F32, k, a + i * lda, w + j * ldw, ldw, o);
      else if (n == ROW && type == BF16) dots(ROW, BF16, k, a + i * lda, w + j * ldw, ldw, o);
      else if (n == ROW) dots(ROW, F16, k, a + i * lda, w + j * ldw, ldw, o);
      else for (i64 r = 0; r < n; r++) dots(1, type, k, a + i * lda, w + (j + r) * ldw, ldw, o + r);
    }
  }
  for (i64 i = 0; i < m; i++) finish_tile(f, i, n0, 1, n1 - n0, c + i * ldc + n0, ldc);
}
