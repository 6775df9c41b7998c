package simd

import (
	"testing"

	"kinora/inference/tensor"
)

// brains rounds to bfloat16.
func brains(v []float32) []float32 {
	if v == nil {
		return nil
	}
	b, out := make([]byte, 2*len(v)), make([]float32, len(v))
	Narrow(b, v, tensor.BF16)
	Widen(out, b, tensor.BF16)
	return out
}

// At AVX512BF16 products and convolutions by tiles are those of operands that were
// rounded before; others round nothing.
func TestPairs(t *testing.T) {
	l, ok := BF16()
	if !ok {
		t.Skip("this processor does not multiply bfloat16 numbers")
	}
	odd := product{m: 40, n: 401, k: 771, d: tensor.F32, bias: true, gate: true, tail: true, act: GELU, pad: 2}
	for i, c := range append([]product{odd}, products...) {
		t.Run(shape(c), func(t *testing.T) {
			run := c.rounded(brains, i)
			if a, _ := c.product(i); !c.packed && (c.kn || c.m <= few || a.streams(NewPoolAt(1, l))) {
				run = c.run(t, i)
			}
			sameOnThreads(t, l, run)
		})
	}
	for i, c := range convolutions {
		t.Run(shape(c), func(t *testing.T) {
			run := c.rounded(brains, i)
			p := NewPoolAt(1, l)
			defer p.Close()
			if leftToo(p, c.o, c.k[0]*c.k[1]*c.k[2], c.k[2]) {
				run = c.run(t, i)
			}
			sameOnThreads(t, l, run)
		})
	}
}

// Bands of rows are what the whole is.
func TestBands(t *testing.T) {
	l, ok := BF16()
	if !ok {
		t.Skip("this processor does not multiply bfloat16 numbers")
	}
	for i, c := range convolutions {
		run := c.rounded(brains, i)
		p := NewPoolAt(2, l)
		if leftToo(p, c.o, c.k[0]*c.k[1]*c.k[2], c.k[2]) {
			p.Close()
			continue
		}
		whole := run(t, p)
		was := bandWords
		bandWords, leastBand = 1, 2
		got := run(t, p)
		bandWords, leastBand = was, 8
		p.Close()
		for j := range got {
			if got[j] != whole[j] {
				t.Fatalf("%v: number %d is %v in bands, %v else", c, j, got[j], whole[j])
			}
		}
	}
}
