package sampler

import (
	"math/rand/v2"
	"testing"
)

// TestReuseKeepsItsLimit: whatever the latent does, the changes that are let pass
// between two answers stay under the limit, the first part and the last call are
// asked, and without a limit all are.
func TestReuseKeepsItsLimit(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		n := 1 + rng.IntN(60)
		r := Reuse{Limit: rng.Float64() * float64(rng.IntN(2))}
		sum, rate, skipped := 0.0, 0.0, 0
		for i := range n {
			moved, size := rng.ExpFloat64(), 0.1+rng.Float64()
			if r.Skip(i, n, moved, size) {
				sum += rate * moved / size
				if skipped++; sum >= r.Limit || float64(i) < warm*float64(n) || i == n-1 {
					t.Fatalf("call %d of %d left out at a change of %g, limit %g", i, n, sum, r.Limit)
				}
				continue
			}
			changed := rng.ExpFloat64()
			r.Asked(moved, changed)
			sum, rate = 0, changed/moved
		}
		if r.Limit == 0 && skipped > 0 {
			t.Fatalf("%d calls left out without a limit", skipped)
		}
	}
}

// TestReuseFollowsTheMotion: a velocity that hardly changes is asked for less often
// than one that does.
func TestReuseFollowsTheMotion(t *testing.T) {
	last := 0
	for _, changed := range []float64{0.01, 0.1, 1} {
		r := Reuse{Limit: 0.2}
		asked := 0
		for i := range 50 {
			if !r.Skip(i, 50, 1, 1) {
				asked++
				r.Asked(1, changed)
			}
		}
		if asked <= last {
			t.Errorf("a change of %g: asked %d times, %d with less", changed, asked, last)
		}
		last = asked
	}
	if last != 50 {
		t.Errorf("asked %d of 50 times where all changes", last)
	}
}
