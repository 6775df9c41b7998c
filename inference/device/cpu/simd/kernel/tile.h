// The inner products: a tile of MR rows by NV vectors of columns stays in
// registers while k runs. Element (i, k) of the left side lies at a[i·ai + k·ak],
// row k of the right side at b[k·bs].

// A stretch of k: where row 0 begins on the left, which row of the right side it
// meets, how long it is, and how far to the right that begins.
typedef struct {
  const float *a;
  i64 k, n, off;
} span;

// What will be read next, to be fetched into the second-level cache while k runs: at
// every fourth k a line at each of two places, while so many are left. a is one
// stretch; b is stretches of so many lines, of which col are behind it, and skip
// bytes between them. Sides stream in from memory as fast as they are used up only
// if asked for early.
typedef struct {
  const char *a, *b;
  i64 a_left, b_left, col, lines, skip;
} ahead;

enum { LINE = 64 };

// tile sets (or adds to) rows × nv·VW numbers at c. rowwise says that ak is 1,
// otherwise ai is 1.
INLINE void tile(const int rows, const int nv, const int rowwise, i64 spans, const span *s, i64 stride, const float *b0, i64 bs,
                 float *c, i64 ldc, int add, const ahead *next) {
  const char *na = next ? next->a : 0, *nb = next ? next->b : 0;
  i64 a_left = next ? next->a_left : 0, b_left = next ? next->b_left : 0, col = next ? next->col : 0;
  vf acc[MR][2];
  UNROLL for (int i = 0; i < rows; i++) UNROLL for (int j = 0; j < nv; j++) {
    acc[i][j] = set1(0);
    __builtin_prefetch(c + i * ldc + j * VW, 1);
  }
  for (; spans > 0; spans--, s++) {
    const float *p[(MR + 2) / 3], *b = b0 + s->k * bs + s->off;
    UNROLL for (int g = 0; g < (rows + 2) / 3; g++) p[g] = s->a + 3 * g * (rowwise ? stride : 1);
    i64 k = s->n;
#define STEP(u)                                                                 \
  {                                                                             \
    vf bv[2];                                                                   \
    UNROLL for (int j = 0; j < nv; j++) bv[j] = ld(b + (u)*bs + j * VW);        \
    UNROLL for (int i = 0; i < rows; i++) {                                     \
      vf av = set1(rowwise ? p[i / 3][i % 3 * stride + (u)] : p[0][(u)*stride + i]); \
      UNROLL for (int j = 0; j < nv; j++) acc[i][j] = fma_kept(av, bv[j], acc[i][j]); \
    }                                                                           \
  }
#define FORWARD(u)                                                                              \
  {                                                                                             \
    if (rowwise) UNROLL for (int g = 0; g < (rows + 2) / 3; g++) p[g] += (u);                   \
    else p[0] += (u)*stride;                                                                    \
    b += (u)*bs;                                                                                \
  }
    for (; k >= 4; k -= 4) {
      if (next && a_left > 0) __builtin_prefetch(na, 0, 2), na += LINE, a_left--;
      if (next && b_left > 0) {
        __builtin_prefetch(nb, 0, 2), nb += LINE, b_left--;
        if (++col == next->lines) col = 0, nb += next->skip;
      }
      STEP(0) STEP(1) STEP(2) STEP(3) FORWARD(4)
    }
    for (; k > 0; k--) {
      STEP(0) FORWARD(1)
    }
  }
  UNROLL for (int i = 0; i < rows; i++) UNROLL for (int j = 0; j < nv; j++) {
    float *o = c + i * ldc + j * VW;
    st(o, add ? ld(o) + acc[i][j] : acc[i][j]);
  }
}

#define ROWS(F) F(1) F(2) F(3) F(4) F(5) F(6)
#if MR > 6
#define MORE_ROWS(F) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14)
#else
#define MORE_ROWS(F)
#endif

typedef void tile_fn(i64 spans, const span *s, i64 stride, const float *b, float *c, i64 ldc, int add, const ahead *next);

