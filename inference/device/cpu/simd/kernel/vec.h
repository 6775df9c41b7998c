// Vectors of VW floats: the few operations everything else is written in. VW is
// 16 (AVX-512), 8 (AVX2 with FMA) or 4 (whatever the compiler's target has).
#include <stdint.h>
#include <string.h>

typedef int64_t i64;

// A tile has up to MR rows and NR columns.
#if VW == 16
#define MR 14
#else
#define MR 6
#endif
#define NR (2 * VW)

#define INLINE static inline __attribute__((always_inline))
#define UNROLL _Pragma("GCC unroll 16")

typedef float vf __attribute__((vector_size(4 * VW)));
typedef float vfu __attribute__((vector_size(4 * VW), aligned(4), may_alias));
typedef int32_t vi __attribute__((vector_size(4 * VW)));
typedef int32_t viu __attribute__((vector_size(4 * VW), aligned(4), may_alias));

INLINE vf ld(const float *p) { return *(const vfu *)p; }
INLINE void st(float *p, vf v) { *(vfu *)p = v; }
INLINE i64 least(i64 a, i64 b) { return a < b ? a : b; }
INLINE i64 most(i64 a, i64 b) { return a > b ? a : b; }

// fma_kept is fma3 in the register that holds c. Left to itself GCC 12 puts the result
// where a was, and with the 16 registers of AVX2 then runs out of them, which costs a
// third of the speed.
#if VW == 8
INLINE vf fma_kept(vf a, vf b, vf c) {
  __asm__("vfmadd231ps %2, %1, %0" : "+v"(c) : "v"(a), "v"(b));
  return c;
}
#elif defined(PAIRS)
// Every word is two numbers in bfloat16: both products are added.
INLINE vf fma_kept(vf a, vf b, vf c) { return (vf)_mm512_dpbf16_ps((__m512)c, (__m512bh)a, (__m512bh)b); }
#else
#define fma_kept fma3
#endif

// vmax and vmin return b where either is not a number.
#if VW == 16
INLINE vf set1(float x) { return _mm512_set1_ps(x); }
INLINE vf fma3(vf a, vf b, vf c) { return _mm512_fmadd_ps(a, b, c); }
INLINE vf vmax(vf a, vf b) { return _mm512_max_ps(a, b); }
INLINE vf vmin(vf a, vf b) { return _mm512_min_ps(a, b); }
INLINE vf vsqrt(vf a) { return _mm512_sqrt_ps(a); }
INLINE vf ldn(const float *p, i64 n) { return _mm512_maskz_loadu_ps((__mmask16)((1u << n) - 1), p); }
INLINE void stn(float *p, vf v, i64 n) { _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), v); }
INLINE vf brain(const uint16_t *p) {
  return (vf)_mm512_slli_epi32(_mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p)), 16);
}
INLINE vf half(const uint16_t *p) { return _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)p)); }
#elif VW == 8
INLINE vf set1(float x) { return _mm256_set1_ps(x); }
INLINE vf fma3(vf a, vf b, vf c) { return _mm256_fmadd_ps(a, b, c); }
INLINE vf vmax(vf a, vf b) { return _mm256_max_ps(a, b); }
INLINE vf vmin(vf a, vf b) { return _mm256_min_ps(a, b); }
INLINE __m256i first(i64 n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32((int)n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
INLINE vf ldn(const float *p, i64 n) { return _mm256_maskload_ps(p, first(n)); }
INLINE void stn(float *p, vf v, i64 n) { _mm256_maskstore_ps(p, first(n), v); }
INLINE vf brain(const uint16_t *p) {
  return (vf)_mm256_slli_epi32(_mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p)), 16);
}
INLINE vf half(const uint16_t *p) { return _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)p)); }
#else
INLINE vf set1(float x) { return (vf){x, x, x, x}; }
INLINE vf fma3(vf a, vf b, vf c) { return a * b + c; }
INLINE vf pick(vi m, vf a, vf b) { return (vf)(((vi)a & m) | ((vi)b & ~m)); }
INLINE vf vmax(vf a, vf b) { return pick(a > b, a, b); }
INLINE vf vmin(vf a, vf b) { return pick(a < b, a, b); }
INLINE vf ldn(const float *p, i64 n) {
  vf v = {0};
  for (i64 i = 0; i < n; i++) v[i] = p[i];
  return v;
}
INLINE void stn(float *p, vf v, i64 n) {
  for (i64 i = 0; i < n; i++) p[i] = v[i];
}
INLINE vf brain(const uint16_t *p) { return (vf)((vi){p[0], p[1], p[2], p[3]} << 16); }
INLINE float half1(uint16_t h) {
  uint32_t e = h >> 10 & 31, b = (uint32_t)(h & 0x7fff) << 13;
  float v;
  if (e == 31) b += 0x70000000;
  memcpy(&v, &b, 4);
  v *= e == 31 ? 1.0f : 0x1p112f; // the product makes subnormals right, too
  memcpy(&b, &v, 4);
  b |= (uint32_t)(h & 0x8000) << 16;
  memcpy(&v, &b, 4);
  return v;
}
INLINE vf half(const uint16_t *p) { return (vf){half1(p[0]), half1(p[1]), half1(p[2]), half1(p[3])}; }
#endif

