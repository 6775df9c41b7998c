// Products of few rows with weights that lie row by row. To pack weights would take
// a good part of the time, so here the left side is packed, its rows along the
// vectors, and weights stream past it: a strip of their rows at a time is widened
// into the first-level cache and broadcast from there. Sums are taken in the order
// in which gemm takes them.

// Rows of the left side come in units, and units in groups that one tile holds.
// Where a vector has 16 numbers a unit is half of it, which takes half the time.
#if VW == 16
#define UNIT 8
#define GROUP 6
#define STRIP 8
#define COLS(units) STRIP
#else
#define UNIT VW
#define GROUP 3
#define STRIP 12
#define COLS(units) (STRIP / (units))
#endif
enum { STRIP_LD = 400, STREAM_COLS = STRIP / 4 * NR }; // numbers from row to row of a strip, an odd number of lines; whole strips and panels

// spread adds w times each of nv vectors to their sums.
INLINE void spread(const int nv, const float *w, const vf *v, vf *sum) {
#if VW == 8
  if (nv == 3) { // 12 sums leave one register too few for what GCC 12 makes of it
    vf x;
    __asm__("vbroadcastss %4, %3\n\tvfmadd231ps %5, %3, %0\n\tvfmadd231ps %6, %3, %1\n\tvfmadd231ps %7, %3, %2"
            : "+v"(sum[0]), "+v"(sum[1]), "+v"(sum[2]), "=&v"(x)
            : "m"(*w), "v"(v[0]), "v"(v[1]), "v"(v[2]));
    return;
  }
#endif
  vf x = set1(*w);
  UNROLL for (int j = 0; j < nv; j++) sum[j] = fma_kept(x, v[j], sum[j]);
}

// stream_tile sets (or adds to) the sums of one group with cols rows of a strip, over
// k numbers: sums with one row of weights lie together, ldc from those with the next.
INLINE void stream_tile(const int units, const int cols, i64 k, const float *w, const float *a, float *c, i64 ldc, int add, ahead *next) {
  enum { PER = VW / UNIT };
  const int nv = units / PER, half = units % PER, width = units * UNIT;
  const char *at = next->b;
  i64 left = next->b_left, col = next->col;
  vf acc[STRIP][GROUP / PER];
  hf rest[STRIP];
  UNROLL for (int i = 0; i < cols; i++) {
    UNROLL for (int j = 0; j < nv; j++) acc[i][j] = set1(0);
    if (half) rest[i] = lower(set1(0));
  }
#define STEP(u)                                                                                  \
  {                                                                                              \
    vf v[GROUP / PER];                                                                           \
    UNROLL for (int j = 0; j < nv; j++) v[j] = ld(a + (u)*width + j * VW);                       \
    UNROLL for (int i = 0; i < cols; i++) {                                                      \
      spread(nv, w + i * STRIP_LD + (u), v, acc[i]);                                             \
      if (half) rest[i] = fma_half(lower(set1(w[i * STRIP_LD + (u)])), ldh(a + (u)*width + nv * VW), rest[i]); \
    }                                                                                            \
  }
  for (; k >= 4; k -= 4, w += 4, a += 4 * width) {
    UNROLL for (int p = 0; p < 2; p++) if (left > 0) {
      __builtin_prefetch(at, 0, 2), at += LINE, left--;
      if (++col == next->lines) col = 0, at += next->skip;
    }
    STEP(0) STEP(1) STEP(2) STEP(3)
  }
  for (; k > 0; k--, w++, a += width) STEP(0)
#undef STEP
  next->b = at, next->b_left = left, next->col = col;
  UNROLL for (int i = 0; i < cols; i++) {
    float *o = c + i * ldc;
    UNROLL for (int j = 0; j < nv; j++) st(o + j * VW, add ? ld(o + j * VW) + acc[i][j] : acc[i][j]);
    if (half) sth(o + nv * VW, add ? ldh(o + nv * VW) + rest[i] : rest[i]);
  }
}

typedef void stream_fn(i64 k, const float *w, const float *a, float *c, i64 ldc, int add, ahead *next);

#define STREAM_TILE(U)                                                                                     \
  static void stream_##U(i64 k, const float *w, const float *a, float *c, i64 ldc, int add, ahead *next) { \
    UNROLL for (int i = 0; i < STRIP; i += COLS(U))                                                        \
      stream_tile(U, COLS(U), k, w + i * STRIP_LD, a, c + i * ldc, ldc, add, next);                        \
  }
