package simd

import "math"

// of computes one value, in float64.
func (a Act) of(v float32) float32 {
	x := float64(v)
	switch a {
	case SiLU:
		return float32(x / (1 + math.Exp(-x)))
	case GELU:
		return float32(0.5 * x * (1 + math.Tanh(math.Sqrt(2/math.Pi)*(x+0.044715*x*x*x))))
	}
	return v
}

// Do computes dst = a(x); dst may be x.
func (a Act) Do(p *Pool, dst, x []float32) {
	dst = dst[:len(x)]
	p.spread(len(x), 4096, func(lo, hi int) {
		if p.set != nil {
			p.set.Act(int(a), x[lo:hi], dst[lo:hi])
			return
		}
		for i := lo; i < hi; i++ {
			dst[i] = a.of(x[i])
		}
	})
}
