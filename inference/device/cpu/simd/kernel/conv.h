// Convolution as a product whose left side is never written down: the rows of a
// tile are neighbouring pixels, and k runs over frame, row, column, channel. A
// stretch of columns and channels is contiguous in x, so tiles read it in place;
// only tiles at the edges of a frame, or of a doubled one, copy theirs.

#define SPANS 32
#define CONV_K 512

typedef struct {
  i64 h, w, c, front, t;             // x; frames of cache before it
  i64 kt, kh, kw, st, sh, sw;        // kernel, strides
  i64 top, left, up;                 // padding, doubling
  i64 ho, wo, o;                     // frames of the result
} conv_args;

static i64 conv_scratch(const conv_args *a) { return (CONV_K + 64) * ((MR - 1) * a->sw + a->kw + 1) + SPANS * MR * VW; }

// A unit is a contiguous stretch of k. Small ones hold all columns of the kernel.
typedef struct {
  i64 whole, per_line, parts, len, block, count;
} units;

static units conv_units(const conv_args *a) {
  units u;
  u.whole = a->kw * a->c <= CONV_K;
  u.parts = u.whole ? 1 : (a->c + CONV_K - 1) / CONV_K;
  u.len = u.whole ? a->kw * a->c : (a->c + u.parts - 1) / u.parts;
  u.per_line = u.whole ? 1 : a->kw * u.parts;
  u.count = a->kt * a->kh * u.per_line;
  i64 block = least(SPANS, most(1, CONV_K / u.len)), blocks = (u.count + block - 1) / block;
  u.block = (u.count + blocks - 1) / blocks;
  return u;
}

// copy_pixels writes count pixels from column x on, step columns apart, of n
// channels each, gap numbers apart; what is outside the frame is zero.
static void copy_pixels(const conv_args *a, const float *row, i64 x, i64 step, i64 count, i64 n, float *o, i64 gap) {
  for (i64 i = 0; i < count; i++, x += step, o += gap) {
    i64 at = a->up ? x >> 1 : x;
    if (at < 0 || at >= a->w) {
      for (i64 j = 0; j < n; j++) o[j] = 0;
      continue;
    }
    const float *p = row + at * a->c;
    for (i64 j = 0; j < n; j += VW) stm(o + j, ldm(p + j, n - j), n - j);
  }
}

// met returns the row of x that line (frame and row of the kernel) meets at (f, y),
// and which of its frame it is; null where there is nothing but zeros.
INLINE const float *met(const conv_args *a, i64 line, i64 f, i64 y, const float *in, const float *cache, i64 *row) {
  i64 frame = f * a->st + line / a->kh, at = y * a->sh + line % a->kh - a->top, size = a->h * a->w * a->c;
  if (at < 0 || at >= (a->up ? 2 * a->h : a->h)) return 0;
  *row = a->up ? at >> 1 : at;
  const float *p = frame >= a->front ? in + (frame - a->front) * size : cache ? cache + frame * size : 0;
  return p ? p + *row * a->w * a->c : 0;
}

// conv_spans lists units [from, to) for the tile of rows pixels at (f, y, x) of
// the result, and how far apart its rows lie.
static i64 conv_spans(const conv_args *a, const units *u, i64 from, i64 to, i64 f, i64 y, i64 x, i64 rows, const float *in,
                       const float *cache, float *scratch, span *s, i64 *stride) {
  i64 col = x * a->sw - a->left, n = 0, row;
  int copy = a->up || col < 0 || col + (rows - 1) * a->sw + a->kw > a->w || (!u->whole && a->c % 1024 == 0);
  *stride = copy ? (u->whole ? a->sw * a->c : u->len + VW) : a->sw * a->c;
  for (i64 i = from; i < to; i++) {
    i64 line = i / u->per_line, part = i % u->per_line;
    const float *p = met(a, line, f, y, in, cache, &row);
    if (!p) continue;
    i64 kx = u->whole ? 0 : part / u->parts, c0 = u->whole ? 0 : part % u->parts * u->len;
    span *t = s + n++;
    t->off = 0;
    t->n = u->whole ? u->len : least(u->len, a->c - c0);
    t->k = (line * a->kw + kx) * a->c + c0;
    t->a = p + (col + kx) * a->c + c0;
    if (!copy) continue;
    t->a = scratch;
    if (u->whole) {
      i64 count = (rows - 1) * a->sw + a->kw;
      copy_pixels(a, p, col, 1, count, a->c, scratch, a->c);
      scratch += count * a->c;
    } else {
      copy_pixels(a, p + c0, col + kx, a->sw, rows, t->n, scratch, *stride);
      scratch += rows * *stride;
    }
  }
  return n;
}

