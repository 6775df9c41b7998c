package simd

import "kinora/inference/device/cpu/simd/kernel"

// Blocking: convTiles tiles of pixels, each as tall as the kernel's, share a pass
// over convCols panels of the weights.
const (
	convTiles = 20
	convCols  = 8
)

func (a Conv) fast(p *Pool) {
	a.check()
	w, s := a.Weights, a.strides()
	if w.w.level != p.level {
		panic("simd: weights are packed for level " + w.w.level.String() + ", the pool's is " + p.level.String())
	}
	inPlace := s == [3]int{1, 1, 1} && a.Pad == [4]int{} && !a.Up && w.kh == 1 && w.kw == 1
	if inPlace && w.kt == 1 && a.Front == 0 {
		Matmul{A: a.X, M: a.T * a.H * a.W, LDA: a.C, Packed: w.w, C: a.Y, LDC: w.o, Bias: a.Bias, Act: a.Act, Residual: a.Residual}.Do(p)
		return
	}
	if s[1] == 1 && s[2] == 1 && a.Pad == [4]int{} && !a.Up && w.kh == 1 && w.kw == 1 {
		a.H, a.W = 1, a.H*a.W // no pixel has a neighbour: a frame is one row
	}
	t, h, wide, o := a.Out()
	k := kernel.Conv{H: a.H, W: a.W, C: a.C, Front: a.Front, T: a.T, KT: w.kt, KH: w.kh, KW: w.kw, ST: s[0], SH: s[1], SW: s[2],
		Top: a.Pad[0], Left: a.Pad[2], Up: a.Up, HO: h, WO: wide, O: o}
	f := kernel.Finish{Bias: a.Bias, Tail: a.Residual, Act: int(a.Act)}
	tiles := h * ((wide + p.set.TileRows - 1) / p.set.TileRows)
	width := convCols * p.set.Panel
	across := (o + width - 1) / width
	down := max((tiles+convTiles-1)/convTiles, min(tiles, (4*p.threads+t*across-1)/(t*across)))
	need := p.set.ConvScratch(&k)
	p.Run(t*across*down, func(i int) {
		scratch := p.scratch.take(need)
		defer p.scratch.give(scratch)
		d, j, frame := i%down, i/down%across*width, i/down/across
		part := kernel.ConvPiece{F: frame, G0: tiles * d / down, G1: tiles * (d + 1) / down, N0: j, N1: min(o, j+width)}
		p.set.Conv(&k, part, a.X, a.Cache, w.w.panels, a.Y, f, scratch)
	})
}

// check panics where a slice is too short.
func (a Conv) check() {
	t, h, w, o := a.Out()
	_, _ = a.X[:a.T*a.H*a.W*a.C], a.Y[:t*h*w*o]
	if a.Cache != nil {
		_ = a.Cache[:a.Front*a.H*a.W*a.C]
	}
	if a.Bias != nil {
		_ = a.Bias[:o]
	}
	if a.Residual != nil {
		_ = a.Residual[:t*h*w*o]
	}
	if a.C != a.Weights.c {
		panic("simd: the weights are for another number of channels")
	}
}
