package devicetest

import (
	"kinora/inference/graph"
	"kinora/inference/tensor"
)

// copyCases make an output of an input.
func copyCases() []Case {
	x := roll(2).tensor(1, 3, 17)
	return []Case{{
		Name: "input", Draw: func(s *graph.Scope) *graph.Node { return s.Input("x", tensor.F32, 3, 17) },
		Passes: []Pass{{In: map[string]Tensor{"x": x}, Want: func(func(float64) float64) Result { return exactly(x.f()) }}},
	}}
}
