package simd

import "kinora/inference/device/cpu/simd/kernel"

// Blocking: convTiles tiles of pixels, each as tall as the kernel's, share a pass
// over convCols panels of the weights.
const (
	convTiles = 20
	convCols  = 8

	planarTaps = 32      // what the planar kernel can hold
	planarMost = 1 << 18 // numbers of turned lines that stay near
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
	if s[1] == 1 && s[2] == 1 && a.Pad == [4]int{} && !a.Up && w.kh == 1 && w.kw == 1 && !w.w.pairs {
		a.H, a.W = 1, a.H*a.W // no pixel has a neighbour: a frame is one row
	}
	_, h, wide, o := a.Out()
	k := kernel.Conv{H: a.H, W: a.W, C: a.C, Front: a.Front, T: a.T, KT: w.kt, KH: w.kh, KW: w.kw, ST: s[0], SH: s[1], SW: s[2],
		Top: a.Pad[0], Left: a.Pad[2], Up: a.Up, HO: h, WO: wide, O: o}
	f := kernel.Finish{Bias: a.Bias, Tail: a.Residual, Act: int(a.Act)}
	if w.left != nil && s[2] == 1 {
		if need := p.set.PlanarScratch(&k); need <= planarMost {
			a.planar(p, &k, f, need)
			return
		}
	}
	if w.w.pairs {
		a.bands(p, k, f)
		return
	}
	a.tiles(p, p.set, k, f, 0)
}

// tiles computes what k says, by the kernels of set; a frame of the result has beyond
// numbers in Y (and Residual) after those that k counts.
func (a Conv) tiles(p *Pool, set *kernel.Set, k kernel.Conv, f kernel.Finish, beyond int) {
	t, _, _, o := a.Out()
	tiles := k.HO * ((k.WO + set.TileRows - 1) / set.TileRows)
	width := convCols * set.Panel
	across := (o + width - 1) / width
	down := max((tiles+convTiles-1)/convTiles, min(tiles, (4*p.threads+t*across-1)/(t*across)))
	need := set.ConvScratch(&k)
	p.Run(t*across*down, func(i int) {
		scratch := p.scratch.take(need)
		defer p.scratch.give(scratch)
		d, j, frame := i%down, i/down%across*width, i/down/across
		part := kernel.ConvPiece{F: frame, G0: tiles * d / down, G1: tiles * (d + 1) / down, N0: j, N1: min(o, j+width)}
		y, f := a.Y[frame*beyond:], f
		if f.Tail != nil {
			f.Tail = f.Tail[frame*beyond:]
		}
		set.Conv(&k, part, a.X, a.Cache, a.Weights.w.panels, y, f, scratch)
	})
}

// leftToo reports whether the planar kernel wastes fewer lanes.
func leftToo(p *Pool, o, taps, kw int) bool {
	return o < p.set.Panel && o%(p.set.Panel/2) != 0 && kw != 1 && taps <= planarTaps
}

// packLeft prepares the planar kernel where it wastes fewer lanes.
func (w *PackedConv) packLeft(p *Pool, rows []float32) {
	if p.set == nil || !leftToo(p, w.o, w.kt*w.kh*w.kw, w.kw) {
		return
	}
	k := w.kt * w.kh * w.kw * w.c
	w.left = aligned(w.o * k)
	n := (w.o + p.set.TileRows - 1) / p.set.TileRows
	for i := range n {
		p.set.PackLeft(w.o*i/n, w.o*(i+1)/n, k, rows, k, w.left)
	}
}

// planar computes several rows at a time, so that most lines are turned once.
func (a Conv) planar(p *Pool, k *kernel.Conv, f kernel.Finish, need int) {
	t, h, _, _ := a.Out()
	const most, least = 32, 8
	bands := max((h+most-1)/most, min((h+least-1)/least, (4*p.threads+t-1)/t))
	p.Run(t*bands, func(i int) {
		scratch := p.scratch.take(need)
		defer p.scratch.give(scratch)
		d := i % bands
		p.set.ConvPlanar(k, i/bands, h*d/bands, h*(d+1)/bands, a.X, a.Cache, a.Weights.left, a.Y, f, scratch)
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
