// Functions of rows and of single numbers.

enum { LAYER_NORM, RMS_NORM, CHANNEL_NORM };

typedef struct {
  i64 kind, dim, act;
  double eps;
  const float *weight, *bias, *scale, *shift;
  i64 scale_stride, scale_every, shift_stride, shift_every;
} norm_args;

// sums adds up a row, or with square its squares after mean is subtracted, in double.
INLINE double sums(const int square, i64 n, const float *x, float mean, float rest) {
  vd s = vd0(), s1 = vd0();
  i64 i = 0;
  for (; i + 2 * VW <= n; i += 2 * VW) {
    vf v = ld(x + i), w = ld(x + i + VW);
    if (square) {
      s = vdsquare(s, (v - set1(mean)) - set1(rest));
      s1 = vdsquare(s1, (w - set1(mean)) - set1(rest));
    } else
      s = vdadd(s, v), s1 = vdadd(s1, w);
  }
  double sum = vdsum(s) + vdsum(s1);
  for (; i < n; i++) {
    double v = x[i];
    if (square) v = (x[i] - mean) - rest, v *= v;
    sum += v;
  }
  return sum;
}

static void norm(const norm_args *a, i64 lo, i64 hi, const float *x, float *y) {
  i64 n = a->dim;
  for (i64 r = lo; r < hi; r++) {
    const float *in = x + r * n;
    float *out = y + r * n;
    const float *scale = a->scale ? a->scale + r / a->scale_every * a->scale_stride : 0;
    const float *shift = a->shift ? a->shift + r / a->shift_every * a->shift_stride : 0;
    double centre = a->kind == LAYER_NORM ? sums(0, n, in, 0, 0) / n : 0;
    float mean = (float)centre, rest = (float)(centre - mean); // both halves: the mean may be large
    double square = sums(1, n, in, mean, rest), by;
    if (a->kind == CHANNEL_NORM) {
      double size = __builtin_sqrt(square);
      by = __builtin_sqrt(n) / (size < 1e-12 ? 1e-12 : size);
    } else
      by = 1 / __builtin_sqrt(square / n + a->eps);
    vf m = set1(mean), m1 = set1(rest), f = set1((float)by);
    for (i64 i = 0; i < n; i += VW) {
      i64 left = n - i;
      vf v = ((ldm(in + i, left) - m) - m1) * f;
      if (a->weight) v *= ldm(a->weight + i, left);
      if (a->bias) v += ldm(a->bias + i, left);
      if (scale) v = fma3(v, ldm(scale + i, left) + set1(1), ldm(shift + i, left));
      stm(out + i, vact((int)a->act, v), left);
    }
  }
}

static void softmax(i64 dim, i64 lo, i64 hi, const float *x, float *y) {
  for (i64 r = lo; r < hi; r++) {
    const float *in = x + r * dim;
    float *out = y + r * dim, top = in[0], t[VW];
    for (i64 i = 1; i < dim; i++) top = in[i] > top || in[i] != in[i] ? in[i] : top;
    vd sum = vd0();
    for (i64 i = 0; i < dim; i += VW) {
      vf p = vexp(ldm(in + i, dim - i) - set1(top));
      stm(out + i, p, dim - i);
      if (dim - i < VW) {
        st(t, p);
        for (i64 j = dim - i; j < VW; j++) t[j] = 0;
        p = ld(t);
      }
      sum = vdadd(sum, p);
    }
    vf by = set1((float)(1 / vdsum(sum)));
    for (i64 i = 0; i < dim; i += VW) stm(out + i, ldm(out + i, dim - i) * by, dim - i);
  }
}

enum { ADD, MUL };

static void pair(i64 op, i64 n, const float *x, const float *y, float *d) {
  for (i64 i = 0; i < n; i += VW) {
    vf a = ldm(x + i, n - i), b = ldm(y + i, n - i);
    stm(d + i, op == ADD ? a + b : a * b, n - i);
  }
}

// d = x + y·g
static void muladd(i64 n, const float *x, const float *y, const float *g, float *d) {
  for (i64 i = 0; i < n; i += VW) stm(d + i, fma3(ldm(y + i, n - i), ldm(g + i, n - i), ldm(x + i, n - i)), n - i);
}

// d = x·(1+scale) + shift
static void modulate(i64 n, const float *x, const float *scale, const float *shift, float *d) {
  for (i64 i = 0; i < n; i += VW)
    stm(d + i, fma3(ldm(x + i, n - i), ldm(scale + i, n - i) + set1(1), ldm(shift + i, n - i)), n - i);
}

// rope turns pairs (2i, 2i+1) of heads·d numbers by d/2 angles.
static void rope(i64 heads, i64 d, const float *x, const float *cs, const float *sn, float *y) {
  for (i64 h = 0; h < heads; h++)
    for (i64 i = 0; i < d / 2; i++) {
      float a = x[h * d + 2 * i], b = x[h * d + 2 * i + 1];
      y[h * d + 2 * i] = a * cs[i] - b * sn[i];
      y[h * d + 2 * i + 1] = a * sn[i] + b * cs[i];
    }
}
