// Matrix products out of packed sides, and products of a few rows straight out
// of the stored weights.

// panel_start says where panel i of panels begins among m rows: heights differ
// by one at most, so no row is computed for nothing.
INLINE i64 panel_start(i64 m, i64 panels, i64 i) { return m * i / panels; }

// A left side as it lies: rows ld numbers apart, and step numbers from where one step
// of kc columns begins to the next.
typedef struct {
  const float *at;
  i64 ld, step;
} left_side;

// copy_left copies rows [lo, hi) of m rows of k numbers: step by step of kc columns, ld
// numbers apart there.
static void copy_left(i64 lo, i64 hi, i64 m, i64 k, i64 kc, const float *a, i64 lda, float *o, i64 ld) {
  for (i64 k0 = 0; k0 < k; k0 += kc, o += m * ld) {
    i64 n = least(kc, k - k0);
    for (i64 i = lo; i < hi; i++)
      for (i64 j = 0; j < n; j += VW) stm(o + i * ld + j, ldm(a + i * lda + k0 + j, n - j), n - j);
  }
}

// A right side in panels, with rows [from, from+k) of it there; and the rows of
// stored weights that will be packed next, or null.
typedef struct {
  const float *at;
  i64 from, k;
  const char *raw;
  i64 raw_rows, raw_bytes, raw_ld;
} right_side;

// gemm computes the tiles of rows [i0, i1), counted in the panels that m rows are
// divided into, against columns [n0, n1) over [k0, k1) of k; n0 begins a panel, k0
// a step of kc.
static void gemm(i64 m, i64 panels, i64 i0, i64 i1, i64 n0, i64 n1, i64 k0, i64 k1, i64 k, i64 kc, const left_side *a,
                 const right_side *b, float *c, i64 ldc, const finish *f) {
  const int more = unfinished(f);
  i64 across = (n1 - n0 + NR - 1) / NR, tiles = (i1 - i0) * across;
  for (; k0 < k1; k0 += kc) {
    i64 len = least(kc, k - k0), kn = k0 + len, slots = most(1, len / 4), t = 0;
    i64 len1 = least(kc, (kn < k ? k : kc) - (kn < k ? kn : 0)); // of the step after this one
    const float *left = a->at + k0 / kc * a->step;
    for (i64 i = i0; i < i1; i++) {
      i64 row = panel_start(m, panels, i), rows = panel_start(m, panels, i + 1) - row;
      i64 row2 = i + 1 < i1 ? row + rows : panel_start(m, panels, i0);
      // What of the left side comes next is one stretch where its rows are as long as they are far apart.
      const char *left2 = (const char *)((i + 1 < i1 ? left : a->at + (kn < k ? kn / kc * a->step : 0)) + row2 * a->ld);
      i64 left_lines = a->ld <= len + 32 ? (rows * a->ld * 4 / LINE + across) / across : 0;
      for (i64 j = n0; j < n1; j += NR, t++) {
        i64 n = least(NR, n1 - j), w = n > VW ? NR : VW;
        ahead next = {.a = left2 + (j - n0) / NR * left_lines * LINE, .a_left = left_lines};
        if (b->raw) {
          i64 lines = b->raw_bytes / LINE + 1, all = lines * b->raw_rows, at = all * t / tiles;
          next.b = b->raw + at / lines * b->raw_ld + at % lines * LINE;
          next.col = at % lines, next.lines = lines, next.skip = b->raw_ld - lines * LINE;
          next.b_left = all * (t + 1) / tiles - at;
        } else {
          i64 lines = 4 * w * len1 / LINE, at = lines * (i - i0) / (i1 - i0);
          next.b = (const char *)(b->at + j * b->k + (kn < k ? kn - b->from : 0) * w) + at * LINE;
          next.b_left = lines * (i + 1 - i0) / (i1 - i0) - at;
        }
        if (next.b_left > slots) next.b_left = slots;
        span s = {left + row * a->ld, k0 - b->from, len, 0};
        tile_at(rows_tiles, row, j, rows, n, 1, &s, a->ld, b->at + j * b->k, c, ldc, k0 > 0, kn >= k && more ? f : 0, &next);
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
  for (i64 i = 0; i < m && unfinished(f); i++) {
    float *o = c + i * ldc;
    for (i64 j = n0; j < n1; j += NR) finish_tile(f, i, j, 1, least(NR, n1 - j), o + j, o + j, ldc, 0);
  }
}
