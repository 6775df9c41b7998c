package simd

import (
	"math"
	"testing"

	"kinora/inference/tensor"
)

type product struct {
	m, n, k          int
	d                tensor.DType
	kn, packed       bool
	pad              int // beyond the row in lda and ldc
	bias, gate, tail bool
	act              Act
}

var products = []product{
	{m: 1, n: 1, k: 1},
	{m: 1, n: 257, k: 129, bias: true, act: SiLU},
	{m: 1, n: 64, k: 1000, d: tensor.BF16, packed: true},
	{m: 2, n: 33, k: 17, d: tensor.F16, tail: true},
	{m: 3, n: 40, k: 300, d: tensor.BF16, gate: true, tail: true},
	{m: 4, n: 31, k: 5, kn: true},
	{m: 5, n: 16, k: 8, bias: true},
	{m: 7, n: 97, k: 65, d: tensor.BF16, pad: 3, bias: true, act: GELU},
	{m: 13, n: 12, k: 700, bias: true, gate: true},
	{m: 29, n: 24, k: 33, kn: true, d: tensor.F16, tail: true, pad: 1},
	{m: 64, n: 128, k: 64, packed: true},
	{m: 100, n: 130, k: 401, bias: true, gate: true, tail: true, act: GELU, packed: true},
	{m: 211, n: 451, k: 777, d: tensor.BF16, bias: true},
	{m: 2, n: 35, k: 96, d: tensor.Q8_0, bias: true},
	{m: 30, n: 70, k: 64, d: tensor.Q8_0},
	{m: 30, n: 64, k: 21, d: tensor.Q8_0, kn: true},
	{m: 9, n: 33, k: 50, d: tensor.F8E4M3, tail: true},
	{m: 9, n: 33, k: 50, d: tensor.F8E5M2, packed: true},
	{m: 15, n: 48, k: 1025, kn: true, pad: 5},
	{m: 31, n: 530, k: 1024, bias: true, gate: true, tail: true}, // rows that share a place of the cache
	{m: 50, n: 40, k: 2048, packed: true, bias: true, act: GELU},
	{m: 6, n: 1100, k: 500, kn: true, d: tensor.F16},
	{m: 40, n: 401, k: 770, bias: true, gate: true, tail: true, act: GELU, pad: 2}, // weights stream
	{m: 22, n: 390, k: 100, d: tensor.BF16, bias: true},
	{m: 13, n: 500, k: 256, d: tensor.Q8_0},
}

func TestMatmul(t *testing.T) {
	for i, c := range products {
		t.Run(shape(c), func(t *testing.T) { everywhere(t, c.run(t, i)) })
	}
}

// product returns the arguments, but for C, and what the weights are worth.
func (c product) product(seed int) (a Matmul, worth []float32) {
	r := source(seed)
	data, worth := stored(r, c.n*c.k, c.d)
	a = Matmul{M: c.m, LDA: c.k + c.pad, LDC: c.n + c.pad, Act: c.act,
		W: Weights{N: c.n, K: c.k, DType: c.d, Data: data, KN: c.kn}}
	a.A = numbers(r, c.m*a.LDA)
	if c.bias {
		a.Bias = numbers(r, c.n)
	}
	if c.gate {
		a.Gate = Rows{Data: numbers(r, 2*(c.n+3)*((c.m+1)/2)), Stride: c.n + 3, Every: 2}
	}
	if c.tail {
		a.Residual = numbers(r, c.m*a.LDC)
	}
	return a, worth
}

func (c product) run(t testing.TB, seed int) func(t *testing.T, p *Pool) []float32 {
	return c.rounded(func(v []float32) []float32 { return v }, seed)
}

// rounded expects what the product of rounded operands is.
func (c product) rounded(round func([]float32) []float32, seed int) func(t *testing.T, p *Pool) []float32 {
	a, w := c.product(seed)
	w, left := round(w), round(a.A)
	want := make([]float64, c.m*c.n)
	size := 0.0 // of a sum of such terms with signs by chance
	for i := range c.m {
		for j := range c.n {
			s, squares := 0.0, 0.0
			for k := range c.k {
				v := w[j*c.k+k]
				if c.kn {
					v = w[k*c.n+j]
				}
				term := float64(left[i*a.LDA+k]) * float64(v)
				s += term
				squares += term * term
			}
			size = max(size, math.Sqrt(squares))
			if c.bias {
				s += float64(a.Bias[j])
			}
			s = naiveAct(c.act, s)
			if c.gate {
				s *= float64(a.Gate.Data[i/2*a.Gate.Stride+j])
			}
			if c.tail {
				s += float64(a.Residual[i*a.LDC+j])
			}
			want[i*c.n+j] = s
		}
	}
	return func(t *testing.T, p *Pool) []float32 {
		b := a
		b.C = make([]float32, c.m*a.LDC)
		for i := range b.C {
			b.C[i] = 99
		}
		if c.packed {
			b.Packed, b.W = Pack(p, a.W), Weights{}
		}
		b.Do(p)
		got := make([]float32, 0, c.m*c.n)
		for i := range c.m {
			got = append(got, b.C[i*a.LDC:][:c.n]...)
			for _, v := range b.C[i*a.LDC:][c.n:a.LDC] {
				if v != 99 {
					t.Fatalf("row %d is written beyond its end", i)
				}
			}
		}
		nearBeside(t, got, want, c.k, size)
		return got
	}
}

func FuzzMatmul(f *testing.F) {
	f.Add(uint8(3), uint8(40), uint16(300), uint8(5))
	f.Add(uint8(60), uint8(33), uint16(1), uint8(255))
	f.Fuzz(func(t *testing.T, m, n uint8, k uint16, flags uint8) {
		c := product{m: 1 + int(m), n: 1 + int(n), k: 1 + int(k%1500), d: []tensor.DType{tensor.F32, tensor.BF16, tensor.F16}[flags%3],
			kn: flags&4 > 0, packed: flags&8 > 0, bias: flags&16 > 0, gate: flags&32 > 0, tail: flags&64 > 0, act: Act(flags >> 7), pad: int(flags & 3)}
		run := c.run(t, int(k))
		for _, l := range Levels()[1:] {
			p := NewPoolAt(2, l)
			run(t, p)
			p.Close()
		}
	})
}
