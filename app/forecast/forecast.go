// Package forecast tells how long work will take from how long work took. It knows
// no clips and no machines: only amounts of work in stages, and seconds.
package forecast

import (
	"math"
	"slices"
)

// A Run is work that was done: for each stage, how much and how long.
type Run struct {
	Work, Seconds map[string]float64
}

// recent is how many runs count: machines change.
const recent = 20

// Seconds tells how long the work of each stage will take in all, from the runs of
// this machine, newest first. Without runs it is 0, false.
func Seconds(work map[string]float64, runs []Run) (float64, bool) {
	runs = runs[:min(len(runs), recent)]
	stages := map[string]bool{}
	for _, r := range runs {
		for s := range r.Seconds {
			stages[s] = true
		}
	}
	sum, known := 0.0, false
	for s := range stages {
		var x, t []float64
		for _, r := range runs {
			if sec := r.Seconds[s]; sec > 0 {
				x, t = append(x, r.Work[s]), append(t, sec)
			}
		}
		if len(t) > 0 {
			sum, known = sum+stage(work[s], x, t), true
		}
	}
	return sum, known
}

// stage foretells one stage: what it takes by itself and what it takes for its
// work, such that the past is met best, each run by its share. Newer runs and runs
// of about as much work count for more.
func stage(work float64, x, t []float64) float64 {
	w := make([]float64, len(t))
	for i := range t {
		near := 1.0
		if work > 0 && x[i] > 0 {
			near = 1 / (1 + math.Abs(math.Log2(work/x[i])))
		}
		w[i] = near * math.Pow(0.9, float64(i)) / (t[i] * t[i])
	}
	a, b := line(x, t, w)
	if a < 0 {
		a, b = 0, through(x, t, w)
	}
	if b < 0 {
		a, b = level(t, w), 0
	}
	return a + b*work
}

// line fits t = a + b·x. Where all x are alike it goes through the origin.
func line(x, t, w []float64) (a, b float64) {
	var sw, sx, st float64
	for i := range x {
		sw, sx, st = sw+w[i], sx+w[i]*x[i], st+w[i]*t[i]
	}
	mx, mt := sx/sw, st/sw
	var sxx, sxt float64
	for i := range x {
		sxx += w[i] * (x[i] - mx) * (x[i] - mx)
		sxt += w[i] * (x[i] - mx) * (t[i] - mt)
	}
	lo, hi := slices.Min(x), slices.Max(x)
	switch {
	case hi == 0:
		return mt, 0
	case hi < 1.3*lo || sxx == 0: // a slope would be noise
		return 0, through(x, t, w)
	}
	b = sxt / sxx
	return mt - b*mx, b
}

func through(x, t, w []float64) float64 {
	var xx, xt float64
	for i := range x {
		xx, xt = xx+w[i]*x[i]*x[i], xt+w[i]*x[i]*t[i]
	}
	if xx == 0 {
		return 0
	}
	return xt / xx
}

func level(t, w []float64) float64 {
	var sw, st float64
	for i := range t {
		sw, st = sw+w[i], st+w[i]*t[i]
	}
	return st / sw
}