// Halves of vectors, which are only in use where a vector has 16 numbers.
#if VW == 16
typedef float hf __attribute__((vector_size(32)));
INLINE hf lower(vf v) { return (hf)_mm512_castps512_ps256(v); }
INLINE hf upper(vf v) { return (hf)_mm512_extractf32x8_ps(v, 1); }
INLINE hf set1h(float x) { return _mm256_set1_ps(x); }
// ld_halves loads a vector, half by half.
INLINE vf ld_halves(const float *p) {
  return (vf)_mm512_insertf32x8(_mm512_castps256_ps512(_mm256_loadu_ps(p)), _mm256_loadu_ps(p + 8), 1);
}
INLINE hf ldh(const float *p) { return _mm256_loadu_ps(p); }
INLINE void sth(float *p, hf v) { _mm256_storeu_ps(p, v); }
INLINE hf fma_half(hf a, hf b, hf c) { return (hf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c); }
#else
typedef vf hf;
INLINE hf lower(vf v) { return v; }
INLINE hf upper(vf v) { return v; }
INLINE hf set1h(float x) { return set1(x); }
INLINE vf ld_halves(const float *p) { return ld(p); }
INLINE hf ldh(const float *p) { return ld(p); }
INLINE void sth(float *p, hf v) { st(p, v); }
INLINE hf fma_half(hf a, hf b, hf c) { return fma_kept(a, b, c); }
#endif

// n up to VW numbers, the others zero, without reading beyond.
INLINE vf ldm(const float *p, i64 n) { return n >= VW ? ld(p) : ldn(p, n); }
INLINE void stm(float *p, vf v, i64 n) {
  if (n >= VW)
    st(p, v);
  else
    stn(p, v, n);
}

INLINE float hsum(vf v) {
  float t[VW];
  st(t, v);
  for (int w = VW / 2; w; w /= 2)
    for (int i = 0; i < w; i++) t[i] += t[i + w];
  return t[0];
}

// Sums of VW numbers in double.
#if VW == 16
typedef struct { __m512d a, b; } vd;
INLINE vd vd0(void) { return (vd){_mm512_setzero_pd(), _mm512_setzero_pd()}; }
INLINE vd vdadd(vd s, vf v) {
  s.a = _mm512_add_pd(s.a, _mm512_cvtps_pd(_mm512_castps512_ps256(v)));
  s.b = _mm512_add_pd(s.b, _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1)));
  return s;
}
INLINE vd vdsquare(vd s, vf v) {
  __m512d a = _mm512_cvtps_pd(_mm512_castps512_ps256(v)), b = _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1));
  s.a = _mm512_fmadd_pd(a, a, s.a);
  s.b = _mm512_fmadd_pd(b, b, s.b);
  return s;
}
#elif VW == 8
typedef struct { __m256d a, b; } vd;
INLINE vd vd0(void) { return (vd){_mm256_setzero_pd(), _mm256_setzero_pd()}; }
INLINE vd vdadd(vd s, vf v) {
  s.a = _mm256_add_pd(s.a, _mm256_cvtps_pd(_mm256_castps256_ps128(v)));
  s.b = _mm256_add_pd(s.b, _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1)));
  return s;
}
INLINE vd vdsquare(vd s, vf v) {
  __m256d a = _mm256_cvtps_pd(_mm256_castps256_ps128(v)), b = _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1));
  s.a = _mm256_fmadd_pd(a, a, s.a);
  s.b = _mm256_fmadd_pd(b, b, s.b);
  return s;
}
#else
typedef struct { double a[2], b[2]; } vd;
INLINE vd vd0(void) { return (vd){{0, 0}, {0, 0}}; }
INLINE vd vdadd(vd s, vf v) {
  s.a[0] += v[0], s.a[1] += v[1], s.b[0] += v[2], s.b[1] += v[3];
  return s;
}
INLINE vd vdsquare(vd s, vf v) {
  s.a[0] += (double)v[0] * v[0], s.a[1] += (double)v[1] * v[1];
  s.b[0] += (double)v[2] * v[2], s.b[1] += (double)v[3] * v[3];
  return s;
}
#endif
INLINE double vdsum(vd s) {
  double t[VW], sum = 0;
  memcpy(t, &s, sizeof t);
  for (int i = 0; i < VW; i++) sum += t[i];
  return sum;
}
