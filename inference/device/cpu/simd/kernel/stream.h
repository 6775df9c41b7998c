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
#define STREAM_COLS NR // whole strips and whole panels
#else
#define UNIT VW
#define GROUP 3
#define STRIP 12
#define COLS(units) (STRIP / (units))
#define STREAM_COLS (3 * NR)
#endif
enum { STRIP_LD = 400 }; // numbers from row to row of a strip: a step of k, and an odd number of lines

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

// What is widened into the next strip while a tile is computed: whole vectors, so many
// to a row, of which col are done and left are left to do in all. delta is how far off
// those lie that come after them, to be fetched into a near cache.
typedef struct {
  const char *from;
  float *to;
  i64 left, col, row, type, skip, delta;
} feed;

INLINE void feed_some(feed *f, const feed *all, const int count) {
  UNROLL for (int p = 0; p < count; p++) if (f->left > 0) {
    vf v; // a whole vector that is loaded to be stored holds up a Zen 4 between products, two halves do not
    if (all->type == F32) v = ld_halves((const float *)f->from);
    else v = all->type == BF16 ? brain((const uint16_t *)f->from) : half((const uint16_t *)f->from);
    st(f->to, v);
    if (VW == 16 && all->type == F32) __builtin_prefetch(f->from + all->delta, 0, 3); // whole lines of it, once each
    else __builtin_prefetch(f->from + all->delta, 0, 2);
    f->from += all->type == F32 ? 4 * VW : 2 * VW, f->to += VW, f->left--;
    if (++f->col == all->row) f->col = 0, f->from += all->skip, f->to += STRIP_LD - all->row * VW;
  }
}

// stream_tile sets (or adds to) the sums of one group with cols rows of a strip, over
// k numbers: sums with one row of weights lie together, ldc from those with the next.
INLINE void stream_tile(const int units, const int cols, i64 k, const float *w, const float *a, float *c, i64 ldc, int add, feed *next) {
  enum { PER = VW / UNIT };
  // A few halves of vectors are faster than as many in whole ones: to broadcast takes half as long.
  const int nv = units > 3 || PER == 1 ? units / PER : 0, nh = units - nv * PER, width = units * UNIT;
  feed f = *next;
  vf acc[STRIP][GROUP / PER];
  hf rest[STRIP][3];
  UNROLL for (int i = 0; i < cols; i++) {
    UNROLL for (int j = 0; j < nv; j++) acc[i][j] = set1(0);
    UNROLL for (int j = 0; j < nh; j++) rest[i][j] = lower(set1(0));
  }
#undef STEP
#define STEP(u)                                                                                                  \
  {                                                                                                              \
    vf v[GROUP / PER];                                                                                           \
    hf h[3];                                                                                                     \
    UNROLL for (int j = 0; j < nv; j++) v[j] = ld(a + (u)*width + j * VW);                                       \
    UNROLL for (int j = 0; j < nh; j++) h[j] = ldh(a + (u)*width + nv * VW + j * UNIT);                          \
    UNROLL for (int i = 0; i < cols; i++) {                                                                      \
      const float *x = w + i * STRIP_LD + (u);                                                                   \
      if (nv) spread(nv, x, v, acc[i]);                                                                          \
      UNROLL for (int j = 0; j < nh; j++) rest[i][j] = fma_half(nv ? lower(set1(*x)) : set1h(*x), h[j], rest[i][j]); \
    }                                                                                                            \
  }
  for (; k >= 4; k -= 4, w += 4, a += 4 * width) {
    feed_some(&f, next, 2);
    STEP(0) STEP(1) STEP(2) STEP(3)
  }
  for (; k > 0; k--, w++, a += width) STEP(0)
  next->from = f.from, next->to = f.to, next->left = f.left, next->col = f.col;
  UNROLL for (int i = 0; i < cols; i++) {
    float *o = c + i * ldc;
    UNROLL for (int j = 0; j < nv; j++) st(o + j * VW, add ? ld(o + j * VW) + acc[i][j] : acc[i][j]);
    UNROLL for (int j = 0; j < nh; j++) {
      float *to = o + nv * VW + j * UNIT;
      sth(to, add ? ldh(to) + rest[i][j] : rest[i][j]);
    }
  }
}

typedef void stream_fn(i64 k, const float *w, const float *a, float *c, i64 ldc, int add, feed *next);

