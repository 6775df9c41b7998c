package devicetest

import (
	"fmt"

	"kinora/inference/graph"
	"kinora/inference/tensor"
)

func concatCases() []Case {
	d := roll(16)
	parts := []Tensor{d.tensor(1, 2, 5, 3), d.tensor(1, 1, 5, 3), d.tensor(1, 4, 5, 3)}
	return []Case{{
		Name: "three",
		Draw: func(s *graph.Scope) *graph.Node {
			var n []*graph.Node
			for i, p := range parts {
				n = append(n, s.Input(fmt.Sprint("x", i), tensor.F32, p.Shape...))
			}
			return graph.Join(n...)
		},
		Passes: []Pass{{In: map[string]Tensor{"x0": parts[0], "x1": parts[1], "x2": parts[2]}, Want: func(func(float64) float64) Result {
			var v []float64
			for _, p := range parts {
				v = append(v, p.f()...)
			}
			return exactly(v)
		}}},
	}}
}
