package simd

import (
	"kinora/inference/device/cpu/simd/kernel"
	"kinora/inference/tensor"
)

// At level AVX512BF16 tiles multiply words of two bfloat16 numbers: a product of words
// then is one of half as many of them, and all but the rounding is the same.

// words returns how many words k numbers take.
func words(k int) int { return (k + 1) / 2 }

// inPairs reports whether the product is one of words.
func (a Matmul) inPairs(p *Pool) bool {
	if a.Packed != nil {
		return a.Packed.pairs
	}
	return p.level == AVX512BF16 && !a.W.KN
}

// paired returns the product as one of words, and what gives its memory back.
func (a Matmul) paired(p *Pool) (Matmul, func()) {
	_, k := a.size()
	n := words(k)
	left := p.scratch.take(a.M * n)
	p.spread(a.M, 1+1<<15/k, func(lo, hi int) { p.tiles.RoundPairs(hi-lo, k, a.A[lo*a.LDA:], a.LDA, left[lo*n:], n) })
	a.A, a.LDA = left, n
	if a.Packed != nil {
		w := *a.Packed
		w.k = n
		a.Packed = &w
	} else {
		a.W = a.W.paired()
	}
	return a, func() { p.scratch.give(left) }
}

// paired returns w as a matrix of words: those that are stored, or else such as round
// makes.
func (w Weights) paired() Weights {
	if w.DType == tensor.BF16 && w.K%2 == 0 {
		return Weights{N: w.N, K: w.K / 2, DType: tensor.F32, Data: w.Data}
	}
	return Weights{N: w.N, K: words(w.K), DType: tensor.F32, numbers: &w}
}

// round packs columns [n0, n1), a panel at most, of words that numbers are rounded to.
func (w Weights) round(p *Pool, n0, n1 int, dst []float32) {
	n, cols := *w.numbers, n1-n0
	flat, pairs := p.scratch.take(cols*n.K), p.scratch.take(cols*w.K)
	defer p.scratch.give(flat)
	defer p.scratch.give(pairs)
	p.widen(flat, n.Data[n0*int(n.DType.Size(n.K)):], n.DType)
	p.tiles.RoundPairs(cols, n.K, flat, n.K, pairs, w.K)
	p.set.PackRight(kernel.F32, cols, w.K, tensor.Bytes(pairs), 4*w.K, false, dst)
}

// pair makes the pixels of X and Cache words, which k then counts, and returns what gives
// their memory back.
func (a *Conv) pair(p *Pool, k *kernel.Conv) func() {
	n := words(a.C)
	round := func(x []float32, frames int) []float32 {
		pixels := frames * a.H * a.W
		out := p.scratch.take(pixels * n)
		p.spread(pixels, 1+1<<15/a.C, func(lo, hi int) { p.tiles.RoundPairs(hi-lo, a.C, x[lo*a.C:], a.C, out[lo*n:], n) })
		return out
	}
	k.C = n
	a.X = round(a.X, a.T)
	if a.Cache == nil {
		return func() { p.scratch.give(a.X) }
	}
	a.Cache = round(a.Cache, a.Front)
	return func() {
		p.scratch.give(a.X)
		p.scratch.give(a.Cache)
	}
}
