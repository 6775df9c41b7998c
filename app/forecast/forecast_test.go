package forecast

import (
	"math"
	"math/rand/v2"
	"testing"
)

// A machine takes some time for each stage, and more for its work, give or take.
type machine struct {
	stages map[string][2]float64 // seconds; seconds for a unit of work
	noise  float64
	rng    *rand.Rand
}

func newMachine(seed uint64) machine {
	rng := rand.New(rand.NewPCG(seed, 0))
	speed := math.Exp2(20 * rng.Float64()) // from old laptops to servers
	m := machine{stages: map[string][2]float64{}, noise: 0.05, rng: rng}
	for _, s := range []string{"loading", "encoding", "denoising", "decoding", "keeping"} {
		m.stages[s] = [2]float64{100 * rng.Float64() * rng.Float64() / speed, rng.Float64() / speed}
	}
	m.stages["loading"] = [2]float64{500 * rng.Float64() / speed, 0}
	return m
}

// takes is how long a clip of that size really takes.
func (m machine) takes(size float64, noise bool) (r Run, total float64) {
	r = Run{Work: map[string]float64{}, Seconds: map[string]float64{}}
	for s, k := range m.stages {
		work := size
		switch s {
		case "loading":
			work = 0
		case "encoding":
			work = 50
		case "denoising":
			work = 20 * size
		}
		t := k[0] + k[1]*work
		if noise {
			t *= 1 + m.noise*(2*m.rng.Float64()-1)
		}
		r.Work[s], r.Seconds[s] = work, t
		total += t
	}
	return r, total
}

// TestThreeRunsAreEnough: after three runs, of sizes alike or different, the next
// clip of a size among or near theirs is foretold to 15 %.
func TestThreeRunsAreEnough(t *testing.T) {
	worst := 0.0
	for seed := range uint64(3000) {
		m := newMachine(seed)
		var runs []Run
		lo, hi := math.Inf(1), 0.0
		base := 10 * math.Exp2(6*m.rng.Float64())
		spread := 4 * m.rng.Float64() * float64(seed%2) // every other: always the same clip
		for range 3 {
			size := base * math.Exp2(spread*m.rng.Float64())
			r, _ := m.takes(size, true)
			runs = append([]Run{r}, runs...)
			lo, hi = min(lo, size), max(hi, size)
		}
		next := lo * math.Exp2(math.Log2(hi/lo)*m.rng.Float64())
		want, total := m.takes(next, false)
		got, known := Seconds(want.Work, runs)
		off := math.Abs(got-total) / total
		if worst = max(worst, off); !known || off > 0.15 {
			t.Errorf("machine %d: %.1f %% off", seed, 100*off)
		}
	}
	t.Logf("at worst %.1f %% off", 100*worst)
}

func TestNothingIsKnownAtFirst(t *testing.T) {
	if s, known := Seconds(map[string]float64{"denoising": 1}, nil); known || s != 0 {
		t.Errorf("%g, %v", s, known)
	}
	s, known := Seconds(map[string]float64{"denoising": 2}, []Run{{Work: map[string]float64{"denoising": 1}, Seconds: map[string]float64{"denoising": 3}}})
	if !known || s != 6 {
		t.Errorf("%g, %v", s, known)
	}
}

// TestNeverNegative: whatever the past was, time is not.
func TestNeverNegative(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 5000 {
		var runs []Run
		for range 1 + rng.IntN(6) {
			runs = append(runs, Run{Work: map[string]float64{"a": rng.Float64() * float64(rng.IntN(3))}, Seconds: map[string]float64{"a": rng.ExpFloat64() + 1e-9}})
		}
		if s, _ := Seconds(map[string]float64{"a": 10 * rng.Float64()}, runs); !(s >= 0) || math.IsInf(s, 0) {
			t.Fatalf("%g from %v", s, runs)
		}
	}
}