#define STREAM_TILE(U)                                                                                     \
  static void stream_##U(i64 k, const float *w, const float *a, float *c, i64 ldc, int add, feed *next) { \
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

// pack_half packs rows that half a vector holds: o[k·w + i] = p[i·lda + k] for k < n.
static void pack_half(i64 n, i64 rows, const float *p, i64 lda, float *o, i64 w) {
  vf v[VW];
  i64 k = 0;
  for (; k + 2 * VW <= n; k += 2 * VW) { // two squares' halves are turned as one
    UNROLL for (int i = 0; i < VW; i++) v[i] = i % UNIT < rows ? ld(p + i % UNIT * lda + k + i / UNIT * VW) : set1(0);
    turn_square(v);
    UNROLL for (int i = 0; i < VW; i++) {
      sth(o + (k + i) * w, lower(v[i]));
      sth(o + (k + VW + i) * w, upper(v[i]));
    }
  }
  for (; k < n; k++)
    for (i64 i = 0; i < UNIT; i++) o[k * w + i] = i < rows ? p[i * lda + k] : 0;
}

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
      else pack_half(hi - lo, least(UNIT, rows), a + row * lda + lo, lda, to + j, w);
    }
  }
}

typedef struct {
  i64 m, n, k, kc;  // sizes, and the step of k
  i64 type, ldw;    // of the weights, whose rows begin ldw bytes apart
  const char *then; // what will be wanted after these weights, or null
} stream_args;

// A strip of weights: rows from j on, numbers from k on, len of them.
typedef struct {
  i64 j, k, rows, len;
  const char *at;
} strip_place;

INLINE strip_place strip_at(const stream_args *s, const char *w, i64 j, i64 k) {
  return (strip_place){j, k, least(STRIP, s->n - j), least(s->kc, s->k - k), w + j * s->ldw + k * (s->type == F32 ? 4 : 2)};
}

// strip_after returns the one that is wanted after p; the last has no rows.
INLINE strip_place strip_after(const stream_args *s, const char *w, const strip_place *p) {
  if (p->j + STRIP < s->n) return strip_at(s, w, p->j + STRIP, p->k);
  if (p->k + s->kc < s->k) return strip_at(s, w, 0, p->k + s->kc);
  return (strip_place){.at = s->then};
}

// widen_strip widens numbers from from on.
static void widen_strip(const stream_args *s, const strip_place *p, i64 from, float *o) {
  i64 n = p->len - from;
  for (i64 i = 0; i < p->rows && n > 0; i++)
    if (s->type == F32 && n < VW) stm(o + i * STRIP_LD + from, ldm((const float *)(p->at + i * s->ldw) + from, n), n);
    else widen_run(s->type, n, p->at + i * s->ldw + from * (s->type == F32 ? 4 : 2), o + i * STRIP_LD + from);
}

// stream computes a product with n rows of weights at w. a is packed; sums has room
// for the rows of all units by the columns of whole strips and panels, and VW more.
static void stream(const stream_args *s, const float *a, const char *w, float *sums, float *c, i64 ldc, const finish *f) {
  float strips[2][STRIP * STRIP_LD] __attribute__((aligned(64)));
  const i64 units = (s->m + UNIT - 1) / UNIT, mp = units * UNIT, size = s->type == F32 ? 4 : 2, n = s->n;
  if (n % STRIP) memset(strips, 0, sizeof strips); // rows that are not there: nothing that slows the processor down
  strip_place p = strip_at(s, w, 0, 0), next, then;
  widen_strip(s, &p, 0, strips[0]);
  for (int now = 0; p.rows; p = next, now = !now) {
    next = strip_after(s, w, &p), then = next.rows ? strip_after(s, w, &next) : next;
    i64 row = next.len / VW;
    feed more = {.from = next.at, .to = strips[!now], .left = row * next.rows, .row = row, .type = s->type,
                 .skip = s->ldw - row * VW * size, .delta = then.at ? then.at - next.at : 0};
    widen_strip(s, &next, row * VW, strips[!now]);
    for (i64 u = 0, g = 1; u < units; u = group_start(units, g++)) {
      i64 count = group_start(units, g) - u;
      stream_tiles[count](p.len, strips[now], a + u * UNIT * s->k + p.k * count * UNIT, sums + p.j * mp + u * UNIT, mp, p.k > 0, &more);
    }
    for (feed rest = more; rest.left > 0;) feed_some(&rest, &more, 1);
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
