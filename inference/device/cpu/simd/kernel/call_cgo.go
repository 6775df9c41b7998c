//go:build cgo

package kernel

/*
#include "kernel.h"

typedef const kinora_kernels *set;
typedef const int64_t *ints;
typedef const float *in;

static void pack_left(set s, ints n, in a, float *o) { s->pack_left(n, a, o); }
static void pack_right(set s, ints n, const void *w, float *o) { s->pack_right(n, w, o); }
static void copy_left(set s, ints n, in a, float *o) { s->copy_left(n, a, o); }
static void gemm(set s, ints n, in a, in b, const void *raw, in bias, in gate, in tail, float *c) { s->gemm(n, a, b, raw, bias, gate, tail, c); }
static void gemv(set s, ints n, in a, const void *w, in bias, in gate, in tail, float *c) { s->gemv(n, a, w, bias, gate, tail, c); }
static void pack_across(set s, ints n, in a, float *o) { s->pack_across(n, a, o); }
static void stream(set s, ints n, in a, const void *w, const void *then, in bias, in gate, in tail, float *t, float *c) { s->stream(n, a, w, then, bias, gate, tail, t, c); }
static int64_t conv_scratch(set s, ints n) { return s->conv_scratch(n); }
static void conv(set s, ints n, in x, in cache, in w, in bias, in tail, float *y, float *t) { s->conv(n, x, cache, w, bias, tail, y, t); }
static int64_t planar_scratch(set s, ints n) { return s->planar_scratch(n); }
static void conv_planar(set s, ints n, in x, in cache, in w, in bias, in tail, float *y, float *t) { s->conv_planar(n, x, cache, w, bias, tail, y, t); }
static int64_t attention_scratch(set s, int64_t d) { return s->attention_scratch(d); }
static void attention(set s, ints n, float scale, in q, in k, in v, in bias, float *o, float *t) { s->attention(n, scale, q, k, v, bias, o, t); }
static void norm(set s, ints n, double eps, in x, in w, in b, in scale, in shift, float *y) { s->norm(n, eps, x, w, b, scale, shift, y); }
static void softmax(set s, int64_t dim, int64_t lo, int64_t hi, in x, float *y) { s->softmax(dim, lo, hi, x, y); }
static void act(set s, int64_t a, int64_t n, in x, float *y) { s->act(a, n, x, y); }
static void pair(set s, int64_t op, int64_t n, in x, in y, float *d) { s->pair(op, n, x, y, d); }
static void muladd(set s, int64_t n, in x, in y, in g, float *d) { s->muladd(n, x, y, g, d); }
static void modulate(set s, int64_t n, in x, in a, in b, float *d) { s->modulate(n, x, a, b, d); }
static void rope(set s, int64_t heads, int64_t d, in x, in c, in sn, float *y) { s->rope(heads, d, x, c, sn, y); }
static void widen(set s, int64_t t, int64_t n, const void *src, float *dst) { s->widen(t, n, src, dst); }
static void round_pairs(set s, int64_t rows, int64_t k, in a, int64_t lda, float *o, int64_t ldo) { s->round_pairs(rows, k, a, lda, o, ldo); }
static double peak(set s, int64_t n, float *o) { return s->peak(n, o); }

#cgo noescape pack_left
#cgo noescape pack_right
#cgo noescape copy_left
#cgo noescape gemm
#cgo noescape gemv
#cgo noescape pack_across
#cgo noescape stream
#cgo noescape conv_scratch
#cgo noescape conv
#cgo noescape planar_scratch
#cgo noescape conv_planar
#cgo noescape attention
#cgo noescape norm
#cgo noescape softmax
#cgo noescape act
#cgo noescape pair
#cgo noescape muladd
#cgo noescape modulate
#cgo noescape rope
#cgo noescape widen
#cgo noescape round_pairs
#cgo noescape peak
#cgo nocallback pack_left
#cgo nocallback pack_right
#cgo nocallback copy_left
#cgo nocallback gemm
#cgo nocallback gemv
#cgo nocallback pack_across
#cgo nocallback stream
#cgo nocallback conv_scratch
#cgo nocallback conv
#cgo nocallback planar_scratch
#cgo nocallback conv_planar
#cgo nocallback attention
#cgo nocallback norm
#cgo nocallback softmax
#cgo nocallback act
#cgo nocallback pair
#cgo nocallback muladd
#cgo nocallback modulate
#cgo nocallback rope
#cgo nocallback widen
#cgo nocallback round_pairs
#cgo nocallback peak
*/
import "C"

