package sampler

import (
	"math"
	"math/rand/v2"
)

// vec keeps float32 and mixes in float64, rounding once.
type vec []float32

func (l vec) New() (Latent, error) { return make(vec, len(l)), nil }

func (l vec) Mix(terms ...Term) error {
	for i := range l {
		sum := 0.0
		for _, t := range terms {
			sum += t.C * float64(t.L.(vec)[i])
		}
		l[i] = float32(sum)
	}
	return nil
}

func (l vec) Noise(index int) error {
	r := rand.New(rand.NewPCG(7, uint64(index)))
	for i := range l {
		l[i] = float32(r.NormFloat64())
	}
	return nil
}

// coarse rounds as often as Latent.Mix allows.
type coarse []float32

func (l coarse) New() (Latent, error) { return make(coarse, len(l)), nil }

func (l coarse) Mix(terms ...Term) error {
	for i := range l {
		var sum float32
		for _, t := range terms {
			p := float32(t.C) * t.L.(coarse)[i]
			sum += p
		}
		l[i] = sum
	}
	return nil
}

func (l coarse) Noise(index int) error { return vec(l).Noise(index) }

// exact is float64 throughout, for what is to be compared with mathematics.
type exact []float64

func (l exact) New() (Latent, error) {
	junk := make(exact, len(l))
	for i := range junk {
		junk[i] = math.Inf(1) // New promises nothing about contents
	}
	return junk, nil
}

func (l exact) Mix(terms ...Term) error {
	for i := range l {
		sum := 0.0
		for _, t := range terms {
			sum += t.C * t.L.(exact)[i]
		}
		l[i] = sum
	}
	return nil
}

func (l exact) Noise(index int) error {
	r := rand.New(rand.NewPCG(7, uint64(index)))
	for i := range l {
		l[i] = r.NormFloat64()
	}
	return nil
}
