// The exponential and what is made of it.

// vexp is within 1 unit in the last place; it is 0 below −86.9 and infinite
// above 88.7, and keeps what is not a number.
INLINE vf vexp(vf x) {
  const vf magic = set1(0x1.8p23f);
  x = vmin(set1(89), vmax(set1(-104), x));
  vf n = fma3(x, set1(0x1.715476p+0f), magic) - magic;
  vf r = fma3(n, set1(-0x1.62e4p-1f), x); // ln 2 in two pieces, the first exact in products with n
  r = fma3(n, set1(-0x1.7f7d1cp-20f), r);
  vf p = set1(0x1.6a2256p-10f); // (e^r − 1 − r)/r², off by 3e-9 of e^r at most
  p = fma3(p, r, set1(0x1.123b04p-7f));
  p = fma3(p, r, set1(0x1.5558f8p-5f));
  p = fma3(p, r, set1(0x1.555490p-3f));
  p = fma3(p, r, set1(0x1.fffffcp-2f));
  p = fma3(p, r * r, r) + set1(1);
#if VW == 16
  return _mm512_maskz_scalef_ps(_mm512_cmp_ps_mask(x, set1(-86.9f), _CMP_NLT_UQ), p, n);
#else
  vi e = (vi)(n + magic) - (vi)magic; // half of 2ⁿ, which 128 would be too large for
  vf y = p * (vf)((e + 126) << 23);
  return (vf)((vi)(y + y) & ~(vi)(x < set1(-86.9f)));
#endif
}

INLINE vf vsilu(vf x) { return x / (set1(1) + vexp(-x)); }

// ½x(1 + tanh u) is x/(1 + e^−2u), without the difference.
INLINE vf vgelu(vf x) {
  vf u = fma3(x * x * x, set1(0.044715f), x) * set1(-1.5957691216057308f);
  return x / (set1(1) + vexp(u));
}

enum { NO_ACT, SILU, GELU };

INLINE vf vact(int act, vf x) { return act == SILU ? vsilu(x) : act == GELU ? vgelu(x) : x; }

static void act_run(i64 act, i64 n, const float *x, float *y) {
  for (i64 i = 0; i < n; i += VW) {
    vf v = ldm(x + i, n - i);
    stm(y + i, vact((int)act, v), n - i);
  }
}
