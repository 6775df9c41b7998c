package sampler

import (
	"errors"
	"math"
	"slices"
	"testing"
)

// even is a schedule without the rounding of the reference, from top down to 0.
func even(top float64, n int) Schedule {
	s := Schedule{make([]float64, n+1), make([]float64, n)}
	for i := range n {
		s.Sigmas[i] = top * float64(n-i) / float64(n)
		s.Timesteps[i] = 1000 * s.Sigmas[i]
	}
	return s
}

// velocity makes a Denoise of a formula.
func velocity(f func(x, sigma float64) float64) Denoise {
	return func(v, x Latent, sigma, _ float64) error {
		for i, x := range x.(exact) {
			v.(exact)[i] = f(x, sigma)
		}
		return nil
	}
}

func run(t *testing.T, a Algorithm, s Schedule, x float64, f func(x, sigma float64) float64) float64 {
	t.Helper()
	l := exact{x}
	if err := a.Run(&Walk{X: l, Schedule: s, Denoise: velocity(f)}); err != nil {
		t.Fatalf("%s: %v", a.Name, err)
	}
	return l[0]
}

// Data of one single point c has v = (x−c)/σ everywhere, along straight paths.
func TestOnePointIsReachedInAnyNumberOfSteps(t *testing.T) {
	for _, a := range All {
		for _, n := range []int{1, 2, 3, 4, 7, 20} {
			for _, shift := range []float64{1, 5} {
				s, err := a.Plan(n, shift, nil)
				if err != nil {
					t.Fatal(err)
				}
				got := run(t, a, s, 0.3, func(x, sigma float64) float64 { return (x + 0.8) / sigma })
				if math.Abs(got+0.8) > 1e-9 {
					t.Errorf("%s, %d steps, shift %g: reached %v, want -0.8", a.Name, n, shift, got)
				}
			}
		}
	}
}

// gaussian is the velocity for data N(0, d²): x keeps its quantile, so that it
// ends at x·d over the deviation √((1−σ)²d² + σ²) it had at the start.
func gaussian(d float64) (v func(x, sigma float64) float64, end func(x, sigma float64) float64) {
	spread := func(s float64) float64 { return (1-s)*(1-s)*d*d + s*s }
	v = func(x, s float64) float64 { return x * (s - (1-s)*d*d) / spread(s) }
	end = func(x, s float64) float64 { return x * d / math.Sqrt(spread(s)) }
	return v, end
}

// The error must fall as the order of the method says when steps are doubled.
func TestOrderOfConvergence(t *testing.T) {
	v, end := gaussian(0.6)
	linear := func(x, _ float64) float64 { return 1.3 * x }
	linearEnd := func(x, s float64) float64 { return x * math.Exp(-1.3*s) }
	orders := map[string]float64{"euler": 1, "ddim": 1, "dpm++": 2, "unipc": 2, "heun": 2, "plms": 3}
	for _, ode := range []struct {
		name string
		v    func(x, s float64) float64
		end  func(x, s float64) float64
	}{{"gaussian", v, end}, {"linear", linear, linearEnd}} {
		for _, a := range All {
			want, ok := orders[a.Name]
			if !ok {
				continue // DMD draws noise and follows no path
			}
			miss := func(n int) float64 {
				const top = 0.9
				return math.Abs(run(t, a, even(top, n), 1, ode.v) - ode.end(1, top))
			}
			order := math.Log2(miss(160) / miss(320))
			// On even levels the steps in λ grow without bound towards σ = 0, which
			// costs DPM++ a factor log n.
			if order < want-0.3 {
				t.Errorf("%s on %s: order %.2f, want %g (errors %.3g, %.3g)", a.Name, ode.name, order, want, miss(160), miss(320))
			}
			t.Logf("%s on %s: order %.2f, error %.2g in 20 steps", a.Name, ode.name, order, miss(20))
		}
	}
}

// The schedules that people use must land near the truth as well, pure noise and
// uneven levels included.
func TestGaussianOnEverySchedule(t *testing.T) {
	v, end := gaussian(0.6)
	for _, a := range All {
		if a.Name == "dmd" {
			continue
		}
		for _, sched := range []func(int, float64) Schedule{UniPCSchedule, DPMSchedule} {
			for _, shift := range []float64{1, 3, 5, 8} {
				s := sched(400, shift)
				got, want := run(t, a, s, 1, v), end(1, s.Sigmas[0])
				if math.Abs(got-want) > 0.02*want {
					t.Errorf("%s, shift %g, from %g: reached %.4f, want %.4f", a.Name, shift, s.Sigmas[0], got, want)
				}
			}
		}
	}
}

func TestDDIMIsEuler(t *testing.T) {
	v, _ := gaussian(0.4)
	a, _ := Named("ddim")
	b, _ := Named("euler")
	s := UniPCSchedule(9, 5)
	if x, y := run(t, a, s, 1.7, v), run(t, b, s, 1.7, v); math.Abs(x-y) > 1e-13 {
		t.Errorf("ddim %v, euler %v", x, y)
	}
}

