// Blocks of quantised weights, widened: the very numbers of package quant, which
// says what each type means.

// APART keeps a product from being rounded together with the sum it goes into.
#if defined(__x86_64__)
#define APART(v) __asm__("" : "+x"(v))
#elif defined(__aarch64__)
#define APART(v) __asm__("" : "+w"(v))
#else
#define APART(v) (void)0
#endif

#if VW == 16
INLINE vi ubytes(const uint8_t *p) { return (vi)_mm512_cvtepu8_epi32(_mm_loadu_si128((const __m128i *)p)); }
INLINE vi sbytes(const uint8_t *p) { return (vi)_mm512_cvtepi8_epi32(_mm_loadu_si128((const __m128i *)p)); }
INLINE vf number(vi v) { return _mm512_cvtepi32_ps((__m512i)v); }
#elif VW == 8
INLINE vi ubytes(const uint8_t *p) { return (vi)_mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p)); }
INLINE vi sbytes(const uint8_t *p) { return (vi)_mm256_cvtepi8_epi32(_mm_loadl_epi64((const __m128i *)p)); }
INLINE vf number(vi v) { return _mm256_cvtepi32_ps((__m256i)v); }
#else
INLINE vi ubytes(const uint8_t *p) { return (vi){p[0], p[1], p[2], p[3]}; }
INLINE vi sbytes(const uint8_t *p) { return (vi){(int8_t)p[0], (int8_t)p[1], (int8_t)p[2], (int8_t)p[3]}; }
INLINE vf number(vi v) { return (vf){v[0], v[1], v[2], v[3]}; }
#endif

INLINE float half_at(const uint8_t *p) {
  uint16_t h;
  memcpy(&h, p, 2);
#if VW > 4
  return _mm_cvtss_f32(_mm_cvtph_ps(_mm_cvtsi32_si128(h)));
#else
  return half1(h);
#endif
}

INLINE void block_q8_0(const uint8_t *b, float *y) {
  vf d = set1(half_at(b));
  UNROLL for (i64 i = 0; i < 32; i += VW) st(y + i, d * number(sbytes(b + 2 + i)));
}

INLINE void block_q4_0(const uint8_t *b, float *y) {
  vf d = set1(half_at(b));
  UNROLL for (i64 i = 0; i < 16; i += VW) {
    vi q = ubytes(b + 2 + i);
    st(y + i, d * number((q & 15) - 8));
    st(y + 16 + i, d * number((q >> 4) - 8));
  }
}

// k45 is Q4_K and, with five, Q5_K: eight groups of 32, each with a scale and an
// offset of six bits.
INLINE void block_k45(const int five, const uint8_t *b, float *y) {
  float d = half_at(b), dmin = half_at(b + 2);
  const uint8_t *p = b + 4, *high = b + 16, *qs = b + (five ? 48 : 16);
  for (int g = 0; g < 8; g++) {
    int s = g < 4 ? p[g] & 63 : (p[g + 4] & 15) | p[g - 4] >> 6 << 4;
    int m = g < 4 ? p[g + 4] & 63 : p[g + 4] >> 4 | p[g] >> 6 << 4;
    vf dl = set1(d * (float)s), ml = set1(dmin * (float)m);
    UNROLL for (i64 i = 0; i < 32; i += VW) {
      vi q = ubytes(qs + g / 2 * 32 + i) >> g % 2 * 4 & 15;
      if (five) q |= (ubytes(high + i) >> g & 1) << 4;
      vf v = dl * number(q);
      APART(v);
      st(y + 32 * g + i, v - ml);
    }
  }
}

INLINE void block_q6_k(const uint8_t *b, float *y) {
  float d = half_at(b + 208);
  for (int g = 0; g < 8; g++) { // of 32
    const uint8_t *low = b + g / 4 * 64 + g % 2 * 32, *high = b + 128 + g / 4 * 32, *scales = b + 192 + 2 * g;
    UNROLL for (i64 i = 0; i < 32; i += VW) {
      vi q = (ubytes(low + i) >> g % 4 / 2 * 4 & 15) | (ubytes(high + i) >> g % 4 * 2 & 3) << 4;
      st(y + 32 * g + i, set1(d * (float)(int8_t)scales[i / 16]) * number(q - 32));
    }
  }
}

// widen_8 widens floats of 8 bits. E4M3's exponent has a bias of 7 where f32's is 127, so
// that a product with a power of two makes its numbers right, those below the least normal
// one, too; all bits set are no number. E5M2 is the upper half of an f16.
static void widen_8(const int e4m3, i64 n, const uint8_t *b, float *y) {
  uint8_t last[VW + 16] = {0};
  int end = 0;
  for (i64 i = 0; i < n; i += VW, b += VW) {
    if (n - i < 16 && !end) memcpy(last, b, n - i), b = last, end = 1; // nothing beyond is read
    vi v = ubytes(b), sign = v >> 7 << 31, x = v & 127;
    vf f;
    if (e4m3) {
      vi none = (x == 127) & 0x7fc00000;
      f = (vf)(x << 20) * set1(0x1p120f);
      f = (vf)((vi)f | sign | none);
    } else {
      uint16_t h[VW];
      for (int j = 0; j < VW; j++) h[j] = (uint16_t)(b[j] << 8);
      f = half(h);
    }
    stm(y + i, f, n - i);
  }
}

// widen_stored turns n stored numbers, whole blocks of them, into floats.
static void widen_stored(i64 type, i64 n, const void *src, float *dst) {
  const uint8_t *b = src;
  float *end = dst + n;
  switch (type) {
  case Q8_0: for (; dst < end; dst += 32, b += 34) block_q8_0(b, dst); break;
  case Q4_0: for (; dst < end; dst += 32, b += 18) block_q4_0(b, dst); break;
  case Q4_K: for (; dst < end; dst += 256, b += 144) block_k45(0, b, dst); break;
  case Q5_K: for (; dst < end; dst += 256, b += 176) block_k45(1, b, dst); break;
  case Q6_K: for (; dst < end; dst += 256, b += 210) block_q6_k(b, dst); break;
  case F8_E4M3: widen_8(1, n, b, dst); break;
  case F8_E5M2: widen_8(0, n, b, dst); break;
  default: widen_run(type, n, src, dst);
  }
}
