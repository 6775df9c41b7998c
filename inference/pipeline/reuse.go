package pipeline

import (
	"math"

	"kinora/inference/sampler"
)

// A reuser remembers a walk, so that calls of the model can be left out. It does so
// on the host: latents are small beside what the model does with them.
type reuser struct {
	rule        sampler.Reuse
	calls, of   int
	last        said // at the call before, asked or told
	asked, past said // the last two times that the model was asked
}

// said is what the velocity was at x.
type said struct {
	x, v  []float32
	sigma float64
}

// instead tells the velocity at x without the model, if it may.
func (r *reuser) instead(x []float32, sigma float64) ([]float32, bool) {
	if r.past.v == nil || r.asked.sigma == r.past.sigma || !r.rule.Skip(r.calls, r.of, distance(x, r.last.x), distance(r.last.v, nil)) {
		return nil, false
	}
	v := make([]float32, len(x))
	g := float32(sampler.Trust * (sigma - r.asked.sigma) / (r.asked.sigma - r.past.sigma))
	for i := range v {
		v[i] = r.asked.v[i] + g*(r.asked.v[i]-r.past.v[i])
	}
	r.last = said{x, v, sigma}
	r.calls++
	return v, true
}

// note keeps what the model said at x.
func (r *reuser) note(x, v []float32, sigma float64) {
	if r.last.x == nil {
		r.rule.Asked(0, 0)
	} else {
		r.rule.Asked(distance(x, r.last.x), distance(v, r.last.v))
	}
	r.past, r.asked = r.asked, said{x, v, sigma}
	r.last = r.asked
	r.calls++
}

// kept is how many latents a reuser holds.
const kept = 6

// distance is the Euclidean one; nil is the origin.
func distance(a, b []float32) float64 {
	var sum float64
	for i := range a {
		d := float64(a[i])
		if b != nil {
			d -= float64(b[i])
		}
		sum += d * d
	}
	return math.Sqrt(sum)
}