func TestPLMSWeights(t *testing.T) {
	s := even(0.8, 8)
	w := &Walk{X: exact{0}, Schedule: s}
	v := []Latent{exact{}, exact{}, exact{}, exact{}}
	for i, want := range [][]float64{
		0: {1},
		1: {3. / 2, -1. / 2},
		2: {23. / 12, -16. / 12, 5. / 12},
		3: {55. / 24, -59. / 24, 37. / 24, -9. / 24},
	} {
		for j, term := range w.adams(i, v)[1:] {
			if got := term.C / -0.1; math.Abs(got-want[j]) > 1e-12 {
				t.Errorf("step %d: weight %d is %v, want %v", i, j, got, want[j])
			}
		}
	}
	w.Schedule = Schedule{[]float64{1, 0.99, 0.98, 0.97, 0}, make([]float64, 4)}
	if terms := w.adams(3, v); len(terms) != 2 {
		t.Errorf("a step 97 times the last one keeps %d velocities, want 1", len(terms)-1)
	}
}

func TestDMDNoisesAgain(t *testing.T) {
	x := exact{0.5, -1, 2}
	var path [][]float64
	w := &Walk{
		X: x, Schedule: FewStepSchedule(3, 1),
		Denoise: velocity(func(x, s float64) float64 { return 0.25 * x }),
		After: func(_ int, x, x0 Latent) error {
			path = append(path, slices.Clone(x0.(exact)), slices.Clone(x.(exact)))
			return nil
		},
	}
	if err := DMD(w); err != nil {
		t.Fatal(err)
	}
	for i, next := range w.Sigmas[1:] {
		noise := make(exact, len(x))
		if err := noise.Noise(i + 1); err != nil {
			t.Fatal(err)
		}
		for k, x0 := range path[2*i] {
			if want := (1-next)*x0 + next*noise[k]; math.Abs(path[2*i+1][k]-want) > 1e-15 {
				t.Errorf("step %d: %v, want %v", i, path[2*i+1][k], want)
			}
		}
	}
}

// Passes must be true, the model told what the schedule says, and After called
// once a step, in order, with the clean guess at that step's start.
func TestEveryWalkIsSequential(t *testing.T) {
	for _, a := range All {
		for _, n := range []int{1, 2, 5} {
			s := a.Schedule(n, 5)
			passes, after := 0, 0
			start := 1.0
			w := &Walk{X: exact{1}, Schedule: s}
			w.Denoise = func(v, x Latent, sigma, timestep float64) error {
				passes++
				i := slices.Index(s.Sigmas, sigma)
				if i < 0 || s.Timesteps[i] != timestep {
					t.Errorf("%s: asked at σ %v, t %v, which the schedule does not pair", a.Name, sigma, timestep)
				}
				v.(exact)[0] = 0.5 * x.(exact)[0]
				return nil
			}
			w.After = func(step int, x, x0 Latent) error {
				if step != after {
					t.Errorf("%s: step %d after %d", a.Name, step, after)
				}
				after++
				if got, want := x0.(exact)[0], start*(1-0.5*s.Sigmas[step]); math.Abs(got-want) > 1e-12 {
					t.Errorf("%s: step %d shows %v, want %v", a.Name, step, got, want)
				}
				x.(exact)[0] *= 1.125 // what After leaves is where the next step starts
				start = x.(exact)[0]
				return nil
			}
			if err := a.Run(w); err != nil {
				t.Fatal(err)
			}
			if passes != a.Passes(n) || after != n {
				t.Errorf("%s: %d passes and %d steps, want %d and %d", a.Name, passes, after, a.Passes(n), n)
			}
		}
	}
}

// failing counts down the operations of a walk to the one that fails.
type failing struct {
	exact
	left *int
}

var errBroken = errors.New("broken")

func (l failing) tick() error {
	if *l.left--; *l.left < 0 {
		return errBroken
	}
	return nil
}
func (l failing) New() (Latent, error) { return failing{make(exact, 1), l.left}, l.tick() }
func (l failing) Mix(...Term) error    { return l.tick() }
func (l failing) Noise(int) error      { return l.tick() }

func TestEveryFailureStopsTheWalk(t *testing.T) {
	for _, a := range All {
		for n := 0; ; n++ {
			left := n
			x := failing{exact{1}, &left}
			err := a.Run(&Walk{
				X: x, Schedule: a.Schedule(3, 5),
				Denoise: func(v, x Latent, _, _ float64) error { return v.(failing).tick() },
				After:   func(_ int, x, _ Latent) error { return x.(failing).tick() },
			})
			if left >= 0 {
				if err != nil {
					t.Errorf("%s: %v though nothing failed", a.Name, err)
				}
				break
			}
			if !errors.Is(err, errBroken) || left < -1 {
				t.Errorf("%s: operation %d failed, but the walk went on (%v)", a.Name, n, err)
			}
		}
	}
}
