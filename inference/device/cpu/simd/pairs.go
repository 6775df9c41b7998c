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

// paired returns the product with weights of words.
func (a Matmul) paired() Matmul {
	if a.Packed == nil {
		a.W = a.W.paired()
		return a
	}
	w := *a.Packed
	w.k = words(w.k)
	a.Packed = &w
	return a
}

// placePairs says where m rows of the left side, of k numbers each, lie as words.
func (b *block) placePairs(m, k int) {
	b.place = kernel.Left{M: m, K: b.k, KC: step(b.k), LD: b.k, Step: step(b.k)}
	if b.k%cacheWay == 0 {
		b.place.LD += 16
	}
	b.left = b.a.A[b.m0*b.a.LDA:]
	left := b.p.scratch.take(m * b.place.LD)
	b.p.spread(m, 1+1<<15/k, func(lo, hi int) {
		b.set.RoundPairs(hi-lo, k, b.left[lo*b.a.LDA:], b.a.LDA, left[lo*b.place.LD:], b.place.LD)
	})
	b.left, b.copied = left, true
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

// bandWords is how many words of pixels are made at a time, and leastBand how many rows
// they suffice for at least.
var bandWords, leastBand = 1 << 23, 8

// bands computes a convolution band by band of its rows: those of X and Cache that a band
// meets are made words before.
func (a Conv) bands(p *Pool, k kernel.Conv, f kernel.Finish) {
	n, up := words(a.C), 1
	if a.Up {
		up = 2
	}
	all, tail, y := k, f.Tail, a.Y
	rows := max(leastBand, bandWords/((a.T+a.Front)*a.W*n)*up/k.SH)
	for h := 0; h < all.HO; h += rows {
		k.HO = min(rows, all.HO-h)
		from := max(0, (h*k.SH-all.Top)/up)
		to := min(a.H, ((h+k.HO-1)*k.SH+k.KH-1-all.Top)/up+1)
		k.C, k.H, k.Top = n, max(0, to-from), all.Top-h*k.SH+up*from
		band := a
		band.X = a.round(p, a.X, a.T, from, k.H)
		if a.Cache != nil {
			band.Cache = a.round(p, a.Cache, a.Front, from, k.H)
		}
		line := all.WO * all.O
		if band.Y = y[h*line:]; tail != nil {
			f.Tail = tail[h*line:]
		}
		band.tiles(p, p.tiles, k, f, (all.HO-k.HO)*line)
		p.scratch.give(band.X)
		if a.Cache != nil {
			p.scratch.give(band.Cache)
		}
	}
}

// round returns the words of rows [from, from+h) of frames of X or Cache.
func (a Conv) round(p *Pool, x []float32, frames, from, h int) []float32 {
	n, pixels, c := words(a.C), a.W, a.C
	if a.C%2 == 0 {
		pixels, c = 1, a.W*a.C // a row is words without a gap
	}
	out := p.scratch.take(frames * h * a.W * n)
	p.spread(frames*h, 1+1<<15/(a.W*a.C), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			at := (i/h*a.H + from + i%h) * a.W
			p.tiles.RoundPairs(pixels, c, x[at*a.C:], c, out[i*a.W*n:], words(c))
		}
	})
	return out
}
