package simd

import (
	"kinora/inference/device/cpu/simd/kernel"
	"kinora/inference/tensor"
)

// Blocking: the left side's step of K stays in the second-level cache beside the sums
// of a thread's columns.
const (
	streamRows = 256     // at most
	streamSums = 1 << 14 // numbers
	streamWide = 1 << 18 // numbers of weights that are widened at a time, where kernels do not
)

// What a number costs, in hundredths of a processor's cycle, on a Zen 4: to pack a
// weight of 4 bytes or of 2, or one of the left side; to turn a sum; to multiply a
// weight by a row; and what one or two units of rows lose.
const (
	costWeight = 40
	costShort  = 30
	costLeft   = 50
	costSum    = 75
	costRow    = 6
	costFew    = 25
)

// Rows from which products of pairs cost less than streaming, which knows none: of
// weights that are stored as pairs, and of others.
const (
	pairsStored = 17
	pairsMade   = 33
)

// streams reports whether to let weights stream past the left side as they lie costs
// less than to pack them.
func (a Matmul) streams(p *Pool) bool {
	if a.Packed != nil || a.W.KN || a.M > streamRows || a.W.N < 2*p.threads*p.set.StreamCols {
		return false
	}
	n, k := a.size()
	if p.level == AVX512BF16 && (a.M >= pairsMade || a.M >= pairsStored && a.W.DType == tensor.BF16 && k%2 == 0) {
		return false
	}
	unit := p.set.Unit
	lost := (unit - 1 - (a.M-1)%unit) * costRow
	if a.M <= 2*unit {
		lost += costFew
	}
	pack := costWeight
	if t, known := kernelTypes[a.W.DType]; known && t != kernel.F32 {
		pack = costShort
	}
	return a.M*(k*costLeft+n*costSum)+lost*n*k < pack*n*k
}

// stream packs the left side, and has every thread take some columns at a time. The
// sums are those of blocked, in the same order.
func (a Matmul) stream(p *Pool) {
	n, k := a.size()
	unit, cols := p.set.Unit, p.set.StreamCols
	tall := (a.M + unit - 1) / unit * unit
	left := p.scratch.take(tall * k)
	defer p.scratch.give(left)
	const line = 16
	p.spread((k+line-1)/line, 1+1<<15/(line*tall), func(lo, hi int) {
		p.set.PackAcross(lo*line, min(k, hi*line), a.M, k, a.A, a.LDA, left)
	})

	t, known := kernelTypes[a.W.DType]
	size := int(a.W.DType.Size(k))
	most := streamSums / tall
	if !known {
		most = min(most, streamWide/k)
	}
	width := max(cols, min(most/cols*cols, (n/(4*p.threads)+cols-1)/cols*cols))
	f := a.finish()
	p.Run((n+width-1)/width, func(i int) {
		lo, hi := i*width, min(n, (i+1)*width)
		sums := p.scratch.take(tall*((hi-lo+cols-1)/cols*cols) + line)
		defer p.scratch.give(sums)
		g := kernel.Stream{M: a.M, N: hi - lo, K: k, KC: step(k), Type: t, Stride: size, LDC: a.LDC}
		w := a.W.Data[lo*size:]
		if then := lo + p.threads*width; known && then < n { // what this thread is likely to take next
			g.Then = a.W.Data[then*size:]
		}
		if !known {
			flat := p.scratch.take((hi - lo) * k)
			defer p.scratch.give(flat)
			p.widen(flat, w, a.W.DType)
			w, g.Stride = tensor.Bytes(flat), 4*k
		}
		p.set.Stream(g, left, w, sums, a.C[lo:], from(f, lo))
	})
}