// conv_ahead asks for what units [from, to) of the tile that begins at (f, y, x)
// will read: neighbouring pixels, a stretch of memory where a unit holds all their
// channels.
static void conv_ahead(const conv_args *a, const units *u, i64 from, i64 to, i64 f, i64 y, i64 x, const float *in, const float *cache) {
  i64 row, lo = most(0, x * a->sw - a->left), hi = x * a->sw - a->left + (MR - 1) * a->sw + a->kw;
  if (a->up) lo >>= 1, hi = hi / 2 + 1;
  hi = least(a->w, hi);
  for (i64 i = from; i < to; i++) {
    const float *p = met(a, i / u->per_line, f, y, in, cache, &row);
    if (!p) continue;
    i64 step = u->whole ? (hi - lo) * a->c : a->c, c0 = u->whole ? 0 : i % u->parts * u->len, n = u->whole ? step : least(u->len, a->c - c0);
    for (const float *q = p + lo * a->c + c0; q < p + hi * a->c; q += step)
      for (i64 j = 0; j < n; j += 16) __builtin_prefetch(q + j, 0, 2);
  }
}

// conv computes tiles [g0, g1) of frame f, each row of pixels being so many
// tiles, and columns [n0, n1), of which n0 begins a panel.
static void conv(const conv_args *a, i64 f, i64 g0, i64 g1, i64 n0, i64 n1, const float *in, const float *cache, const float *b,
                 float *out, const finish *fin, float *scratch) {
  units u = conv_units(a);
  const int more = unfinished(fin);
  i64 k = a->kt * a->kh * a->kw * a->c, tiles = (a->wo + MR - 1) / MR;
  i64 unit = k / u.count; // on average, which is near enough to look ahead
  for (i64 from = 0; from < u.count; from += u.block) {
    i64 to = least(u.count, from + u.block);
    for (i64 g = g0; g < g1; g++) {
      i64 y = g / tiles, x = panel_start(a->wo, tiles, g % tiles), rows = panel_start(a->wo, tiles, g % tiles + 1) - x;
      i64 at = (f * a->ho + y) * a->wo + x, stride;
      span s[SPANS];
      i64 n = conv_spans(a, &u, from, to, f, y, x, rows, in, cache, scratch, s, &stride);
      if (g + 1 < g1) {
        i64 y1 = (g + 1) / tiles, x1 = panel_start(a->wo, tiles, (g + 1) % tiles);
        conv_ahead(a, &u, from, to, f, y1, x1, in, cache);
      }
      if (n == 0 && from > 0 && to < u.count) continue;
      for (i64 j = n0; j < n1; j += NR) {
        i64 cols = least(NR, n1 - j);
        i64 w = cols > VW ? NR : VW, after = to < u.count ? to : 0, lines = 4 * w * unit * u.block / (g1 - g0) / LINE + 1;
        ahead next = {.b = (const char *)(b + j * k + after * unit * w) + (g - g0) * lines * LINE, .b_left = lines};
        tile_at(rows_tiles, at, j, rows, cols, n, s, stride, b + j * k, out, a->o, from > 0, to == u.count && more ? fin : 0, &next);
      }
    }
  }
}
