package sampler

import (
	"fmt"
	"math"

	"kinora/inference"
)

// MaxSteps is how many training timesteps there are to walk through.
const MaxSteps = 1000

// A Schedule is where a walk stops on its way down.
type Schedule struct {
	Sigmas    []float64 // noise levels, one more than steps; the last is 0
	Timesteps []float64 // what the model is told at each step
}

// Steps returns the number of steps.
func (s Schedule) Steps() int { return len(s.Timesteps) }

// Plan returns the schedule for a walk, or says why there is none. Sigmas, unless
// empty, take the place of steps and shift.
func (a Algorithm) Plan(steps int, shift float64, sigmas []float64) (Schedule, error) {
	if len(sigmas) > 0 {
		return Custom(sigmas)
	}
	if steps < 1 || steps > MaxSteps {
		return Schedule{}, fmt.Errorf("%w: %d steps; choose 1 to %d", inference.ErrInvalid, steps, MaxSteps)
	}
	if !(shift > 0) || math.IsInf(shift, 0) {
		return Schedule{}, fmt.Errorf("%w: shift %g; it must be above 0 (the published model uses 5)", inference.ErrInvalid, shift)
	}
	s := a.Schedule(steps, shift)
	if err := check(s.Sigmas); err != nil {
		return Schedule{}, fmt.Errorf("%w: shift %g with %d steps leaves no way down (%v); choose a shift nearer to 1 or fewer steps",
			inference.ErrInvalid, shift, steps, err)
	}
	return s, nil
}

// Custom returns the schedule of noise levels somebody chose.
func Custom(sigmas []float64) (Schedule, error) {
	if err := check(sigmas); err != nil {
		return Schedule{}, fmt.Errorf("%w: sigmas: %v", inference.ErrInvalid, err)
	}
	return levels(sigmas[:len(sigmas)-1]), nil
}

// check holds noise levels to what every sampler relies on.
func check(sigmas []float64) error {
	n := len(sigmas) - 1
	switch {
	case n < 1:
		return fmt.Errorf("%d of them; at least one level and a final 0 are needed", n+1)
	case n > MaxSteps:
		return fmt.Errorf("%d steps; at most %d", n, MaxSteps)
	case sigmas[n] != 0:
		return fmt.Errorf("the last is %g; it must be 0", sigmas[n])
	}
	above := math.Inf(1)
	for i, s := range sigmas[:n] {
		s = float64(float32(s))
		if !(s > 0 && s <= 1) {
			return fmt.Errorf("number %d is %g; each but the last must be above 0 and at most 1", i+1, sigmas[i])
		}
		if s >= above {
			return fmt.Errorf("number %d is %g and does not lie below %g before it", i+1, sigmas[i], above)
		}
		above = s
	}
	return nil
}

// UniPCSchedule is the reference's for UniPC: it starts a little below pure noise.
func UniPCSchedule(steps int, shift float64) Schedule {
	return levels(shifted(float64(float32(0.999)), steps, shift))
}

// DPMSchedule is the reference's for DPM++: it starts at pure noise.
func DPMSchedule(steps int, shift float64) Schedule {
	return levels(shifted(1, steps, shift))
}

// shifted spaces n levels evenly from top towards 0 and moves them up, spending
// more steps on high noise the larger shift is; 1 leaves them even.
func shifted(top float64, n int, shift float64) []float64 {
	sigmas := make([]float64, n)
	down := -top / float64(n)
	for i := range sigmas {
		// Rounded as the reference rounds, on processors that fuse as well: the
		// timestep is cut off, so the last bit can show.
		sigmas[i] = warp(top+float64(float64(i)*down), shift)
	}
	return sigmas
}

func warp(s, shift float64) float64 { return shift * s / (1 + float64((shift-1)*s)) }

// levels adds the final 0 and the timesteps. As in the reference the model is
// told whole numbers, cut off and not rounded, while the solver keeps the level
// itself in float32.
func levels(sigmas []float64) Schedule {
	s := Schedule{make([]float64, len(sigmas)+1), make([]float64, len(sigmas))}
	for i, sigma := range sigmas {
		s.Sigmas[i] = float64(float32(sigma))
		s.Timesteps[i] = math.Trunc(sigma * 1000)
	}
	return s
}

// FewStepSchedule lists the levels that distilled models were trained at: three
// steps are FastWan's, four Turbo's. Shift 1 takes them as they are; another
// warps level and timestep alike, as some of their scripts do.
func FewStepSchedule(steps int, shift float64) Schedule {
	times := []float64{1000, 757, 522}
	if steps != len(times) {
		times = make([]float64, steps)
		for i := range times {
			times[i] = 1000 * float64(steps-i) / float64(steps)
		}
	}
	s := Schedule{make([]float64, steps+1), make([]float64, steps)}
	for i, t := range times {
		s.Sigmas[i] = warp(t/1000, shift)
		s.Timesteps[i] = 1000 * s.Sigmas[i]
	}
	return s
}
