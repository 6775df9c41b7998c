package simd

import "kinora/inference/tensor"

// ConvWeights is the weight of a convolution as it lies in a checkpoint:
// [O, C, KT, KH, KW].
type ConvWeights struct {
	O, C, KT, KH, KW int
	DType            tensor.DType
	Data             []byte
}

// PackedConv is the weight of a convolution in the order the kernels read it.
type PackedConv struct {
	o, c, kt, kh, kw int
	up               bool
	w                *Packed   // O rows of kt·kh·kw·C
	left             []float32 // the same as left panels, where there are few outputs
}

// Free gives the memory back; no convolution may use it after that.
func (w *PackedConv) Free() {
	w.w.Free()
	release(w.left)
	w.left = nil
}

// PackConv makes weights ready for many convolutions; up says that they will be
// used with Conv.Up.
func PackConv(p *Pool, w ConvWeights, up bool) *PackedConv {
	k := w.KT * w.KH * w.KW * w.C
	out := &PackedConv{o: w.O, c: w.C, kt: w.KT, kh: w.KH, kw: w.KW, up: up}
	if p.set == nil || leftToo(p, w.O, w.KT*w.KH*w.KW, w.KW) { // few outputs
		rows := p.scratch.take(w.O * k)
		defer p.scratch.give(rows)
		w.turn(p, 0, w.O, rows)
		out.w = pack(p, Weights{N: w.O, K: k, DType: tensor.F32, Data: tensor.Bytes(rows)}, false)
		out.packLeft(p, rows)
		return out
	}
	// Some columns at a time: the whole would be there twice.
	few := p.threads * p.set.Panel
	rows := p.scratch.take(min(few, w.O) * k)
	defer p.scratch.give(rows)
	out.w = &Packed{n: w.O, k: k, level: p.level, pairs: p.level == AVX512BF16}
	taps, kp := k/w.C, k
	pairs := rows
	if out.w.pairs { // pixels are so many words
		kp = taps * words(w.C)
		pairs = p.scratch.take(min(few, w.O) * kp)
		defer p.scratch.give(pairs)
	}
	out.w.panels = aligned(panelsLen(p.set, w.O, kp))
	for n0 := 0; n0 < w.O; n0 += few {
		n1 := min(n0+few, w.O)
		w.turn(p, n0, n1, rows)
		if out.w.pairs {
			p.tiles.RoundPairs((n1-n0)*taps, w.C, rows, w.C, pairs, words(w.C))
		}
		packColumns(p, Weights{N: n1 - n0, K: kp, DType: tensor.F32, Data: tensor.Bytes(pairs[:(n1-n0)*kp])}, 0, n1-n0, out.w.panels[n0*kp:])
	}
	return out
}

// turn writes outputs [from, to) to rows of taps·C numbers.
func (w ConvWeights) turn(p *Pool, from, to int, rows []float32) {
	taps := w.KT * w.KH * w.KW
	k := taps * w.C
	p.spread(to-from, 1, func(lo, hi int) {
		src := make([]float32, k)
		for i := lo; i < hi; i++ {
			Widen(src, w.Data[w.DType.Size((from+i)*k):], w.DType)
			for t := range taps {
				for c := range w.C {
					rows[i*k+t*w.C+c] = src[c*taps+t]
				}
			}
		}
	})
}

// Bytes returns the memory held.
func (w *PackedConv) Bytes() int64 { return w.w.Bytes() + 4*int64(len(w.left)) }

// PackedSize returns the memory that PackConv's result will hold.
func PackedSize(p *Pool, w ConvWeights) int64 {
	k := w.KT * w.KH * w.KW * w.C
	n := w.O * k
	if p.set != nil {
		n = max(n, panelsLen(p.set, w.O, k))
		if leftToo(p, w.O, w.KT*w.KH*w.KW, w.KW) {
			n += w.O * k
		} else if p.level == AVX512BF16 {
			n = panelsLen(p.set, w.O, k/w.C*words(w.C))
		}
	}
	return 4 * int64(n)
}

// Conv is a convolution of X [T, H, W, C], causal in time, to Y [T', H', W', O]
// as Out says, plus bias, then act, plus residual. X and Y are dense.
type Conv struct {
	X          []float32
	T, H, W, C int
	// Front frames lie before X in time: those of Cache [Front, H, W, C], oldest
	// first, or zeros where Cache is nil.
	Front    int
	Cache    []float32
	Weights  *PackedConv
	Stride   [3]int // frames, rows, columns; 0 means 1
	Pad      [4]int // zeros around a frame: top, bottom, left, right
	Up       bool   // rows and columns of X (and Cache) are doubled by repetition first
	Bias     []float32
	Act      Act
	Residual []float32 // as Y, or nil
	Y        []float32
}

// Out returns the sizes of Y.
func (a Conv) Out() (t, h, w, o int) {
	k := a.Weights
	h, w = a.H, a.W
	if a.Up {
		h, w = 2*h, 2*w
	}
	s := a.strides()
	return (a.Front+a.T-k.kt)/s[0] + 1, (h+a.Pad[0]+a.Pad[1]-k.kh)/s[1] + 1, (w+a.Pad[2]+a.Pad[3]-k.kw)/s[2] + 1, k.o
}

func (a Conv) strides() [3]int {
	return [3]int{max(1, a.Stride[0]), max(1, a.Stride[1]), max(1, a.Stride[2])}
}

// frame returns frame t of Cache and X together, or nil where it is zeros.
func (a Conv) frame(t int) []float32 {
	size := a.H * a.W * a.C
	if t >= a.Front {
		return a.X[(t-a.Front)*size:][:size]
	}
	if a.Cache == nil {
		return nil
	}
	return a.Cache[t*size:][:size]
}

// Do computes Y.
func (a Conv) Do(p *Pool) {
	if p.set != nil {
		a.fast(p)
		return
	}
	t, h, _, _ := a.Out()
	p.Run(t*h, func(i int) { a.plainRow(i/h, i%h) })
}

// pixel returns the numbers at a place of the padded, doubled frame, or nil
// where there is nothing but zeros.
func (a Conv) pixel(frame []float32, y, x int) []float32 {
	y, x = y-a.Pad[0], x-a.Pad[2]
	if a.Up && y >= 0 && x >= 0 {
		y, x = y/2, x/2
	}
	if frame == nil || y < 0 || x < 0 || y >= a.H || x >= a.W {
		return nil
	}
	return frame[(y*a.W+x)*a.C:][:a.C]
}

func (a Conv) plainRow(t, y int) {
	_, h, w, o := a.Out()
	k, s := a.Weights, a.strides()
	for x := range w {
		at := ((t*h+y)*w + x) * o
		out := a.Y[at:][:o]
		for j := range out {
			sum := float32(0)
			if a.Bias != nil {
				sum = a.Bias[j]
			}
			row := k.w.rows[j]
			for tap := range k.kt * k.kh * k.kw {
				dt, dy, dx := tap/(k.kh*k.kw), tap/k.kw%k.kh, tap%k.kw
				if px := a.pixel(a.frame(t*s[0]+dt), y*s[1]+dy, x*s[2]+dx); px != nil {
					sum += dot(px, row[tap*k.c:][:k.c])
				}
			}
			sum = a.Act.of(sum)
			if a.Residual != nil {
				sum += a.Residual[at+j]
			}
			out[j] = sum
		}
	}
}
