package simd

import (
	"math"
	"testing"
)

type attention struct {
	heads, dim, q, k int
	bias             bool
	blocks           []Block
	gap              int // numbers between rows
	scale            float32
}

var attentions = []attention{
	{heads: 1, dim: 1, q: 1, k: 1, scale: 1},
	{heads: 2, dim: 32, q: 17, k: 130, scale: 0.2},
	{heads: 3, dim: 64, q: 150, k: 211, scale: 0.125, gap: 5},
	{heads: 2, dim: 128, q: 33, k: 40, scale: 0.09},
	{heads: 1, dim: 1024, q: 9, k: 19, scale: 0.03},
	{heads: 2, dim: 2, q: 70, k: 70, scale: 1},
	{heads: 4, dim: 12, q: 31, k: 31, scale: 0.5, bias: true},
	{heads: 1, dim: 65, q: 100, k: 300, scale: 1, bias: true},
	{heads: 2, dim: 32, q: 60, k: 60, scale: 0.2, blocks: Windowed(5, 12, 1)},
	{heads: 2, dim: 32, q: 60, k: 60, scale: 0.2, blocks: Windowed(5, 12, 0)},
	{heads: 3, dim: 16, q: 63, k: 63, scale: 0.2, blocks: AtPixel(7, 9, 2)},
	{heads: 3, dim: 24, q: 63, k: 63, scale: 0.2, blocks: AtPixel(21, 3, -1), gap: 1},
	{heads: 1, dim: 8, q: 400, k: 400, scale: 0.4, blocks: []Block{{Q: Run{Count: 400}, K: Run{Count: 400}, Near: true, Window: 3}}},
	{heads: 1, dim: 64, q: 5, k: 1000, scale: 4}, // large logits
	{heads: 5, dim: 64, q: 30, k: 30, scale: 0.2, blocks: AtPixel(5, 6, 1), gap: 3},
	{heads: 2, dim: 80, q: 45, k: 45, scale: 0.2, blocks: AtPixel(15, 3, -1)},
	{heads: 3, dim: 16, q: 37, k: 4, scale: 0.5, bias: true},
	{heads: 2, dim: 32, q: 300, k: 16, scale: 0.3, bias: true},
}

func TestAttention(t *testing.T) {
	for i, c := range attentions {
		t.Run(shape(c.heads, " ", c.dim, " ", c.q, " ", c.k, " ", i), func(t *testing.T) { everywhere(t, c.run(i)) })
	}
}

func (c attention) run(seed int) func(t *testing.T, p *Pool) []float32 {
	r := source(seed)
	row := c.heads*c.dim + c.gap
	a := Attention{Q: numbers(r, c.q*row), K: numbers(r, c.k*row), V: numbers(r, c.k*row), QRow: row, KRow: row, VRow: row, OutRow: row,
		Heads: c.heads, Dim: c.dim, Queries: c.q, Keys: c.k, Scale: c.scale, Blocks: c.blocks}
	if c.bias {
		a.Bias = numbers(r, c.heads*c.q*c.k)
	}
	want := make([]float64, c.q*row)
	for _, b := range a.blocks() {
		for i := range b.Q.Count {
			for h := range c.heads {
				c.naive(a, b, i, h, want)
			}
		}
	}
	return func(t *testing.T, p *Pool) []float32 {
		a := a
		a.Out = make([]float32, len(want))
		a.Do(p)
		// A logit is known to a share of its own size.
		near(t, a.Out, want, 64+int(9*c.scale*c.scale*float32(c.dim)))
		return a.Out
	}
}

func (c attention) naive(a Attention, b Block, i, h int, want []float64) {
	row := b.Q.at(i)
	lo, hi := b.seen(i)
	w, top, total := make([]float64, hi-lo), math.Inf(-1), 0.0
	for j := range w {
		key := b.K.at(lo + j)
		for d := range c.dim {
			w[j] += float64(a.Q[row*a.QRow+h*c.dim+d]) * float64(a.K[key*a.KRow+h*c.dim+d])
		}
		w[j] *= float64(a.Scale)
		if a.Bias != nil {
			w[j] += float64(a.Bias[(h*a.Queries+row)*a.Keys+key])
		}
		top = max(top, w[j])
	}
	for j := range w {
		w[j] = math.Exp(w[j] - top)
		total += w[j]
	}
	for j := range w {
		for d := range c.dim {
			want[row*a.OutRow+h*c.dim+d] += w[j] / total * float64(a.V[b.K.at(lo+j)*a.VRow+h*c.dim+d])
		}
	}
}
