package simd

import (
	"kinora/inference/device/cpu/simd/kernel"
	"kinora/inference/tensor"
)

// Blocking: a step of K by a tile's columns stays in the second-level cache while
// the rows of a tile pass, a panel of rows by that step in the first.
const (
	stepK    = 384
	tileCols = 8       // panels
	tileRows = 240     // rows at most
	packA    = 8 << 20 // numbers of the left side that pass at a time
	packW    = 2 << 20 // numbers of the right side packed at a time
	few      = 4       // rows for which packing the weights does not pay

	cacheWay = 1024 // numbers after which a first-level cache begins again
)

func (a Matmul) finish() kernel.Finish {
	return kernel.Finish{Bias: a.Bias, Gate: a.Gate.Data, Tail: a.Residual, Act: int(a.Act),
		GateStride: a.Gate.Stride, GateEvery: a.Gate.Every, TailLD: a.LDC}
}

// blocked packs the right side piece by piece, and multiplies.
func (a Matmul) blocked(p *Pool) {
	if a.Packed != nil && a.Packed.level != p.level {
		panic("simd: weights are packed for level " + a.Packed.level.String() + ", the pool's is " + p.level.String())
	}
	set, pairs := p.set, a.inPairs(p)
	_, numbers := a.size()
	if pairs {
		set, a = p.tiles, a.paired()
	}
	n, k := a.size()
	tall := set.TileRows
	rows := min(a.M, max(tall, packA/k/tall*tall))
	for m0 := 0; m0 < a.M; m0 += rows {
		b := block{p: p, set: set, a: a, m0: m0, n: n, k: k}
		if m := min(rows, a.M-m0); pairs {
			b.placePairs(m, numbers)
		} else {
			b.placeLeft(m)
		}
		fit := max(1, packW/(k*p.set.Panel)) // panels of the right side
		width := min(fit, tileCols) * p.set.Panel
		_, known := kernelTypes[a.W.DType]
		known = known && a.W.numbers == nil
		switch {
		case a.Packed != nil:
			b.multiply(0, n, a.Packed.panels)
		case (n+width-1)/width < 2*p.threads || a.W.apart():
			b.multiplyShared(max(1, fit/tileCols) * tileCols * p.set.Panel)
		case known:
			b.multiplySteps(tileCols * p.set.Panel)
		default:
			b.multiplyOwn(width)
		}
		b.done()
	}
}

// A block is rows [m0, m0+place.M) of a product.
type block struct {
	p        *Pool
	set      *kernel.Set
	a        Matmul
	m0, n, k int
	place    kernel.Left
	left     []float32
	copied   bool
}

func (b *block) panels() int { return (b.place.M + b.set.TileRows - 1) / b.set.TileRows }

// step returns how much of k is summed at a time, which is the order of every sum. It
// is whole lines of stored weights, so that none of them is read in two steps.
func step(k int) int {
	const lines = 32
	steps := (k + stepK - 1) / stepK
	return ((k+steps-1)/steps + lines - 1) / lines * lines
}

// placeLeft says where m rows of the left side lie, which is where they are unless
// the lines of a tile's rows would all share one place of the cache.
func (b *block) placeLeft(m int) {
	kc := step(b.k)
	steps := (b.k + kc - 1) / kc
	b.place = kernel.Left{M: m, K: b.k, KC: kc, LD: b.a.LDA, Step: kc}
	b.left = b.a.A[b.m0*b.a.LDA:]
	if b.a.LDA%cacheWay != 0 {
		return
	}
	b.place.LD = ((kc+15)/16 | 1) * 16 // an odd number of lines
	b.place.Step = m * b.place.LD
	left := b.p.scratch.take(steps * b.place.Step)
	b.p.spread(m, 1+1<<15/b.k, func(lo, hi int) { b.set.CopyLeft(lo, hi, b.place, b.left, b.a.LDA, left) })
	b.left, b.copied = left, true
}

func (b *block) done() {
	if b.copied {
		b.p.scratch.give(b.left)
	}
}

