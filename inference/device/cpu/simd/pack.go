package simd

import (
	"kinora/inference/device/cpu/simd/kernel"
	"kinora/inference/tensor"
)

// Packed is a matrix of weights in the order in which the kernels of one level
// read it: panels of columns, each k by k.
type Packed struct {
	n, k   int
	level  Level
	pairs  bool // of words of two numbers, half as many
	panels []float32
	rows   [][]float32 // at level Plain, in place of panels
}

// N and K return the sizes of the matrix: K numbers in, N out.
func (w *Packed) N() int { return w.n }

// K returns how many numbers go in.
func (w *Packed) K() int { return w.k }

// Bytes returns the memory held.
func (w *Packed) Bytes() int64 {
	if w.rows != nil {
		return 4 * int64(w.n*w.k)
	}
	return 4 * int64(len(w.panels))
}

// Free gives the memory back; no product may use it after that.
func (w *Packed) Free() {
	release(w.panels)
	w.panels, w.rows = nil, nil
}

// Pack makes weights ready for many products on pools of p's level. They are
// widened to f32, which takes 4 bytes a number, or rounded to bfloat16, which takes 2;
// w.Data is not kept.
func Pack(p *Pool, w Weights) *Packed { return pack(p, w, p.level == AVX512BF16 && !w.KN) }

func pack(p *Pool, w Weights, pairs bool) *Packed {
	_ = w.Data[:w.DType.Size(w.N*w.K)]
	out := &Packed{n: w.N, k: w.K, level: p.level, pairs: pairs}
	if p.set == nil {
		out.rows = wideRows(p, w)
		return out
	}
	if pairs {
		w = w.paired()
	}
	out.panels = aligned(panelsLen(p.set, w.N, w.K))
	packColumns(p, w, 0, w.N, out.panels)
	return out
}

// panelsLen returns how many numbers n columns take when packed.
func panelsLen(s *kernel.Set, n, k int) int {
	half := s.Panel / 2
	return (n + half - 1) / half * half * k
}

// packColumns packs columns [n0, n1) of the product; n0 begins a panel.
func packColumns(p *Pool, w Weights, n0, n1 int, out []float32) {
	if w.apart() {
		flat := p.scratch.take(w.N * w.K)
		defer p.scratch.give(flat)
		p.widen(flat, w.Data, w.DType)
		w.Data, w.DType = tensor.Bytes(flat), tensor.F32
	}
	panel := p.set.Panel
	p.Run((n1-n0+panel-1)/panel, func(i int) {
		j := n0 + i*panel
		packPanel(p, w, j, min(n1, j+panel), out[i*panel*w.K:])
	})
}

// apart reports whether a panel cannot be widened without all others: blocks of
// the stored type run across columns.
func (w Weights) apart() bool {
	_, known := kernelTypes[w.DType]
	return !known && w.KN
}

// packPanel packs columns [n0, n1), a panel at most.
func packPanel(p *Pool, w Weights, n0, n1 int, dst []float32) {
	_, known := kernelTypes[w.DType]
	size := int(w.DType.Size(w.K))
	switch {
	case w.numbers != nil:
		w.round(p, n0, n1, dst)
	case known:
		packPart(p, w, n0, n1, 0, w.K, dst)
	default:
		flat := p.scratch.take((n1 - n0) * w.K)
		defer p.scratch.give(flat)
		p.widen(flat, w.Data[n0*size:], w.DType)
		p.set.PackRight(kernel.F32, n1-n0, w.K, tensor.Bytes(flat), 4*w.K, false, dst)
	}
}

// packPart packs [k0, k1) of columns [n0, n1), a panel at most, of weights of one of
// kernelTypes.
func packPart(p *Pool, w Weights, n0, n1, k0, k1 int, dst []float32) {
	s := w.piece(n0, n1, k0, k1)
	p.set.PackRight(kernelTypes[w.DType], n1-n0, k1-k0, s.At, s.Stride, w.KN, dst)
}

// piece is [k0, k1) of columns [n0, n1), of weights of one of kernelTypes.
func (w Weights) piece(n0, n1, k0, k1 int) kernel.Stored {
	_, one := w.DType.Block()
	if w.KN {
		return kernel.Stored{At: w.Data[(k0*w.N+n0)*one:], Rows: k1 - k0, Bytes: (n1 - n0) * one, Stride: w.N * one}
	}
	return kernel.Stored{At: w.Data[(n0*w.K+k0)*one:], Rows: n1 - n0, Bytes: (k1 - k0) * one, Stride: w.K * one}
}

// kernelTypes are those that kernels widen themselves.
var kernelTypes = map[tensor.DType]kernel.Type{tensor.F32: kernel.F32, tensor.BF16: kernel.BF16, tensor.F16: kernel.F16}
