// Convolution for few outputs: a vector of outputs would be half empty, so here a
// vector holds neighbouring pixels of one channel. The lines of x that a row of
// the result needs are turned to [channel][pixel] once, with their padding and
// doubling, and the weights become the left side of the tiles.

// planar_width is the length of a turned line: never a multiple of the 1 kB that
// would put the same pixel of every channel into few places of a cache.
INLINE i64 planar_width(const conv_args *a) {
  i64 w = (a->wo + a->kw + NR) / VW * VW;
  return w % (8 * VW) == 0 ? w + VW : w;
}

// planar_scratch says how many floats conv_planar needs.
static i64 planar_scratch(const conv_args *a) {
  return a->kt * a->kh * a->c * planar_width(a) + a->c * (a->w + VW) + a->kt * a->kh * 2 + 64;
}

// turn_line turns one row of pixels.
static void turn_line(const conv_args *a, const float *row, float *o, float *half) {
  i64 wp = planar_width(a), w = a->w, c = a->c, step = a->up ? w : wp;
  float *to = a->up ? half : o + a->left;
  i64 x = 0, ch;
  for (; x + VW <= w; x += VW) turn_stored(F32, 1, VW, c, (const char *)(row + x * c), 4 * c, to + x, step);
  for (; x < w; x++)
    for (ch = 0; ch < c; ch++) to[ch * step + x] = row[x * c + ch];
  i64 end = a->left + (a->up ? 2 * w : w);
  for (ch = 0; ch < c; ch++) {
    float *d = o + ch * wp;
    if (a->up)
      for (i64 x = 0; x < w; x++) d[a->left + 2 * x] = d[a->left + 2 * x + 1] = half[ch * w + x];
    for (i64 x = 0; x < a->left; x++) d[x] = 0;
    for (i64 x = end; x < wp; x++) d[x] = 0;
  }
}

// store_turned writes rows outputs by n pixels, which lie in buf by output, to
// pixels of o numbers each.
static void store_turned(const float *buf, i64 rows, i64 n, float *y, i64 o) {
  i64 x = 0;
  if (rows >= 4)
    for (; x + 4 <= n; x += 4)
      for (i64 i = 0; i < rows; i += 4) {
        i64 r = least(i, rows - 4);
        turn_small(buf + r * NR + x, NR, y + x * o + r, o);
      }
  for (; x < n; x++)
    for (i64 i = 0; i < rows; i++) y[x * o + i] = buf[i * NR + x];
}

// conv_planar computes rows [y0, y1) of frame f; left holds the weights as left
// panels.
static void conv_planar(const conv_args *a, i64 f, i64 y0, i64 y1, const float *in, const float *cache, const float *left, float *out,
                        const finish *fin, float *scratch) {
  i64 lines = a->kt * a->kh, k = lines * a->kw * a->c, wp = planar_width(a);
  float *half = scratch + lines * a->c * wp;
  i64 *held = (i64 *)(((uintptr_t)(half + a->c * (a->w + VW)) + 7) & ~(uintptr_t)7); // which row a line is
  i64 panels = (a->o + MR - 1) / MR;
  for (i64 i = 0; i < lines; i++) held[i] = -1;
  for (i64 y = y0; y < y1; y++) {
    struct { i64 slot, k; } use[SPANS];
    i64 n = 0;
    for (i64 i = 0; i < lines; i++) {
      i64 row;
      const float *p = met(a, i, f, y, in, cache, &row);
      if (!p) continue;
      i64 slot = i / a->kh * a->kh + row % a->kh;
      if (held[slot] != row) turn_line(a, p, scratch + slot * a->c * wp, half), held[slot] = row;
      use[n].slot = slot, use[n++].k = i * a->kw;
    }
    const float *soon[SPANS]; // the lines that the next row will have turned
    i64 fresh = 0, row_lines = (a->w * a->c * 4 + LINE - 1) / LINE, blocks = (a->wo + NR - 1) / NR * panels, block = 0;
    for (i64 i = 0; i < lines && y + 1 < y1; i++) {
      i64 row;
      const float *p = met(a, i, f, y + 1, in, cache, &row);
      if (p && held[i / a->kh * a->kh + row % a->kh] != row && (fresh == 0 || soon[fresh - 1] != p)) soon[fresh++] = p;
    }
    float *line = out + (f * a->ho + y) * a->wo * a->o;
    for (i64 x = 0; x < a->wo; x += NR) {
      i64 px = least(NR, a->wo - x), nv = px > VW;
      for (i64 i = 0; i < panels; i++) {
        i64 o = panel_start(a->o, panels, i), rows = panel_start(a->o, panels, i + 1) - o;
        float buf[MR * NR] __attribute__((aligned(64)));
        span s[SPANS];
        i64 spans = 0;
        for (i64 l = 0; l < n; l++)
          for (i64 kx = 0; kx < a->kw; kx++)
            s[spans++] = (span){left + o * k + (use[l].k + kx) * a->c * rows, use[l].slot * a->c, a->c, x + kx};
        i64 from = fresh * row_lines * block / blocks, to = fresh * row_lines * (block + 1) / blocks;
        ahead next = {0};
        if (from < to) {
          i64 one = from / row_lines, rest = least(to, (one + 1) * row_lines) - from;
          next.a = (const char *)soon[one] + from % row_lines * LINE, next.a_left = rest;
          if (one + 1 < fresh) next.b = (const char *)soon[one + 1], next.b_left = to - from - rest, next.lines = row_lines;
        }
        block++;
        plane_tiles[nv][rows](spans, s, wp, scratch, buf, NR, 0, &next);
        for (i64 r = 0; r < rows; r++)
          for (i64 j = 0; j < px; j += VW) {
            vf v = ld(buf + r * NR + j);
            if (fin->bias) v += set1(fin->bias[o + r]);
            st(buf + r * NR + j, vact((int)fin->act, v));
          }
        store_turned(buf, rows, px, line + x * a->o + o, a->o);
      }
      if (!fin->tail) continue;
      i64 at = ((f * a->ho + y) * a->wo + x) * a->o;
      for (i64 j = 0; j < px * a->o; j += VW) stm(out + at + j, ldm(out + at + j, px * a->o - j) + ldm(fin->tail + at + j, px * a->o - j), px * a->o - j);
    }
  }
}
