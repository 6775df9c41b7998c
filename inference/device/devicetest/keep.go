package devicetest

import (
	"fmt"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

// keepCases run a program that returns a state and moves it on, several times.
func keepCases() (cases []Case) {
	d := roll(14)
	for _, k := range []struct {
		frames, state, size int
		fresh               bool
	}{{1, 2, 35, false}, {3, 2, 6, false}, {2, 2, 5, false}, {1, 3, 1030, false}, {1, 2, 7, true}, {2, 3, 4, true}} {
		held := make([]float64, k.state*k.size)
		c := Case{
			Name: fmt.Sprint(k),
			Draw: func(s *graph.Scope) *graph.Node {
				state := s.State("cache", k.state, k.size)
				x := s.Input("x", tensor.F32, k.frames, k.size)
				// the old state, and after it x
				out := graph.Join(state, x)
				x.Keep(state, k.fresh)
				return out
			},
		}
		for range 4 {
			x := d.tensor(1, k.frames, k.size)
			want := append(append([]float64{}, held...), x.f()...)
			c.Passes = append(c.Passes, Pass{In: map[string]Tensor{"x": x}, Want: func(func(float64) float64) Result { return exactly(want) }})
			if k.fresh {
				clear(held)
			}
			all := append(append([]float64{}, held...), x.f()...)
			held = all[len(all)-len(held):]
		}
		cases = append(cases, c)
	}
	return cases
}
