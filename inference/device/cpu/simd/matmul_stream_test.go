package simd

import (
	"math"
	"slices"
	"testing"

	"kinora/inference/tensor"
)

// streamed are products whose rows fill units, groups and strips, or do not.
var streamed = []product{
	{m: 5, n: 1, k: 1},
	{m: 8, n: 7, k: 3, bias: true},
	{m: 9, n: 13, k: 17, d: tensor.BF16, pad: 3},
	{m: 15, n: 31, k: 33, d: tensor.F16, act: SiLU},
	{m: 16, n: 49, k: 384, tail: true},
	{m: 23, n: 95, k: 385, gate: true, tail: true, pad: 1},
	{m: 31, n: 66, k: 401, d: tensor.BF16, bias: true, gate: true, tail: true, act: GELU},
	{m: 40, n: 100, k: 1024, d: tensor.F16, bias: true},
	{m: 41, n: 47, k: 770, d: tensor.Q8_0, bias: true},
	{m: 48, n: 130, k: 512, d: tensor.Q4K, tail: true},
	{m: 57, n: 150, k: 99, d: tensor.F8E4M3},
	{m: 103, n: 97, k: 1153, d: tensor.BF16, bias: true, act: SiLU},
	{m: 200, n: 40, k: 513, pad: 5},
	{m: 256, n: 33, k: 64},
}

// TestStream: weights that stream give the sums of those that are packed, bit by bit,
// however the columns are divided.
func TestStream(t *testing.T) {
	for i, c := range streamed {
		t.Run(shape(c), func(t *testing.T) {
			if elems, _ := c.d.Block(); c.k%elems != 0 {
				c.k = (c.k + elems - 1) / elems * elems
			}
			a, _ := c.product(i)
			for _, l := range Levels()[1:] {
				t.Run(l.String(), func(t *testing.T) {
					for threads := 1; threads <= 3; threads++ {
						p := NewPoolAt(threads, l)
						b := a
						a.C, b.C = make([]float32, len(a.A)+c.m*a.LDC), make([]float32, len(a.A)+c.m*a.LDC)
						a.blocked(p)
						b.stream(p)
						p.Close()
						same := func(v, w float32) bool { return math.Float32bits(v) == math.Float32bits(w) }
						if !slices.EqualFunc(a.C, b.C, same) {
							t.Fatalf("%d threads: not the sums of packed weights", threads)
						}
					}
				})
			}
		})
	}
}

// TestStreams: the sizes of the text encoders stream; what is cheaper packed does not.
func TestStreams(t *testing.T) {
	for _, c := range []struct {
		name string
		a    Matmul
		want bool
	}{
		{"40 rows", Matmul{M: 40, W: Weights{N: 4096, K: 4096}}, true},
		{"a small encoder's", Matmul{M: 40, W: Weights{N: 192, K: 512}}, true},
		{"240 rows", Matmul{M: 240, W: Weights{N: 1024, K: 1024}}, true},
		{"more rows than the cache holds", Matmul{M: 960, W: Weights{N: 4096, K: 4096}}, false},
		{"as many rows as columns", Matmul{M: 240, W: Weights{N: 256, K: 256}}, false},
		{"16-bit weights, 4 rows too few", Matmul{M: 36, W: Weights{N: 192, K: 512, DType: tensor.BF16}}, false},
		{"16-bit weights", Matmul{M: 40, W: Weights{N: 192, K: 512, DType: tensor.BF16}}, true},
		{"one unit", Matmul{M: 8, W: Weights{N: 4096, K: 4096}}, true},
		{"half of one", Matmul{M: 5, W: Weights{N: 4096, K: 4096}}, false},
		{"a unit with one row", Matmul{M: 33, W: Weights{N: 4096, K: 4096}}, false},
		{"columns by rows", Matmul{M: 40, W: Weights{N: 4096, K: 4096, KN: true}}, false},
		{"packed", Matmul{M: 40, W: Weights{N: 4096, K: 4096}, Packed: &Packed{n: 4096, k: 4096}}, false},
		{"too few columns to share", Matmul{M: 40, W: Weights{N: 64, K: 4096}}, false},
	} {
		for _, l := range Levels()[1:] {
			p := NewPoolAt(2, l)
			if p.set.Unit == 8 && c.a.streams(p) != c.want {
				t.Errorf("%s, %s: %v", c.name, l, !c.want)
			}
			p.Close()
		}
	}
}