// The three kinds. x is the left side's distance for cols (from k to k) and rows
// (from row to row), and the row length of the right side for planes; all other
// distances are constants, which leave registers free for the loop. The sides of cols
// are near.
#define KIND(NAME, R, NV, ROWWISE, STRIDE, BS, AHEAD)                                                                     \
  static void NAME##NV##_##R(i64 n, const span *s, i64 x, const float *b, float *c, i64 l, int add, const ahead *next) { \
    tile(R, NV, ROWWISE, n, s, STRIDE, b, BS, c, l, add, AHEAD);                                                          \
  }
#define DEFINE(R)                                                                          \
  KIND(cols, R, 2, 0, x, NR, 0) KIND(cols, R, 1, 0, x, VW, 0)                              \
  KIND(rows, R, 2, 1, x, NR, next) KIND(rows, R, 1, 1, x, VW, next)                        \
  KIND(plane, R, 2, 0, R, x, next) KIND(plane, R, 1, 0, R, x, next)
ROWS(DEFINE) MORE_ROWS(DEFINE)

#define NAME_cols1(R) cols1_##R,
#define NAME_cols2(R) cols2_##R,
#define NAME_rows1(R) rows1_##R,
#define NAME_rows2(R) rows2_##R,
#define NAME_plane1(R) plane1_##R,
#define NAME_plane2(R) plane2_##R,
#define TILES(NAME) \
  static tile_fn *const NAME##_tiles[2][MR + 1] = {{0, ROWS(NAME_##NAME##1) MORE_ROWS(NAME_##NAME##1)}, {0, ROWS(NAME_##NAME##2) MORE_ROWS(NAME_##NAME##2)}};
TILES(cols) TILES(rows) TILES(plane)

// nothing_ahead is for tiles whose sides are near.
static const ahead nothing_ahead;

// What happens to a finished tile; a pointer that is null is left out.
typedef struct {
  const float *bias, *gate, *tail;
  i64 act, gate_stride, gate_every, tail_ld;
  i64 row0; // what row 0 is to the gate
} finish;

INLINE int unfinished(const finish *f) { return f->bias || f->gate || f->tail || f->act; }

// finish_tile writes to c, which stands at (row, col) of the whole result, what
// becomes of rows × n sums in buf, NR apart; with add those at c are part of them.
static void finish_tile(const finish *f, i64 row, i64 col, i64 rows, i64 n, const float *buf, float *c, i64 ldc, int add) {
  for (i64 j = 0; j < n; j += VW) {
    vf bias = f->bias ? ldm(f->bias + col + j, n - j) : set1(0);
    for (i64 i = 0; i < rows; i++) {
      float *o = c + i * ldc + j;
      vf v = ldm(buf + i * NR + j, n - j);
      if (add) v = ldm(o, n - j) + v;
      if (f->bias) v += bias;
      v = vact((int)f->act, v);
      if (f->gate) v *= ldm(f->gate + (f->row0 + row + i) / f->gate_every * f->gate_stride + col + j, n - j);
      if (f->tail) v += ldm(f->tail + (row + i) * f->tail_ld + col + j, n - j);
      stm(o, v, n - j);
    }
  }
}

// tile_at computes one tile of rows × n (at most a panel) at (row, col) of c, whose rows
// have ldc numbers; fin, where these are the last of their sums, or null.
INLINE void tile_at(tile_fn *const tiles[2][MR + 1], i64 row, i64 col, i64 rows, i64 n, i64 spans, const span *s, i64 stride,
                    const float *b, float *c, i64 ldc, int add, const finish *fin, const ahead *next) {
  static const finish nothing = {.gate_every = 1};
  int nv = n > VW;
  c += row * ldc + col;
  if (!fin && n == (nv ? NR : VW)) {
    tiles[nv][rows](spans, s, stride, b, c, ldc, add, next);
    return;
  }
  // Through a buffer, so that c is visited once, and not written beyond its columns.
  float buf[MR * NR] __attribute__((aligned(64)));
  for (i64 i = 0; i < rows; i++) { // in the second-level cache they do not drive out what the tile reads
    __builtin_prefetch(c + i * ldc, 0, 2);
    __builtin_prefetch(c + i * ldc + n - 1, 0, 2);
  }
  tiles[nv][rows](spans, s, stride, b, buf, NR, 0, next);
  finish_tile(fin ? fin : &nothing, row, col, rows, n, buf, c, ldc, add);
}
