package main

import (
	"fmt"

	"kinora/inference/device/cpu/simd"
	"kinora/inference/tensor"
)

// convolutions are frames, rows, columns, channels in and out, kernel, doubling:
// the starter's decoder, then the published one's at 256×256.
var convolutions = []struct {
	t, h, w, c, o int
	k             [3]int
	up            bool
}{
	{1, 24, 32, 12, 64, [3]int{3, 3, 3}, false},
	{1, 24, 32, 64, 64, [3]int{3, 3, 3}, false},
	{1, 24, 32, 64, 128, [3]int{3, 1, 1}, false},
	{2, 24, 32, 64, 64, [3]int{1, 3, 3}, true},
	{2, 48, 64, 64, 64, [3]int{3, 3, 3}, false},
	{4, 48, 64, 64, 64, [3]int{1, 3, 3}, true},
	{4, 96, 128, 64, 32, [3]int{3, 3, 3}, false},
	{4, 96, 128, 32, 32, [3]int{3, 3, 3}, false},
	{4, 96, 128, 32, 12, [3]int{3, 3, 3}, false},
	{1, 128, 128, 256, 256, [3]int{3, 3, 3}, false},
	{1, 64, 64, 512, 512, [3]int{3, 3, 3}, false},
	{1, 32, 32, 1024, 1024, [3]int{3, 3, 3}, false},
	{1, 32, 32, 1024, 1024, [3]int{1, 3, 3}, true},
}

func (b bench) convolutions() {
	header("conv: T H W C→O kernel, GFLOP/s", "")
	for _, s := range convolutions {
		label := fmt.Sprint(s.t, " ", s.h, " ", s.w, " ", s.c, "→", s.o, " ", s.k)
		if s.up {
			label += " doubled"
		}
		if skip(label) {
			continue
		}
		taps := s.k[0] * s.k[1] * s.k[2]
		w := simd.PackConv(b.p, simd.ConvWeights{O: s.o, C: s.c, KT: s.k[0], KH: s.k[1], KW: s.k[2],
			DType: tensor.F32, Data: tensor.Bytes(numbers(s.o * s.c * taps))}, s.up)
		front := s.k[0] - 1
		a := simd.Conv{X: numbers(s.t * s.h * s.w * s.c), T: s.t, H: s.h, W: s.w, C: s.c, Front: front,
			Cache: numbers(front * s.h * s.w * s.c), Weights: w, Up: s.up, Bias: numbers(s.o)}
		if s.k[1] == 3 {
			a.Pad = [4]int{1, 1, 1, 1}
		}
		t, h, wide, o := a.Out()
		a.Y = make([]float32, t*h*wide*o)
		b.compare(label, 2*float64(t*h*wide*o)*float64(taps*s.c), contender{"", func() { a.Do(b.p) }})
	}
}
