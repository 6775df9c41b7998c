// Matrices rearranged for tiles. A right side [K, N] becomes panels of NR
// columns (the last of VW where that is enough), each k by k; a left side [M, K]
// becomes panels of up to MR rows, each k by k.

// quads loads 4 numbers from each of VW/4 rows that lie 4·s apart.
INLINE vf quads(const float *p, i64 s) {
#if VW == 16
  __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(p));
  v = _mm512_insertf32x4(v, _mm_loadu_ps(p + 4 * s), 1);
  v = _mm512_insertf32x4(v, _mm_loadu_ps(p + 8 * s), 2);
  return _mm512_insertf32x4(v, _mm_loadu_ps(p + 12 * s), 3);
#elif VW == 8
  return _mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p)), _mm_loadu_ps(p + 4 * s), 1);
#else
  (void)s;
  return ld(p);
#endif
}

// turn4 makes o[k·step + i] = p[i·s + k] for i < VW, k < 4.
INLINE void turn4(const float *p, i64 s, float *o, i64 step) {
  vf a = quads(p, s), b = quads(p + s, s), c = quads(p + 2 * s, s), d = quads(p + 3 * s, s);
#if VW == 16
  __m512 t0 = _mm512_unpacklo_ps(a, b), t1 = _mm512_unpackhi_ps(a, b), t2 = _mm512_unpacklo_ps(c, d), t3 = _mm512_unpackhi_ps(c, d);
  st(o, _mm512_shuffle_ps(t0, t2, 0x44)), st(o + step, _mm512_shuffle_ps(t0, t2, 0xee));
  st(o + 2 * step, _mm512_shuffle_ps(t1, t3, 0x44)), st(o + 3 * step, _mm512_shuffle_ps(t1, t3, 0xee));
#elif VW == 8
  __m256 t0 = _mm256_unpacklo_ps(a, b), t1 = _mm256_unpackhi_ps(a, b), t2 = _mm256_unpacklo_ps(c, d), t3 = _mm256_unpackhi_ps(c, d);
  st(o, _mm256_shuffle_ps(t0, t2, 0x44)), st(o + step, _mm256_shuffle_ps(t0, t2, 0xee));
  st(o + 2 * step, _mm256_shuffle_ps(t1, t3, 0x44)), st(o + 3 * step, _mm256_shuffle_ps(t1, t3, 0xee));
#else
  for (int k = 0; k < 4; k++) st(o + k * step, (vf){a[k], b[k], c[k], d[k]});
#endif
}

// turn_small is turn4 for four rows.
typedef float f4 __attribute__((vector_size(16), aligned(4), may_alias));
INLINE void turn_small(const float *p, i64 s, float *o, i64 step) {
  f4 a = *(const f4 *)p, b = *(const f4 *)(p + s), c = *(const f4 *)(p + 2 * s), d = *(const f4 *)(p + 3 * s);
  typedef int32_t i4 __attribute__((vector_size(16)));
#if defined(__clang__)
#define MIX(x, y, i, j, k, l) __builtin_shufflevector(x, y, i, j, k, l)
#else
#define MIX(x, y, i, j, k, l) __builtin_shuffle(x, y, (i4){i, j, k, l})
#endif
  f4 t0 = MIX(a, b, 0, 4, 1, 5), t1 = MIX(a, b, 2, 6, 3, 7), t2 = MIX(c, d, 0, 4, 1, 5), t3 = MIX(c, d, 2, 6, 3, 7);
  *(f4 *)o = MIX(t0, t2, 0, 1, 4, 5), *(f4 *)(o + step) = MIX(t0, t2, 2, 3, 6, 7);
  *(f4 *)(o + 2 * step) = MIX(t1, t3, 0, 1, 4, 5), *(f4 *)(o + 3 * step) = MIX(t1, t3, 2, 3, 6, 7);
}

// turn makes o[k·rows + i] = p[i·s + k] for i < rows, k < n.
static void turn(i64 rows, i64 n, const float *p, i64 s, float *o) {
  i64 k = 0;
  if (rows >= 4)
    for (; k + 4 <= n; k += 4)
      for (i64 i = 0; i < rows; i += 4) {
        i64 r = least(i, rows - 4);
        turn_small(p + r * s + k, s, o + k * rows + r, rows);
      }
  for (; k < n; k++)
    for (i64 i = 0; i < rows; i++) o[k * rows + i] = p[i * s + k];
}

// pack_left packs rows [lo, hi) of the left side, which are one panel.
static void pack_left(i64 lo, i64 hi, i64 k, const float *a, i64 lda, float *o) {
  turn(hi - lo, k, a + lo * lda, lda, o + lo * k);
}

// pack_right packs one panel of n columns out of rows of stored weights, which
// begin at src and are lds bytes apart; or, with kn, out of K rows of n numbers.
static void pack_right(i64 type, i64 n, i64 k, const char *src, i64 lds, i64 kn, float *o) {
  i64 w = n > VW ? NR : VW;
  if (kn) {
    for (i64 i = 0; i < k; i++) {
      widen_run(type, n, src + i * lds, o + i * w);
      for (i64 j = n; j < w; j++) o[i * w + j] = 0;
    }
    return;
  }
  for (i64 j = 0; j < w; j += VW) {
    const char *p = src + j * lds;
    i64 rows = n - j;
    if (type == F32 && rows >= VW) turn_stored(F32, 1, VW, k, p, lds, o + j, w);
    else if (type == F32) turn_stored(F32, 0, rows, k, p, lds, o + j, w);
    else if (type == BF16 && rows >= VW) turn_stored(BF16, 1, VW, k, p, lds, o + j, w);
    else if (type == BF16) turn_stored(BF16, 0, rows, k, p, lds, o + j, w);
    else turn_stored(F16, 0, rows, k, p, lds, o + j, w);
  }
}