STREAM_TILE(1) STREAM_TILE(2) STREAM_TILE(3)
#if VW == 16
STREAM_TILE(4) STREAM_TILE(5) STREAM_TILE(6)
static stream_fn *const stream_tiles[GROUP + 1] = {0, stream_1, stream_2, stream_3, stream_4, stream_5, stream_6};
#else
static stream_fn *const stream_tiles[GROUP + 1] = {0, stream_1, stream_2, stream_3};
#endif

// group_start says with which unit group g begins.
INLINE i64 group_start(i64 units, i64 g) { return units * g / ((units + GROUP - 1) / GROUP); }

// pack_across packs numbers [lo, hi) of m rows of k: group by group, each k by k.
static void pack_across(i64 lo, i64 hi, i64 m, i64 k, const float *a, i64 lda, float *o) {
  i64 units = (m + UNIT - 1) / UNIT;
  for (i64 u = 0, g = 1; u < units; u = group_start(units, g++)) {
    i64 w = (group_start(units, g) - u) * UNIT;
    float *to = o + u * UNIT * k + lo * w;
    for (i64 j = 0; j < w; j += VW) {
      i64 row = u * UNIT + j, rows = m - row;
      const char *from = (const char *)(a + row * lda + lo);
      if (w - j >= VW && rows >= VW) turn_stored(F32, 1, VW, hi - lo, from, 4 * lda, to + j, w);
      else if (w - j >= VW) turn_stored(F32, 0, rows, hi - lo, from, 4 * lda, to + j, w);
      else
        for (i64 i = 0; i < hi - lo; i += VW) { // half a vector
          float turned[VW * VW] __attribute__((aligned(64)));
          i64 n = least(VW, hi - lo - i);
          turn_stored(F32, 0, least(UNIT, rows), n, from + 4 * i, 4 * lda, turned, VW);
          for (i64 x = 0; x < n; x++) sth(to + (i + x) * w + j, ldh(turned + x * VW));
        }
    }
  }
}

typedef struct {
  i64 m, n, k, kc;          // sizes, and the step of k
  i64 type, ldw;            // of the weights, whose rows begin ldw bytes apart
  const char *then;         // what will be wanted after these weights, or null
} stream_args;

// stream computes a product with n rows of weights at w. a is packed; sums has room
// for as many as there are rows in all units, by n, a panel more than that.
static void stream(const stream_args *s, const float *a, const char *w, float *sums, float *c, i64 ldc, const finish *f) {
  float strip[STRIP * STRIP_LD] __attribute__((aligned(64)));
  const i64 units = (s->m + UNIT - 1) / UNIT, mp = units * UNIT, size = s->type == F32 ? 4 : 2, n = s->n;
  memset(strip, 0, sizeof strip);
  for (i64 k0 = 0; k0 < s->k; k0 += s->kc) {
    i64 len = least(s->kc, s->k - k0), lines = len * size / LINE + 1;
    for (i64 j = 0; j < n; j += STRIP) {
      const char *at = w + j * s->ldw + k0 * size, *soon = s->then;
      for (i64 i = 0; i < least(STRIP, n - j); i++) widen_run(s->type, len, at + i * s->ldw, strip + i * STRIP_LD);
      if (j + STRIP < n) soon = at + STRIP * s->ldw;
      else if (k0 + s->kc < s->k) soon = w + (k0 + s->kc) * size;
      ahead next = {.b = soon, .b_left = soon ? lines * STRIP : 0, .lines = lines, .skip = s->ldw - lines * LINE};
      for (i64 u = 0, g = 1; u < units; u = group_start(units, g++)) {
        i64 count = group_start(units, g) - u;
        stream_tiles[count](len, strip, a + u * UNIT * s->k + k0 * count * UNIT, sums + j * mp + u * UNIT, mp, k0 > 0, &next);
      }
    }
  }
  for (i64 j = 0; j < n; j += NR)
    for (i64 r = 0; r < s->m; r += VW) {
      float buf[VW * NR] __attribute__((aligned(64)));
      i64 rows = least(VW, s->m - r), cols = least(NR, n - j);
      float *o = c + r * ldc + j;
      for (i64 i = 0; i < rows; i++) {
        __builtin_prefetch(o + i * ldc, 1);
        __builtin_prefetch(o + i * ldc + cols - 1, 1);
      }
      for (i64 x = 0; x < cols; x += VW) {
        vf v[VW];
        UNROLL for (int i = 0; i < VW; i++) v[i] = ld(sums + (j + x + i) * mp + r);
        turn_square(v);
        UNROLL for (int i = 0; i < VW; i++) st(buf + i * NR + x, v[i]);
      }
      finish_tile(f, r, j, rows, cols, buf, o, ldc, 0);
    }
}