import "unsafe"

// The arrays below have the order in which doors.h unpacks them.

func p(v []float32) *C.float { return (*C.float)(unsafe.SliceData(v)) }

func bytes(v []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(v)) }

func i(v int) C.int64_t { return C.int64_t(v) }

func flag(v bool) C.int64_t {
	if v {
		return 1
	}
	return 0
}

func (c *Conv) ints() [23]C.int64_t {
	return [23]C.int64_t{i(c.H), i(c.W), i(c.C), i(c.Front), i(c.T), i(c.KT), i(c.KH), i(c.KW), i(c.ST), i(c.SH), i(c.SW),
		i(c.Top), i(c.Left), flag(c.Up), i(c.HO), i(c.WO), i(c.O)}
}

const convInts = 17

func newSet(name string, s *C.kinora_kernels) *Set {
	return &Set{
		Name: name, TileRows: int(s.tile_rows), Panel: int(s.panel), Unit: int(s.unit), StreamCols: int(s.stream_cols),
		PackLeft: func(lo, hi, k int, a []float32, lda int, out []float32) {
			n := [...]C.int64_t{i(lo), i(hi), i(k), i(lda)}
			C.pack_left(s, &n[0], p(a), p(out))
		},
		PackRight: func(t Type, cols, k int, w []byte, stride int, kn bool, out []float32) {
			n := [...]C.int64_t{i(int(t)), i(cols), i(k), i(stride), flag(kn)}
			C.pack_right(s, &n[0], bytes(w), p(out))
		},
		CopyLeft: func(lo, hi int, l Left, a []float32, lda int, out []float32) {
			n := [...]C.int64_t{i(lo), i(hi), i(l.M), i(l.K), i(l.KC), i(lda), i(l.LD)}
			C.copy_left(s, &n[0], p(a), p(out))
		},
		Gemm: func(g Gemm, a, b, c []float32, f Finish) {
			n := [...]C.int64_t{i(g.M), i(g.Panels), i(g.I0), i(g.I1), i(g.N0), i(g.N1), i(g.K0), i(g.K1), i(g.K), i(g.KC),
				i(g.LD), i(g.Step), i(g.From), i(g.Depth), i(g.Next.Rows), i(g.Next.Bytes), i(g.Next.Stride), i(g.LDC),
				i(f.Act), i(f.GateStride), i(f.GateEvery), i(f.TailLD), i(f.Row0)}
			C.gemm(s, &n[0], p(a), p(b), bytes(g.Next.At), p(f.Bias), p(f.Gate), p(f.Tail), p(c))
		},
		Gemv: func(g Gemv, a []float32, w []byte, c []float32, f Finish) {
			n := [...]C.int64_t{i(g.M), i(g.N0), i(g.N1), i(g.K), i(g.LDA), i(int(g.Type)), i(g.Stride), i(g.LDC),
				i(f.Act), i(f.GateStride), i(f.GateEvery), i(f.TailLD)}
			C.gemv(s, &n[0], p(a), bytes(w), p(f.Bias), p(f.Gate), p(f.Tail), p(c))
		},
		PackAcross: func(lo, hi, m, k int, a []float32, lda int, out []float32) {
			n := [...]C.int64_t{i(lo), i(hi), i(m), i(k), i(lda)}
			C.pack_across(s, &n[0], p(a), p(out))
		},
		Stream: func(g Stream, a []float32, w []byte, sums, c []float32, f Finish) {
			n := [...]C.int64_t{i(g.M), i(g.N), i(g.K), i(g.KC), i(int(g.Type)), i(g.Stride), i(g.LDC),
				i(f.Act), i(f.GateStride), i(f.GateEvery), i(f.TailLD)}
			C.stream(s, &n[0], p(a), bytes(w), bytes(g.Then), p(f.Bias), p(f.Gate), p(f.Tail), p(sums), p(c))
		},
		ConvScratch: func(c *Conv) int {
			n := c.ints()
			return int(C.conv_scratch(s, &n[0]))
		},
		Conv: func(c *Conv, d ConvPiece, x, cache, w, y []float32, f Finish, scratch []float32) {
			n := c.ints()
			for at, v := range [...]int{d.F, d.G0, d.G1, d.N0, d.N1, f.Act} {
				n[convInts+at] = i(v)
			}
			C.conv(s, &n[0], p(x), p(cache), p(w), p(f.Bias), p(f.Tail), p(y), p(scratch))
		},
		PlanarScratch: func(c *Conv) int {
			n := c.ints()
			return int(C.planar_scratch(s, &n[0]))
		},
		ConvPlanar: func(c *Conv, frame, y0, y1 int, x, cache, left, y []float32, f Finish, scratch []float32) {
			n := c.ints()
			for at, v := range [...]int{frame, y0, y1, f.Act} {
				n[convInts+at] = i(v)
			}
			C.conv_planar(s, &n[0], p(x), p(cache), p(left), p(f.Bias), p(f.Tail), p(y), p(scratch))
		},
		AttentionScratch: func(dim int) int { return int(C.attention_scratch(s, i(dim))) },
		Attention: func(a *Attention, q, k, v, bias, out, scratch []float32) {
			n := [...]C.int64_t{i(a.Queries), i(a.Keys), i(a.Dim), i(a.QStep), i(a.KStep), i(a.VStep), i(a.OStep),
				i(a.BiasQ), i(a.BiasK), flag(a.Near), i(a.Window), i(a.I0), i(a.Heads), i(a.BiasHead)}
			C.attention(s, &n[0], C.float(a.Scale), p(q), p(k), p(v), p(bias), p(out), p(scratch))
		},
		Norm: func(a *Norm, lo, hi int, x, y []float32) {
			n := [...]C.int64_t{i(a.Kind), i(a.Dim), i(a.Act), i(lo), i(hi),
				i(a.ScaleStride), i(a.ScaleEvery), i(a.ShiftStride), i(a.ShiftEvery)}
			C.norm(s, &n[0], C.double(a.Eps), p(x), p(a.Weight), p(a.Bias), p(a.Scale), p(a.Shift), p(y))
		},
		Softmax: func(dim, lo, hi int, x, y []float32) { C.softmax(s, i(dim), i(lo), i(hi), p(x), p(y)) },
		Act:     func(a int, x, y []float32) { C.act(s, i(a), i(len(x)), p(x), p(y)) },
		Pair:    func(op int, x, y, d []float32) { C.pair(s, i(op), i(len(x)), p(x), p(y), p(d)) },
		MulAdd:  func(x, y, g, d []float32) { C.muladd(s, i(len(x)), p(x), p(y), p(g), p(d)) },
		Modulate: func(x, scale, shift, d []float32) {
			C.modulate(s, i(len(x)), p(x), p(scale), p(shift), p(d))
		},
		RoPE: func(heads, d int, x, cos, sin, y []float32) {
			C.rope(s, i(heads), i(d), p(x), p(cos), p(sin), p(y))
		},
		Widen: func(t Type, dst []float32, src []byte) { C.widen(s, i(int(t)), i(len(dst)), bytes(src), p(dst)) },
		RoundPairs: func(rows, k int, a []float32, lda int, out []float32, ldo int) {
			C.round_pairs(s, i(rows), i(k), p(a), i(lda), p(out), i(ldo))
		},
		Peak: func(rounds int) float64 {
			out := [1]float32{0.001}
			return float64(C.peak(s, i(rounds), p(out[:])))
		},
	}
}
