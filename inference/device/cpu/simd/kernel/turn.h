// Stored numbers widened, and squares of them turned.

enum { F32, BF16, F16, Q8_0, Q4_0, Q4_K, Q5_K, Q6_K, F8_E4M3, F8_E5M2 };

// widen_run turns n stored numbers into floats.
static void widen_run(i64 type, i64 n, const void *src, float *dst) {
  if (type == F32) {
    memcpy(dst, src, 4 * n);
    return;
  }
  const uint16_t *s = src;
  i64 i = 0;
  for (; i + VW <= n; i += VW) st(dst + i, type == BF16 ? brain(s + i) : half(s + i));
  if (i < n) {
    uint16_t t[VW] = {0};
    memcpy(t, s + i, 2 * (n - i));
    stm(dst + i, type == BF16 ? brain(t) : half(t), n - i);
  }
}

// Squares of VW × VW numbers turned in registers. Every row is read a whole vector
// at a time: where rows lie a multiple of 4 kB apart, their lines share one place
// of the cache and would be gone before a second visit.

// turn_square makes v[k][i] = v[i][k].
#if VW == 16
INLINE void turn_square(vf *v) {
  __m512 t[16];
  UNROLL for (int i = 0; i < 16; i += 2) { // pairs of rows, then fours, inside 128 bits
    t[i] = _mm512_unpacklo_ps(v[i], v[i + 1]);
    t[i + 1] = _mm512_unpackhi_ps(v[i], v[i + 1]);
  }
  UNROLL for (int i = 0; i < 16; i += 4) {
    v[i] = _mm512_shuffle_ps(t[i], t[i + 2], 0x44), v[i + 1] = _mm512_shuffle_ps(t[i], t[i + 2], 0xee);
    v[i + 2] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0x44), v[i + 3] = _mm512_shuffle_ps(t[i + 1], t[i + 3], 0xee);
  }
  UNROLL for (int k = 0; k < 4; k++) { // v[4g+k] holds, in part q, number 4q+k of rows 4g to 4g+3
    __m512 a = _mm512_shuffle_f32x4(v[k], v[4 + k], 0x44), b = _mm512_shuffle_f32x4(v[k], v[4 + k], 0xee);
    __m512 c = _mm512_shuffle_f32x4(v[8 + k], v[12 + k], 0x44), d = _mm512_shuffle_f32x4(v[8 + k], v[12 + k], 0xee);
    v[k] = _mm512_shuffle_f32x4(a, c, 0x88), v[4 + k] = _mm512_shuffle_f32x4(a, c, 0xdd);
    v[8 + k] = _mm512_shuffle_f32x4(b, d, 0x88), v[12 + k] = _mm512_shuffle_f32x4(b, d, 0xdd);
  }
}
#elif VW == 8
INLINE void turn_square(vf *v) {
  __m256 t[8];
  UNROLL for (int i = 0; i < 8; i += 2) {
    t[i] = _mm256_unpacklo_ps(v[i], v[i + 1]);
    t[i + 1] = _mm256_unpackhi_ps(v[i], v[i + 1]);
  }
  UNROLL for (int i = 0; i < 8; i += 4) {
    v[i] = _mm256_shuffle_ps(t[i], t[i + 2], 0x44), v[i + 1] = _mm256_shuffle_ps(t[i], t[i + 2], 0xee);
    v[i + 2] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0x44), v[i + 3] = _mm256_shuffle_ps(t[i + 1], t[i + 3], 0xee);
  }
  UNROLL for (int k = 0; k < 4; k++) {
    __m256 a = v[k];
    v[k] = _mm256_permute2f128_ps(a, v[4 + k], 0x20), v[4 + k] = _mm256_permute2f128_ps(a, v[4 + k], 0x31);
  }
}
#else
INLINE void turn_square(vf *v) {
  vf a = v[0], b = v[1], c = v[2], d = v[3];
  UNROLL for (int k = 0; k < 4; k++) v[k] = (vf){a[k], b[k], c[k], d[k]};
}
#endif

// turn_stored makes o[k·step + i], i < VW, the number k of the stored row i, for
// k < n; rows begin lds bytes apart, and of those from rows on there are only zeros.
INLINE void turn_stored(const int type, const int all, i64 rows, i64 n, const char *src, i64 lds, float *o, i64 step) {
  vf v[VW];
  i64 k = 0;
#define EACH(LOAD) UNROLL for (int i = 0; i < VW; i++) v[i] = all || i < rows ? (LOAD) : set1(0)
  if (type == BF16)
    for (; k + 2 * VW <= n; k += 2 * VW) { // two numbers go as one
      EACH(ld((const float *)(src + i * lds + 2 * k)));
      turn_square(v);
      UNROLL for (int i = 0; i < VW; i++) {
        st(o + (k + 2 * i) * step, (vf)((vi)v[i] << 16));
        st(o + (k + 2 * i + 1) * step, (vf)((vi)v[i] & (int32_t)0xffff0000));
      }
    }
  for (; k + VW <= n; k += VW) {
    if (type == F32) EACH(ld((const float *)(src + i * lds) + k));
    else if (type == BF16) EACH(brain((const uint16_t *)(src + i * lds) + k));
    else EACH(half((const uint16_t *)(src + i * lds) + k));
    turn_square(v);
    UNROLL for (int i = 0; i < VW; i++) st(o + (k + i) * step, v[i]);
  }
#undef EACH
  float rest[VW * VW] __attribute__((aligned(64)));
  if (k == n) return;
  for (i64 i = 0; i < VW && (all || i < rows); i++) widen_run(type, n - k, src + i * lds + k * (type == F32 ? 4 : 2), rest + i * VW);
  for (i64 i = 0; i < VW; i++)
    for (i64 j = 0; j < n - k; j++) o[(k + j) * step + i] = all || i < rows ? rest[i * VW + j] : 0;
}
