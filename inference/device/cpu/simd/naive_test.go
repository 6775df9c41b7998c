package simd

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"kinora/inference/tensor"
)

// Naive float64 versions of everything, straight from the definitions.

func numbers(r *rand.Rand, n int) []float32 {
	v := make([]float32, n)
	for i := range v {
		v[i] = float32(r.NormFloat64())
	}
	return v
}

func source(seed int) *rand.Rand { return rand.New(rand.NewPCG(uint64(seed), 7)) }

func naiveAct(a Act, x float64) float64 {
	switch a {
	case SiLU:
		return x / (1 + math.Exp(-x))
	case GELU:
		return 0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x)))
	}
	return x
}

// stored returns weights of any type, and what they are worth.
func stored(r *rand.Rand, n int, d tensor.DType) (data []byte, worth []float32) {
	if d > tensor.F16 { // no NaN among these
		data, worth = make([]byte, d.Size(n)), make([]float32, n)
		for i := range data {
			data[i] = byte(r.Uint32()) &^ 0x40
			if d == tensor.Q8_0 && i%34 < 2 {
				data[i] = []byte{0x66, 0x1e}[i%34] // 0.006
			}
		}
		Widen(worth, data, d)
		return data, worth
	}
	v := numbers(r, n)
	data, worth = make([]byte, d.Size(n)), make([]float32, n)
	Narrow(data, v, d)
	Widen(worth, data, d)
	return data, worth
}

// near fails unless every number is within 2e-7·size·√terms of what it should be.
func near(t testing.TB, got []float32, want []float64, terms int) {
	t.Helper()
	nearBeside(t, got, want, terms, 0)
}

// nearBeside is near where sums are known to be about so large: of a few, all may be
// small by chance, and rounding is not.
func nearBeside(t testing.TB, got []float32, want []float64, terms int, size float64) {
	t.Helper()
	for _, v := range want {
		size = max(size, math.Abs(v))
	}
	bound := 2e-7 * math.Sqrt(float64(terms)+4) * max(size, 1e-3)
	for i, v := range want {
		if d := math.Abs(float64(got[i]) - v); !(d <= bound) {
			t.Fatalf("number %d of %d: got %v, want %v: off by %.3g, allowed %.3g", i, len(want), got[i], v, d, bound)
		}
	}
}

// everywhere runs f at every level of this machine on 1 to 4 threads, and fails
// unless all thread counts give the same bytes.
func everywhere(t *testing.T, f func(t *testing.T, p *Pool) []float32) {
	t.Helper()
	for _, l := range Levels() {
		t.Run(l.String(), func(t *testing.T) { sameOnThreads(t, l, f) })
	}
}

// sameOnThreads runs f on pools of one to four threads, which must give the same bytes.
func sameOnThreads(t *testing.T, l Level, f func(t *testing.T, p *Pool) []float32) {
	t.Helper()
	var first []float32
	for threads := 1; threads <= 4; threads++ {
		if testing.Short() && threads%3 != 1 {
			continue
		}
		p := NewPoolAt(threads, l)
		got := slices.Clone(f(t, p))
		p.Close()
		if first == nil {
			first = got
		}
		for i := range got {
			if math.Float32bits(got[i]) != math.Float32bits(first[i]) {
				t.Fatalf("number %d is %v on %d threads, %v on one", i, got[i], threads, first[i])
			}
		}
	}
}

func shape(v ...any) string { return fmt.Sprint(v...) }