// multiplySteps has every thread pack one step of width columns at a time and
// multiply it: it stays in the thread's own cache, and while it is used the stored
// weights of the next are fetched.
func (b *block) multiplySteps(width int) {
	kc := b.place.KC
	b.p.Run((b.n+width-1)/width, func(i int) {
		n0, n1 := i*width, min(b.n, (i+1)*width)
		right := b.p.scratch.take(panelsLen(b.set, n1-n0, kc))
		defer b.p.scratch.give(right)
		for k0 := 0; k0 < b.k; k0 += kc {
			k1 := min(b.k, k0+kc)
			for j := n0; j < n1; j += b.set.Panel {
				packPart(b.p, b.a.W, j, min(n1, j+b.set.Panel), k0, k1, right[(j-n0)*(k1-k0):])
			}
			g := b.gemm(0, 1, n0, n1)
			g.K0, g.K1, g.From, g.Depth = k0, k1, k0, k1-k0
			if k1 < b.k {
				g.Next = b.a.W.piece(n0, n1, k1, min(b.k, k1+kc))
			} else if then := n0 + b.p.threads*width; then < b.n { // what this thread is likely to take next
				g.Next = b.a.W.piece(then, min(b.n, then+width), 0, kc)
			}
			b.run(g, n0, right)
		}
	})
}

// multiplyOwn has every thread pack width columns at a time and multiply them:
// they come out of its own cache, and no thread waits for another in between.
func (b *block) multiplyOwn(width int) {
	down := (b.place.M + tileRows - 1) / tileRows
	b.p.Run((b.n+width-1)/width, func(i int) {
		n0, n1 := i*width, min(b.n, (i+1)*width)
		right := b.p.scratch.take(panelsLen(b.set, n1-n0, b.k))
		defer b.p.scratch.give(right)
		for j := n0; j < n1; j += b.set.Panel {
			packPanel(b.p, b.a.W, j, min(n1, j+b.set.Panel), right[(j-n0)*b.k:])
		}
		for d := range down {
			b.run(b.gemm(d, down, n0, n1), n0, right)
		}
	})
}

// multiplyShared has all threads pack width columns and then multiply them, for
// products that are too narrow to divide between the threads.
func (b *block) multiplyShared(width int) {
	width = min(width, b.n)
	right := b.p.scratch.take(panelsLen(b.set, width, b.k))
	defer b.p.scratch.give(right)
	for n0 := 0; n0 < b.n; n0 += width {
		n1 := min(b.n, n0+width)
		packColumns(b.p, b.a.W, n0, n1, right)
		b.multiply(n0, n1, right)
	}
}

// multiply computes columns [n0, n1), which are all that right holds.
func (b *block) multiply(n0, n1 int, right []float32) {
	width := tileCols * b.set.Panel
	across := (n1 - n0 + width - 1) / width
	down := max((b.place.M+tileRows-1)/tileRows, min(b.panels(), (4*b.p.threads+across-1)/across))
	b.p.Run(across*down, func(i int) {
		d, j := i%down, i/down*width
		b.run(b.gemm(d, down, n0+j, min(n1, n0+j+width)), n0+j, right[j*b.k:])
	})
}

// gemm is part d of so many of the rows, and columns [n0, n1).
func (b *block) gemm(d, down, n0, n1 int) kernel.Gemm {
	panels := b.panels()
	return kernel.Gemm{Left: b.place, Panels: panels, I0: panels * d / down, I1: panels * (d + 1) / down,
		N0: 0, N1: n1 - n0, K0: 0, K1: b.k, From: 0, Depth: b.k, LDC: b.a.LDC}
}

// run computes g, whose first column is n0, with which right begins.
func (b *block) run(g kernel.Gemm, n0 int, right []float32) {
	f := b.a.finish()
	f.Row0 = b.m0
	if f.Tail != nil {
		f.Tail = f.Tail[b.m0*b.a.LDC:]
	}
	b.set.Gemm(g, b.left, right, b.a.C[b.m0*b.a.LDC+n0:], from(f, n0))
}

// from returns f for a product whose first column is col.
func from(f kernel.Finish, col int) kernel.Finish {
	for _, v := range []*[]float32{&f.Bias, &f.Gate, &f.Tail} {
		if *v != nil {
			*v = (*v)[col:]
		}
	}
	return f
}

// fewRows multiplies straight out of the stored weights.
func (a Matmul) fewRows(p *Pool) {
	n, k := a.size()
	t, known := kernelTypes[a.W.DType]
	size := int(a.W.DType.Size(k))
	piece := (1 + 1<<15/k + 3) / 4 * 4
	f := a.finish()
	p.Run((n+piece-1)/piece, func(i int) {
		lo := i * piece
		hi := min(n, lo+piece)
		w, stride := a.W.Data[lo*size:], size
		if !known {
			flat := p.scratch.take((hi - lo) * k)
			defer p.scratch.give(flat)
			p.widen(flat, w, a.W.DType)
			w, stride = tensor.Bytes(flat), 4*k
		}
		g := kernel.Gemv{M: a.M, N0: 0, N1: hi - lo, K: k, LDA: a.LDA, Type: t, Stride: stride, LDC: a.LDC}
		p.set.Gemv(g, a.A, w, a.C[lo:], from(f, lo))
	})
}
