package sampler

import (
	"math"
	"slices"
	"strings"
	"testing"

	"kinora/inference/golden"
)

// fake is the model of the fixture: v = 0.5·sin(3x) + 0.1·t/1000 in float32.
func fake(v, x []float32, t float64) {
	shift := float32(0.1) * float32(t) / 1000
	for i, x := range x {
		v[i] = 0.5*float32(math.Sin(float64(3*x))) + shift
	}
}

func TestGoldenTrajectories(t *testing.T) {
	c := golden.Open(t, "sched")
	var side struct {
		Cases []struct {
			Name, Solver string
			Steps        int
			Shift        float64
		}
	}
	golden.JSON(t, "sched", &side)
	for _, g := range side.Cases {
		c.Seen(g.Name + ".traj")
		t.Run(g.Name, func(t *testing.T) {
			a, ok := Named(g.Solver)
			if !ok {
				t.Fatalf("no sampler %q", g.Solver)
			}
			s, err := a.Plan(g.Steps, g.Shift, nil)
			if err != nil {
				t.Fatal(err)
			}
			var times []int64
			for _, x := range s.Timesteps {
				times = append(times, int64(x))
			}
			if want := c.I64(t, g.Name+".timesteps"); !slices.Equal(times, want) {
				t.Errorf("timesteps %v, want %v", times, want)
			}
			var sigmas []float32
			for _, x := range s.Sigmas {
				sigmas = append(sigmas, float32(x))
			}
			if want := c.F32(t, g.Name+".sigmas"); !slices.Equal(sigmas, want) {
				t.Errorf("sigmas %v, want %v", sigmas, want)
			}
			golden.Compare(t, c, g.Name+".traj", walked(t, a, s, vec(slices.Clone(c.F32(t, "x0")))))
			golden.Compare(t, c, g.Name+".traj", walked(t, a, s, coarse(slices.Clone(c.F32(t, "x0")))))
		})
	}
	golden.Complete(t, c, func(name string) bool { return strings.HasSuffix(name, ".traj") })
}

// walked returns x before the walk and after each of its steps.
func walked(t *testing.T, a Algorithm, s Schedule, x Latent) []float32 {
	t.Helper()
	elems := func(l Latent) []float32 {
		if v, ok := l.(vec); ok {
			return v
		}
		return l.(coarse)
	}
	path := slices.Clone(elems(x))
	err := a.Run(&Walk{
		X: x, Schedule: s,
		Denoise: func(v, x Latent, _, timestep float64) error {
			fake(elems(v), elems(x), timestep)
			return nil
		},
		After: func(_ int, x, _ Latent) error {
			path = append(path, elems(x)...)
			return nil
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return path
}
